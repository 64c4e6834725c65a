"""The shop's application on a real PostgreSQL and Redis, called over ASGI."""

import asyncio
import contextlib
import datetime as dt
import functools
import itertools
import time

import httpx
import httpx2
import pytest
import redis.asyncio as aioredis
import sqlalchemy as sa
import structlog
import uvicorn
from argon2 import Type
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy.ext.asyncio import create_async_engine

from emporium.ports import free_port
from tests import services
from tests.live.transactional.shop_database import ShopDatabase
from tests.live.transactional.stripe_account import StripeAccount
from transactional import worker
from transactional.accounts.passwords import Passwords
from transactional.app import make_shop
from transactional.background import on_a_clock
from transactional.catalogue.loading import load_products, load_stock
from transactional.equipment import equip
from transactional.outbox.reading import OutboxReader
from transactional.payments.embedded import EmbeddedProvider
from transactional.payments.test_provider.app import Settings as BankSettings
from transactional.payments.test_provider.app import create_app as create_bank
from transactional.sellers.booking import book_sales
from transactional.settings import Settings
from transactional.tokens import Caller

LAST_YEAR = dt.datetime(2025, 5, 3, 12, tzinfo=dt.UTC)
SECRET = "a secret of the tests, long enough"
CHEAP = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1, type=Type.ID),))


def product(product_id, price_cents=1000, status="published", at=LAST_YEAR, **fields):
    return {
        "product_id": product_id,
        "external_id": None,
        "title": f"Product {product_id}",
        "description": "",
        "category_id": 7,
        "category_path": "Home > Lamps",
        "brand": None,
        "seller_id": 3,
        "price_cents": price_cents,
        "attributes": '{"colour": "red"}',
        "status": status,
        "occurred_at": at,
        "recorded_at": at,
        **fields,
    }


def level(product_id, n_available, at=LAST_YEAR):
    return {
        "product_id": product_id,
        "n_available": n_available,
        "occurred_at": at,
        "recorded_at": at,
    }


@pytest.fixture
def settings(database_url, redis_url, tmp_path):
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        token_secret=SECRET,
        payment_url="http://payments",
        payment_webhook_secret=SECRET,
        images_url=str(tmp_path / "images"),
        log_level="ERROR",
    )


class AsgiLine:
    """The way to a test provider in this process."""

    def __init__(self, bank):
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(bank), base_url="http://payments"
        )

    async def ask(self, method, path, body):
        headers = {"Content-Type": "application/json"}
        answer = await self._client.request(method, path, content=body, headers=headers)
        return answer.status_code, answer.content

    async def aclose(self):
        await self._client.aclose()


@pytest.fixture
def make_bank(tmp_path):
    """Make a test provider's application, its books in a new file, and the shop's side of it."""
    numbers = itertools.count(1)

    def make():
        bank = create_bank(
            BankSettings(
                books=tmp_path / f"payments-{next(numbers)}.sqlite",
                public_url="http://payments",
                webhook_url="http://127.0.0.1:1/api/v1/payments/webhooks",  # nobody listens
                webhook_secret=SECRET,
            )
        )
        return bank, EmbeddedProvider(AsgiLine(bank))

    return make


@pytest.fixture(scope="session")
def stripe_server(tmp_path_factory):
    with services.stripe_server(tmp_path_factory.mktemp("stripe")) as url:
        yield url


@pytest.fixture
def stripe_account(stripe_server):
    """A Stripe account without any payment."""
    httpx.delete(f"{stripe_server}/_config/data").raise_for_status()
    return StripeAccount(stripe_server)


@pytest.fixture
def bank_and_provider(make_bank):
    return make_bank()


@pytest.fixture
def bank(bank_and_provider):
    return bank_and_provider[0]


@pytest.fixture
def provider(bank_and_provider):
    return bank_and_provider[1]


@pytest.fixture(scope="session")
def shop_database(postgres_server):
    """The database that tests share who need a shop's tables, one after the other."""
    database = ShopDatabase(postgres_server)
    yield database
    database.close()


@pytest.fixture
def database_url(request, postgres_server):
    """The URL of a database: of the shop's, emptied, if it is to be `migrated`, else of a new one."""
    if "migrated" in request.fixturenames:
        yield request.getfixturevalue("shop_database").fresh()
        return
    with services.database(postgres_server) as url:
        yield url


@pytest.fixture
def migrated(database_url):
    return database_url


@pytest.fixture(autouse=True)
def duties_wait(monkeypatch):
    """Tests do the duties themselves: on a slow machine the clock would be there before them."""
    monkeypatch.setattr("transactional.equipment.DUTIES_SECONDS", 3600)


@pytest.fixture(autouse=True)
def pages_are_as_the_truth_is(monkeypatch):
    """Without a worker that tells of changes a process keeps public pages for a second; here for none."""
    monkeypatch.setattr("transactional.catalogue.cache.local.UNTOLD_SECONDS", 0)


