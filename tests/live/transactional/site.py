"""The shop as its processes, each of which can be killed and started again on its port."""

import asyncio
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path
from types import SimpleNamespace

import httpx
import sqlalchemy as sa

from emporium import postgres, redis
from emporium.ports import free_port, is_listening
from emporium.services import granian, granian_shop
from tests.live.transactional.conftest import SECRET, level, product
from tests.live.transactional.invariants import violations
from transactional.catalogue.loading import load_products, load_stock
from transactional.migrations import upgrade
from transactional.payments.test_provider.cards import SUCCESS

REPOSITORY = Path(__file__).parents[3]
N_PRODUCTS = 20
UNITS_OF_EACH = 10**6
PATIENCE_SECONDS = 60
"""How long a shop may take to come back before the test gives up; what it takes is printed."""


class Site:
    """Four processes of one shop, each of which can be killed and started again on its port."""

    def __init__(self, folder):
        self.folder = folder
        self.ports = {name: free_port() for name in ("postgres", "redis", "payments", "shop")}
        self.database_url = postgres.url(self.ports["postgres"], "postgres")
        self.shops_database_url = self.database_url
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
            "shop": granian_shop(self.ports["shop"]),
        }[name]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                command, stdout=log, stderr=log, env=self.environment(), start_new_session=True
            )

    def environment(self):
        return os.environ | {
            "PYTHONPATH": str(REPOSITORY),
            "DATABASE_URL": self.shops_database_url,
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


@contextlib.asynccontextmanager
async def running_site(folder):
    """Run a shop with 20 products and 8 customers."""
    site = Site(folder)
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


async def until_answered(client, site, headers, lines):
    """Order until there is an answer: one that was lost is asked for again by the same key."""
    while True:
        with contextlib.suppress(httpx.TransportError):
            answer = await client.post(
                f"{site.url('shop')}/api/v1/orders",
                json={"payment_method": SUCCESS, "lines": lines},
                headers=headers,
            )
            if answer.status_code not in (429, 503):
                return answer
        await asyncio.sleep(0.05)


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
