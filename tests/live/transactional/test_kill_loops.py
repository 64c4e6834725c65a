"""kill -9 in the middle of load: no acknowledged order is lost, nothing is charged twice, no unit lost.

Buyers order over HTTP and ask again with the same key until they get an answer, as a storefront would;
meanwhile one process is killed and started again, over and over. `make test-long` prints how long it
took until orders went through again.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
import uuid
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
import sqlalchemy as sa

from emporium import postgres, redis
from emporium.ports import free_port, is_listening
from emporium.services import granian
from tests.live.transactional.conftest import SECRET, level, product
from tests.live.transactional.invariants import violations
from transactional.catalogue.loading import load_products, load_stock
from transactional.deps import utc_now
from transactional.migrations import upgrade
from transactional.payments.test_provider.cards import SUCCESS
from transactional.tokens import Caller, TokenSigner

pytestmark = [pytest.mark.live, pytest.mark.long]

REPOSITORY = Path(__file__).parents[3]
N_KILLS = 10
N_BUYERS = 8
N_PRODUCTS = 20
UNITS_OF_EACH = 10**6
SECONDS_BETWEEN_KILLS = 1.5
PATIENCE_SECONDS = 60
"""How long a shop may take to come back before the test gives up; what it takes is printed."""


class Site:
    """Four processes of one shop, each of which can be killed and started again on its port."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = {name: free_port() for name in ("postgres", "redis", "payments", "shop")}
        self.database_url = postgres.url(self.ports["postgres"], "postgres")
        self.processes = {}
        (folder / "redis").mkdir()
        postgres.initialise(folder / "postgres")

    def url(self, name):
        return f"http://127.0.0.1:{self.ports[name]}"

    def start(self, name):
        command = {
            "postgres": postgres.command(self.folder / "postgres", self.ports["postgres"]),
            "redis": redis.command(self.folder / "redis", self.ports["redis"]),
            "payments": granian(
                "transactional.payments.test_provider.app:create_app", self.ports["payments"]
            ),
            "shop": granian("transactional.app:create_app", self.ports["shop"]),
        }[name]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, stdout=log, stderr=log, env=self.environment(), start_new_session=True
            )

    def environment(self):
        return os.environ | {
            "PYTHONPATH": str(REPOSITORY),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": redis.url(self.ports["redis"]),
            "TOKEN_SECRET": SECRET,
            "PAYMENT_URL": self.url("payments"),
            "PAYMENT_WEBHOOK_SECRET": SECRET,
            "IMAGES_URL": str(self.folder / "images"),
            "TEST_PROVIDER_BOOKS": str(self.folder / "payments.sqlite"),
            "TEST_PROVIDER_PUBLIC_URL": self.url("payments"),
            "TEST_PROVIDER_WEBHOOK_URL": f"{self.url('shop')}/api/v1/payments/webhooks",
            "TEST_PROVIDER_WEBHOOK_SECRET": SECRET,
        }

    def wait(self, name, seconds=PATIENCE_SECONDS):
        """Wait until it listens; one that ends at once (its port or memory is held) is started again."""
        deadline = time.monotonic() + seconds
        while not is_listening(self.ports[name]):
            assert time.monotonic() < deadline, (self.folder / f"{name}.log").read_text()[-2000:]
            if self.processes[name].poll() is not None:
                self.start(name)
            time.sleep(0.1)

    def kill(self, name):
        os.killpg(self.processes[name].pid, signal.SIGKILL)
        self.processes[name].wait()

    def stop(self):
        for name in ("shop", "payments", "redis", "postgres"):
            process = self.processes.get(name)
            if process is not None and process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(15)
                except subprocess.TimeoutExpired:
                    self.kill(name)


@pytest.fixture
async def site(tmp_path):
    """A running shop with 20 products and 8 customers."""
    site = Site(tmp_path)
    try:
        for name in ("postgres", "redis", "payments", "shop"):
            site.start(name)
        for name in site.ports:
            site.wait(name)
        wait_for_postgres(site)
        upgrade(site.database_url)
        ids = range(1, N_PRODUCTS + 1)
        await load_products(site.database_url, [product(id_) for id_ in ids])
        await load_stock(site.database_url, [level(id_, UNITS_OF_EACH) for id_ in ids])
        query(
            site,
            "insert into accounts (email, password_hash, role, registered_at) select n::text, '',"
            " 'shopper', now() from generate_series(1, 8) as n returning 1",
        )
        yield site
    finally:
        site.stop()