SHOP = functools.cache(lambda: make_shop("ERROR"))
"""Its hundred operations take half a second to build, what it works with next to nothing."""


@contextlib.asynccontextmanager
async def running(settings, provider=None, make=SHOP):
    """Run a shop on the stores of these settings; `make` another one for a test of the application."""
    app = make()
    equip(app, settings, provider)
    app.state.passwords = Passwords.of(CHEAP)
    async with app.router.lifespan_context(app):
        yield app


@pytest.fixture
async def app(settings, migrated, provider):
    async with running(settings, provider) as app:
        yield app


def client_of(app, **options):
    transport = httpx2.ASGITransport(app)
    return httpx2.AsyncClient(transport=transport, base_url="http://shop", **options)


@pytest.fixture
async def client(app):
    async with client_of(app) as client:
        yield client


@pytest.fixture
async def address(app):
    """Where the shop answers, on a port of its own."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, lifespan="off", log_level="critical"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    await serving


@pytest.fixture
def stocked(migrated):
    """Load products and levels: `await stocked({1: 5})` is five units of product 1 at 10.00."""

    async def load(n_available, **fields):
        await load_products(migrated, [product(id_, **fields) for id_ in n_available])
        await load_stock(migrated, [level(id_, n) for id_, n in n_available.items()])

    return load


@pytest.fixture
def database(migrated):
    engine = sa.create_engine(
        migrated.replace("postgresql:", "postgresql+psycopg2:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def shopper(app, database):
    """Make a customer and return the headers that speak for them."""
    numbers = itertools.count(1)

    def make(role="shopper", region="Bavaria"):
        row = {"email": f"{next(numbers)}@example.com", "role": role, "region": region}
        customer_id = database.execute(
            sa.text(
                "insert into accounts (email, password_hash, role, region, registered_at)"
                " values (:email, '', :role, :region, now()) returning customer_id"
            ),
            row,
        ).scalar_one()
        token = app.state.tokens.issue(Caller(customer_id, role))
        return {"Authorization": f"Bearer {token}"}

    return make


@pytest.fixture
def selling(app, database, shopper):
    """Make a customer the approved seller `seller_id` and return the headers that speak for them."""

    def make(seller_id):
        headers = shopper(role="seller")
        values = {
            "id": seller_id,
            "customer": app.state.tokens.read(headers["Authorization"][7:]).caller.customer_id,
        }
        database.execute(
            sa.text(
                "insert into sellers (seller_id, name, customer_id)"
                " values (:id, 'Seller ' || :id, :customer)"
                " on conflict (seller_id) do update set customer_id = :customer, name = excluded.name"
            ),
            values,
        )
        return headers

    return make


@pytest.fixture
async def engine(migrated):
    engine = create_async_engine(migrated.replace("postgresql:", "postgresql+asyncpg:"))
    yield engine
    await engine.dispose()


@pytest.fixture
def book(engine):
    """Bring what happened into the sellers' books, as the worker does; return how many events."""
    return OutboxReader(engine, "sellers", book_sales).read_outbox


@pytest.fixture
def rows(database):
    """Rows of a query as dicts."""

    def query(text, **parameters):
        return [dict(row._mapping) for row in database.execute(sa.text(text), parameters)]

    return query


@pytest.fixture
def books(bank):
    """What the bank has in its books, by the shop's key."""
    return lambda: {entry.key: entry for entry in bank.state.bank.books.entries()}


@pytest.fixture
def promote(database):
    """Make a promotion that runs; return its id."""

    numbers = itertools.count(1)

    def make(kind="percentage", **columns):
        values = {"percent_basis_points": 1000} if kind == "percentage" else {}
        values |= {"label": f"promotion {next(numbers)}", "kind": kind, **columns}
        names, marks = ", ".join(values), ", ".join(f":{name}" for name in values)
        statement = (
            f"insert into promotions ({names}, starts_at) values ({marks}, now()) returning 1"
        )
        return database.execute(sa.text(statement), values).scalar_one()

    return make


@pytest.fixture
async def redis(redis_url):
    client = aioredis.Redis.from_url(redis_url, decode_responses=True)
    yield client
    await client.aclose()


@contextlib.asynccontextmanager
async def doing(duties):
    """Do some of the worker's duties, as often as the worker does, until the block ends."""
    log = structlog.get_logger()
    async with contextlib.AsyncExitStack() as stack:
        for duty in duties:
            await stack.enter_async_context(on_a_clock([duty], worker.SECONDS, log))
        yield


async def seconds_until(told, expected):
    """Wait until `await told()` is that, and return for how many seconds; a busy machine has time."""
    began = time.monotonic()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(20):
            while await told() != expected:
                await asyncio.sleep(0.02)
    assert await told() == expected
    return time.monotonic() - began
