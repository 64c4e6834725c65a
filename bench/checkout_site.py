"""A shop to load: PostgreSQL with fsync, Redis, the payment process and the API, each its own process."""

import asyncio
import contextlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from pwdlib import PasswordHash

from bench.processes import running
from bench.watch import REPOSITORY
from emporium import postgres, redis
from emporium.ports import free_port, is_listening
from emporium.services import granian, granian_shop
from transactional.migrations import upgrade

SECRET = "a secret of the bench, long enough for the shop"  # noqa: S105 - signs nothing of value
PASSWORD = "correct horse battery staple"  # noqa: S105 - of customers who do not exist

SHOP = """
insert into accounts (email, password_hash, role, region, registered_at)
    select 'buyer' || n || '@example.com', $1, 'shopper', 'Bavaria', now()
    from generate_series(0, $2::int - 1) as n;
"""
CATALOGUE = """
insert into categories (category_id, path) select n, 'Category ' || n from generate_series(1, 50) as n;
insert into sellers (seller_id) select generate_series(1, 50);
insert into products (title, description, category_id, seller_id, price_cents, attributes, status,
                      updated_at)
    select 'Product ' || n, '', n % 50 + 1, n % 50 + 1, 100 + n * 7919 % 20000, '{}', 'published', now()
    from generate_series(1, 10000) as n;
update warehouses set latitude = 48.1, longitude = 11.6;
insert into warehouses (name, latitude, longitude) values ('North', 53.6, 10.0);
insert into stock (product_id, warehouse_id, n_on_hand, updated_at)
    select product_id, warehouse_id, 1000000000, now() from products, warehouses;
insert into stock_ledger (product_id, warehouse_id, delta_on_hand, delta_reserved, reason, occurred_at)
    select product_id, warehouse_id, n_on_hand, 0, 'opening', now() from stock;
insert into regions (region, latitude, longitude, tax_basis_points)
    values ('Bavaria', 49, 11.5, 1900);
insert into shipping_steps values ('Bavaria', 0, 490), ('Bavaria', 5000, 0);
insert into promotions (label, kind, percent_basis_points, starts_at)
    values ('Spring', 'percentage', 500, now());
insert into promotions (label, kind, amount_cents, code, max_uses, starts_at)
    values ('Welcome', 'amount', 100, 'WELCOME', 1000000000, now());
analyze;
"""
N_PRODUCTS = 10_000
CODE = "WELCOME"


@dataclass(frozen=True)
class Stores:
    """The running stores."""

    folder: Path
    database_url: str
    redis_url: str


@contextlib.contextmanager
def stores(folder: Path, n_customers: int) -> Iterator[Stores]:
    """Run PostgreSQL and Redis with a catalogue and customers in them."""
    postgres.initialise(folder / "postgres")
    (folder / "redis").mkdir()
    ports = free_port(), free_port()
    probe = [str(postgres.BINARIES / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(ports[0])]
    with (
        running(
            postgres.command(folder / "postgres", ports[0]),
            folder / "postgres.log",
            lambda: subprocess.call(probe) == 0,  # noqa: S603 - our own
        ),
        running(
            redis.command(folder / "redis", ports[1]),
            folder / "redis.log",
            lambda: is_listening(ports[1]),
        ),
    ):
        made = Stores(folder, postgres.url(ports[0], "postgres"), redis.url(ports[1]))
        upgrade(made.database_url)
        asyncio.run(_fill(made.database_url, n_customers))
        yield made


@contextlib.contextmanager
def shop(stores: Stores, orders_per_commit: int) -> Iterator[tuple[int, "subprocess.Popen[bytes]"]]:
    """Run the API and the payment process; yield the API's port and process."""
    port, payments = free_port(), free_port()
    environment = os.environ | {  # noqa: TID251 - handed on to the services
        "PYTHONPATH": str(REPOSITORY),
        "DATABASE_URL": stores.database_url,
        "REDIS_URL": stores.redis_url,
        "TOKEN_SECRET": SECRET,
        "PAYMENT_URL": f"http://127.0.0.1:{payments}",
        "PAYMENT_WEBHOOK_SECRET": SECRET,
        "IMAGES_URL": str(stores.folder / "images"),
        "ORDERS_PER_COMMIT": str(orders_per_commit),
        "LOG_LEVEL": "INFO",
        "TEST_PROVIDER_BOOKS": str(stores.folder / "payments.sqlite"),
        "TEST_PROVIDER_PUBLIC_URL": f"http://127.0.0.1:{payments}",
        "TEST_PROVIDER_WEBHOOK_URL": f"http://127.0.0.1:{port}/api/v1/payments/webhooks",
        "TEST_PROVIDER_WEBHOOK_SECRET": SECRET,
    }
    provider = granian("transactional.payments.test_provider.app:create_app", payments)
    with (
        running(
            provider, stores.folder / "payments.log", lambda: is_listening(payments), environment
        ),
        running(
            granian_shop(port),
            stores.folder / "shop.log",
            lambda: is_listening(port),
            environment,
        ) as process,
    ):
        yield port, process


async def _fill(url: str, n_customers: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        password_hash = PasswordHash.recommended().hash(PASSWORD)
        await connection.execute(SHOP, password_hash, n_customers)
        await connection.execute(CATALOGUE)
    finally:
        await connection.close()
