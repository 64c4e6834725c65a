"""However often and however many ask with one Idempotency-Key, and whatever dies: one order, one answer."""

import asyncio
import contextlib
import uuid
from collections import Counter

import httpx
import pytest

from emporium.ports import is_listening
from tests.live.transactional.conftest import SECRET
from tests.live.transactional.ordering import ledger_differs, place
from tests.live.transactional.site import (
    N_PRODUCTS,
    query,
    running_site,
    settled,
    until_answered,
)
from tests.live.transactional.wire import wire_to
from transactional.deps import utc_now
from transactional.payments.test_provider.cards import SUCCESS
from transactional.tokens import Caller, TokenSigner

pytestmark = pytest.mark.live

N_KEYS = 1000
N_CALLERS = 20
N_KEYS_AT_ONCE = 8
N_CUSTOMERS = 100
"""So many that nobody asks more often than one caller may."""
RESTARTED_AT = (150, 300, 450, 600, 750, 900)
N_KILLS = 10


async def test_twenty_keys_by_ten_callers_each_are_twenty_orders(
    client, stocked, shopper, rows, books
):
    await stocked({1: 100})
    customers = [shopper() for _ in range(20)]

    async def ask(customer):
        while (answer := await place(client, customer, {1: 2}, key="same-key")).status_code == 503:
            await asyncio.sleep(0.1)
        return answer

    answers = await asyncio.gather(*(ask(each) for each in customers for _ in range(10)))

    assert {answer.status_code for answer in answers} == {201}
    assert set(Counter(answer.content for answer in answers).values()) == {10}
    assert len({answer.json()["order_id"] for answer in answers}) == len(books()) == 20
    assert rows("select n_reserved from stock") == [{"n_reserved": 40}]
    assert ledger_differs(rows) == []


@pytest.fixture
async def site(tmp_path):
    async with running_site(tmp_path) as site:
        query(
            site,
            "insert into accounts (email, password_hash, role, registered_at) select n::text, '',"
            f" 'shopper', now() from generate_series(9, {N_CUSTOMERS}) as n returning 1",
        )
        yield site


@pytest.fixture
def tokens():
    signer = TokenSigner(SECRET, utc_now)
    return [f"Bearer {signer.issue(Caller(n, 'shopper'))}" for n in range(1, N_CUSTOMERS + 1)]


@pytest.mark.long
async def test_a_thousand_keys_by_twenty_callers_each_are_a_thousand_orders(
    site, tokens, record_property
):
    answers, clients = {}, asyncio.Queue()  # a pool of hundreds of connections would be slow

    async def ask(number):
        headers = {
            "Authorization": tokens[number % N_CUSTOMERS],
            "Idempotency-Key": uuid.uuid5(uuid.NAMESPACE_OID, str(number)).hex,
        }
        lines = [{"product_id": number % N_PRODUCTS + 1, "quantity": 1}]
        client = await clients.get()
        answers[number] = await asyncio.gather(
            *(until_answered(client, site, headers, lines) for _ in range(N_CALLERS))
        )
        clients.put_nowait(client)

    async with contextlib.AsyncExitStack() as opened:
        for _ in range(N_KEYS_AT_ONCE):
            clients.put_nowait(await opened.enter_async_context(httpx.AsyncClient(timeout=15)))
        asking = [asyncio.create_task(ask(number)) for number in range(N_KEYS)]
        for n_answered in RESTARTED_AT:
            while len(answers) < n_answered:
                await asyncio.sleep(0.01)
            site.kill("shop")
            site.start("shop")
            await asyncio.to_thread(site.wait, "shop")
        await asyncio.gather(*asking)

    n_answers = Counter(len({each.content for each in found}) for found in answers.values())
    statuses = Counter(each.status_code for found in answers.values() for each in found)
    orders = query(
        site,
        "select count(*) as n, count(distinct idempotency_key) as n_keys"
        " from payments join orders using (order_id)",
    )
    record_property(
        f"{N_KEYS} keys by {N_CALLERS} callers, shop killed {len(RESTARTED_AT)} times",
        f"{statuses.total():,} answers, {dict(statuses)}; {orders[0]['n']} orders",
    )
    assert (n_answers, statuses) == ({1: N_KEYS}, {201: N_KEYS * N_CALLERS})
    assert orders == [{"n": N_KEYS, "n_keys": N_KEYS}]
    assert await settled(site) == []


@pytest.mark.long
async def test_killed_after_the_commit_and_before_the_answer_the_order_is_there_once(
    site, tokens, record_property
):
    """The wire to PostgreSQL sees that the order is confirmed before the shop hears of it."""
    key, killed = "", []

    async def kill_once_confirmed():
        if key and key not in killed and confirmed(site, key):
            site.kill("shop")
            killed.append(key)

    bodies = []
    async with (
        wire_to(site.ports["postgres"], kill_once_confirmed) as port,
        httpx.AsyncClient(timeout=15) as client,
    ):
        site.shops_database_url = site.database_url.replace(str(site.ports["postgres"]), str(port))
        await restart(site)
        for number in range(N_KILLS):
            await asyncio.to_thread(site.wait, "shop")
            key = f"killed-key-{number}"
            headers = {"Authorization": tokens[number], "Idempotency-Key": key}
            lines = [{"product_id": 1, "quantity": 1}]
            with pytest.raises(httpx.TransportError):
                await ask_once(client, site, headers, lines)
            site.start("shop")
            bodies += [await until_answered(client, site, headers, lines) for _ in range(2)]

    kept = query(site, "select key, body from idempotency_keys")
    record_property(
        "killed between commit and answer",
        f"{len(killed)} times; {len(kept)} keys, {len(set(bodies_of(bodies)))} orders",
    )
    assert killed == [f"killed-key-{number}" for number in range(N_KILLS)]
    assert {answer.status_code for answer in bodies} == {201}
    assert Counter(bodies_of(bodies)) == {bytes(row["body"]): 2 for row in kept}
    assert query(site, "select count(*) as n from orders") == [{"n": N_KILLS}]
    assert await settled(site) == []


def confirmed(site, key):
    return query(
        site,
        "select 1 from orders join payments using (order_id)"
        f" where idempotency_key = '{key}' and orders.status = 'confirmed'",
    )


async def restart(site):
    site.kill("shop")
    while is_listening(site.ports["shop"]):  # a worker dies a moment after its parent
        await asyncio.sleep(0.01)
    site.start("shop")


async def ask_once(client, site, headers, lines):
    body = {"payment_method": SUCCESS, "lines": lines}
    return await client.post(f"{site.url('shop')}/api/v1/orders", json=body, headers=headers)


def bodies_of(answers):
    return [answer.content for answer in answers]
