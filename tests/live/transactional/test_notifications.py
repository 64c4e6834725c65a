"""Mails: which events are told of, to whom, once each, whatever dies (transactional.notifications)."""

import asyncio
import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP
from sqlalchemy.ext.asyncio import create_async_engine

from emporium.ports import free_port
from jobs.quality_telling import tell_operators
from tests.live.transactional.conftest import SECRET
from tests.live.transactional.ordering import place
from transactional.deps import utc_now
from transactional.notifications.inbox.app import Taker
from transactional.notifications.inbox.mailbox import Mailbox
from transactional.notifications.sending import MAX_TRIES, MailRoom
from transactional.notifications.smtp import Postman
from transactional.outbox.reading import OutboxReader
from transactional.payments.test_provider.cards import DECLINE
from transactional.proofs import ProofSigner

pytestmark = pytest.mark.live
REPOSITORY = Path(__file__).parents[3]


class Server(Taker):
    """An SMTP server on a free port that can be told to refuse, or to take a mail and fall silent."""

    def __init__(self, mailbox):
        super().__init__(mailbox)
        self.n_taken, self.refusal, self.silent = 0, None, asyncio.Event()
        self.falls_silent = False

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        self.n_taken += 1
        if self.falls_silent:
            self.silent.set()
            await asyncio.sleep(3600)
        return answer


@pytest.fixture
def mailbox(tmp_path):
    return Mailbox(tmp_path / "inbox.sqlite")


@pytest.fixture
async def server(mailbox):
    server, port = Server(mailbox), free_port()
    loop = asyncio.get_running_loop()
    listening = await loop.create_server(lambda: SMTP(server), "127.0.0.1", port)
    server.url = f"smtp://127.0.0.1:{port}"
    yield server
    listening.close()


@pytest.fixture
async def engine(migrated):
    engine = create_async_engine(migrated.replace("postgresql:", "postgresql+asyncpg:"))
    yield engine
    await engine.dispose()


@pytest.fixture
async def order(client, shopper, stocked):
    """Order one unit."""
    await stocked({1: 1000})
    ann = shopper()
    return lambda: place(client, ann, {1: 1})


@pytest.fixture
def post(engine, server):
    """Make mails of what happened and send what is due, `later` than now."""

    async def work(later=dt.timedelta(0)):
        postman = Postman(server.url, "shop@example.com")
        room = MailRoom(engine, postman, ProofSigner(SECRET), lambda: utc_now() + later)
        await OutboxReader(engine, "mails", room.keep).read_outbox()
        return await room.send_mails()

    return work


def subjects(mailbox, order_id=""):
    mails = mailbox.latest("", 100)
    return [(m.recipients, m.subject.replace(str(order_id), "#")) for m in reversed(mails)]


async def test_a_customer_is_told_what_becomes_of_an_order(
    client, shopper, stocked, app, mailbox, post
):
    await stocked({1: 5}, price_cents=1250)
    ann, ops = shopper(), shopper(role="ops")
    order_id = (await place(client, ann, {1: 2})).json()["order_id"]
    desk = f"/api/v1/fulfilment/orders/{order_id}"
    await client.post(f"{desk}/pack", headers=ops)
    parcel = {"carrier": "Post", "tracking": "P-17"}
    await client.post(f"{desk}/shipments/1/ship", json=parcel, headers=ops)
    await client.post(f"{desk}/refunds", json={"cents": 500, "reason": "scratched"}, headers=ops)
    await app.state.money.capture_shipped()
    await app.state.money.give_refunds()
    await post()

    assert subjects(mailbox, order_id) == [
        ("1@example.com", "Your order #"),
        ("1@example.com", "Your order # is on its way"),
        ("1@example.com", "A refund of your order #"),
    ]
    refund, shipped, confirmed = (mail.body for mail in mailbox.latest("", 3))
    assert "25.00 EUR" in confirmed
    assert "Post, tracking number P-17" in shipped
    assert "2 x Product 1" in shipped
    assert "5.00 EUR" in refund


async def test_a_cancellation_is_confirmed_and_a_declined_payment_is_not(
    client, shopper, stocked, mailbox, post
):
    await stocked({1: 5})
    ann = shopper()
    order_id = (await place(client, ann, {1: 1})).json()["order_id"]
    await client.post(f"/api/v1/orders/{order_id}/cancel", headers=ann)
    await place(client, ann, {1: 1}, method=DECLINE)
    await post()

    assert [subject for _, subject in subjects(mailbox, order_id)] == [
        "Your order #",
        "Your order # is cancelled",
    ]


async def test_working_again_sends_nothing_again(order, server, post):
    await order()

    assert [await post(), await post(), await post(dt.timedelta(days=1))] == [1, 0, 0]
    assert server.n_taken == 1


async def test_a_mail_waits_for_a_server_that_is_away_longer_each_time(
    order, server, mailbox, post, rows
):
    await order()
    there, server.url = server.url, "smtp://127.0.0.1:1"
    tried = [await post(), await post(), await post(dt.timedelta(seconds=90))]
    server.url = there
    too_early = await post(dt.timedelta(minutes=2))
    in_time = await post(dt.timedelta(minutes=4))

    assert tried == [1, 0, 1]
    assert (too_early, in_time) == (0, 1)
    assert len(mailbox.latest("", 9)) == 1
    assert rows("select n_tries, sent_at is not null as sent from mails") == [
        {"n_tries": 3, "sent": True}
    ]


