"""What PostgreSQL alone can do: an order as one SQL function, called by pgbench, no shop around it."""

import re
import subprocess
import sys
from pathlib import Path

import psycopg2

from bench.checkout_site import N_PRODUCTS, Stores
from emporium import postgres

N_CONNECTIONS = 8

ORDER = """
create or replace function bench_order(p_customer bigint, p_products bigint[]) returns void
language plpgsql as $$
declare
    p_order bigint := first_order_id(clock_timestamp()) + nextval('order_serial') % 2048;
begin
    insert into idempotency_keys (customer_id, key, fingerprint, created_at)
        values (p_customer, p_order::text, '', now());
    perform from stock where product_id = any(p_products) and warehouse_id = 1
        order by product_id for update;
    update stock set n_reserved = n_reserved + 1, version = version + 1, updated_at = now()
        where product_id = any(p_products) and warehouse_id = 1 and n_on_hand > n_reserved;
    insert into stock_ledger (product_id, warehouse_id, delta_on_hand, delta_reserved, reason,
                              order_id, occurred_at)
        select unnest(p_products), 1, 0, 1, 'reserved', p_order, now();
    insert into orders (order_id, customer_id, status, items_cents, total_cents, currency, placed_at)
        select p_order, p_customer, 'confirmed', sum(price_cents), sum(price_cents), 'EUR', now()
        from products where product_id = any(p_products);
    insert into order_lines (order_id, line_number, product_id, title, quantity, unit_price_cents)
        select p_order, row_number() over (), product_id, title, 1, price_cents
        from products where product_id = any(p_products);
    insert into outbox (event_id, topic, key, body)
        select 'bench-' || p_order || '-' || product_id, 'order_lines', p_order::text, '{}'
        from unnest(p_products) as product_id;
end $$;
"""
SCRIPT = r"""
\set a random(1, :n_products)
\set b random(1, :n_products)
\set c random(1, :n_products)
\set customer random(1, 64)
select bench_order(:customer, array(select distinct unnest(array[:a, :b, :c]::bigint[]) order by 1));
"""


def orders_per_second(stores: Stores, seconds: int, n_products: int = N_PRODUCTS) -> float:
    """Return how many orders of up to three products PostgreSQL commits, one per transaction."""
    with psycopg2.connect(stores.database_url) as connection, connection.cursor() as cursor:
        cursor.execute(ORDER)
    script = stores.folder / "order.pgbench"
    script.write_text(SCRIPT)
    done = subprocess.run(  # noqa: S603 - our own
        _command(stores, script, seconds, n_products), capture_output=True, text=True, check=False
    )
    rate = re.search(r"tps = ([\d.]+)", done.stdout)
    if done.returncode or rate is None:
        sys.exit(f"FAILED: pgbench\n{done.stdout}\n{done.stderr[-2000:]}")
    return float(rate[1])


def _command(stores: Stores, script: Path, seconds: int, n_products: int) -> list[str]:
    return [
        str(postgres.BINARIES / "pgbench"),
        *("-n", "-M", "prepared", "-c", str(N_CONNECTIONS), "-j", "1", "-T", str(seconds)),
        *("-D", f"n_products={n_products}", "-f", str(script)),
        stores.database_url,
    ]