def wait_for_postgres(site):
    probe = [str(postgres.BINARIES / "pg_isready"), "-q", "-h", "127.0.0.1", "-p"]
    while subprocess.call([*probe, str(site.ports["postgres"])]):
        time.sleep(0.05)


def query(site, text):
    engine = sa.create_engine(
        site.database_url.replace("postgresql:", "postgresql+psycopg2:"),
        isolation_level="AUTOCOMMIT",
    )
    with engine.connect() as connection:
        found = [dict(row._mapping) for row in connection.execute(sa.text(text))]
    engine.dispose()
    return found


class Load:
    """Buyers who order without end, and what they were told."""

    def __init__(self, site):
        self.site = site
        self.acknowledged = {}
        self.answered_at = []
        self.is_over = False
        tokens = TokenSigner(SECRET, utc_now)
        self.tokens = [tokens.issue(Caller(n, "shopper")) for n in range(1, N_BUYERS + 1)]

    async def buy(self, n, client):
        numbers = 0
        while not self.is_over:
            numbers += 1
            key = uuid.uuid4().hex
            lines = [{"product_id": (n * 7 + numbers) % N_PRODUCTS + 1, "quantity": 1}]
            answer = await self.until_answered(client, n, key, {"lines": lines})
            again = await self.until_answered(client, n, key, {"lines": lines})
            assert answer.content == again.content
            assert answer.status_code == 201, answer.text
            self.acknowledged[answer.json()["order_id"]] = answer.json()["total_cents"]
            self.answered_at.append(time.monotonic())

    async def until_answered(self, client, n, key, body):
        headers = {"Authorization": f"Bearer {self.tokens[n]}", "Idempotency-Key": key}
        while True:
            # An answer that was lost with the process is asked for again by the same key.
            with contextlib.suppress(httpx.TransportError):
                answer = await client.post(
                    f"{self.site.url('shop')}/api/v1/orders",
                    json={"payment_method": SUCCESS, **body},
                    headers=headers,
                )
                if answer.status_code != 503:
                    return answer
            await asyncio.sleep(0.05)


async def kill_again_and_again(site, load, name):
    """Kill and restart; return the seconds until the next order went through, for each kill."""
    back_after = []
    for _ in range(N_KILLS):
        await asyncio.sleep(SECONDS_BETWEEN_KILLS)
        site.kill(name)
        killed_at = time.monotonic()
        site.start(name)
        await asyncio.to_thread(site.wait, name)
        while not load.answered_at or load.answered_at[-1] < killed_at + 0.1:
            await asyncio.sleep(0.05)
            assert time.monotonic() < killed_at + PATIENCE_SECONDS, "orders do not go through again"
        back_after.append(time.monotonic() - killed_at)
    return back_after


async def settled(site):
    """Wait until the duties have ended everything, and return what does not hold then."""
    unfinished = "select count(*) as n from payments where status not in ('authorised', 'voided')"
    for _ in range(PATIENCE_SECONDS):
        if query(site, unfinished)[0]["n"] == 0:
            break
        await asyncio.sleep(1)
    async with httpx.AsyncClient() as client:
        books = (await client.get(f"{site.url('payments')}/v1/authorisations")).json()
    return violations(lambda text: query(site, text), [SimpleNamespace(**each) for each in books])


@pytest.mark.parametrize("name", ["shop", "payments", "postgres", "redis"])
async def test_nothing_is_lost_however_often_it_is_killed(site, name, record_property):
    load = Load(site)
    async with httpx.AsyncClient(timeout=15) as client:
        buyers = [asyncio.create_task(load.buy(n, client)) for n in range(N_BUYERS)]
        back_after = await kill_again_and_again(site, load, name)
        load.is_over = True
        await asyncio.gather(*buyers)

    broken = await settled(site)
    orders = {row["order_id"]: row for row in query(site, "select * from orders")}
    record_property(
        f"{name} killed {N_KILLS} times",
        f"{len(load.acknowledged)} orders acknowledged, through again after at most"
        f" {max(back_after):.1f} s",
    )
    assert broken == []
    for order_id, total_cents in load.acknowledged.items():
        assert (orders[order_id]["status"], orders[order_id]["total_cents"]) == (
            "confirmed",
            total_cents,
        )
    assert len(orders) == len(load.acknowledged)