@pytest.mark.parametrize(
    ("refusal", "ends"),
    [("550 no such mailbox", True), ("452 mailbox full, try later", False)],
)
async def test_a_refusal_for_good_ends_it_and_one_for_now_does_not(
    order, server, post, rows, refusal, ends
):
    await order()
    server.refusal = refusal
    await post()

    (mail,) = rows("select sent_at, next_try_at, last_error from mails")
    assert mail["sent_at"] is None
    assert (mail["next_try_at"] is None) == ends
    assert refusal[:3] in mail["last_error"] or refusal[4:] in mail["last_error"]


async def test_after_a_day_of_tries_it_is_given_up_with_the_reason(order, server, post, rows):
    await order()
    server.url = "smtp://127.0.0.1:1"
    await post()
    rows("update mails set n_tries = :n, next_try_at = now() returning 1", n=MAX_TRIES)
    await post()

    (mail,) = rows("select sent_at, next_try_at, last_error from mails")
    assert (mail["sent_at"], mail["next_try_at"]) == (None, None)
    assert "Connect" in mail["last_error"]


async def test_what_came_from_outside_is_no_header_and_no_markup(mailbox):
    from transactional.notifications.inbox.page import inbox_page
    from transactional.notifications.letters import letter

    words = letter(
        "low_stock",
        {
            "title": "<b>Lamp\r\nBcc: eve@example.com",
            "product_id": 1,
            "n_available": 0,
            "threshold": 2,
        },
    )
    message = Postman("smtp://x", "shop@example.com").message("e", ["a@b.c"], words, utc_now())
    mailbox.receive(bytes(message), ["a@b.c"], utc_now())

    assert message_from_bytes(bytes(message), policy=policy.default)["Bcc"] is None
    assert "<b>" not in inbox_page(mailbox.latest("", 1), '"><script>')
    assert "<script>" not in inbox_page(mailbox.latest("", 1), '"><script>')


@pytest.fixture
def worker(settings, server, tmp_path):
    """Run a worker until the block ends, or it is killed."""

    @contextlib.contextmanager
    def run():
        environment = os.environ | {
            "PYTHONPATH": str(REPOSITORY),
            "DATABASE_URL": settings.database_url,
            "REDIS_URL": settings.redis_url,
            "TOKEN_SECRET": SECRET,
            "SMTP_URL": server.url,
            "MAIL_FROM": "shop@example.com",
        }
        command = [sys.executable, "-m", "transactional.worker"]
        with (tmp_path / "worker.log").open("ab") as log:
            process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.kill()
            process.wait()

    return run


async def until(condition, seconds=30):
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.05)


async def test_a_worker_killed_after_the_server_took_the_mail_makes_no_second_one(
    order, worker, server, mailbox, rows
):
    await order()
    server.falls_silent = True
    with worker() as killed:
        await asyncio.wait_for(server.silent.wait(), 30)
        killed.send_signal(signal.SIGKILL)
    not_noted = rows("select sent_at from mails")
    server.falls_silent = False
    rows("update mails set next_try_at = now() returning 1")  # as if its minute were over
    with worker():
        await until(lambda: rows("select from mails where sent_at is not null"))

    assert not_noted == [{"sent_at": None}]
    assert server.n_taken == 2
    assert len(mailbox.latest("", 9)) == 1


@pytest.mark.long
async def test_one_mail_for_each_order_though_the_worker_is_killed_again_and_again(
    order, worker, server, mailbox, rows, record_property
):
    n_orders, n_kills = 200, 10
    for _ in range(n_kills):
        with worker() as process:
            for _ in range(n_orders // n_kills):
                await order()
            sent = len(mailbox.latest("", 1000))
            await until(lambda sent=sent: len(mailbox.latest("", 1000)) > sent)
            process.send_signal(signal.SIGKILL)
            process.wait()
        rows("update mails set next_try_at = now() where next_try_at is not null returning 1")
    with worker():
        await until(lambda: not rows("select from mails where next_try_at is not null"), 60)
        await until(lambda: rows("select count(*) as n from mails")[0]["n"] == n_orders)
        await until(lambda: not rows("select from mails where next_try_at is not null"), 60)

    record_property("mails", f"{n_orders} orders, {n_kills} kills, {server.n_taken} hand-overs")
    assert len(mailbox.latest("", 1000)) == n_orders


async def test_operators_are_told_of_a_breach_of_quality_once_while_it_lasts(
    shopper, migrated, mailbox, post
):
    shopper(role="ops")
    breach = {
        "alert": "unit_mismatch",
        "subject": "order_lines.unit_price_cents",
        "sentence": "90 % of 10 prices are a power of ten off",
        "since": dt.date(2024, 5, 1),
    }

    n_new = [tell_operators(migrated, [breach]) for _ in range(2)]

    assert (n_new, await post()) == ([1, 0], 1)
    [mail] = mailbox.latest("", 100)
    assert mail.subject == "Quality: unit mismatch of order_lines.unit_price_cents"
    assert mail.recipients == "1@example.com"
