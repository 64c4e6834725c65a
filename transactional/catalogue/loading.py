"""Bulk loading of what a log already tells: products and stock levels, by COPY, without events of their own.

Loading the same rows again changes nothing, and never takes back what the shop did since.
"""

from collections.abc import Iterable, Mapping

import asyncpg

from transactional.outbox.catalogue import TELL_EVERYTHING_IF_FOLLOWED

Rows = Iterable[Mapping[str, object]]
"""Typed rows of a log by column name, such as `pyarrow.RecordBatch.to_pylist()` gives."""

PRODUCT_COLUMNS = (
    "product_id", "external_id", "title", "description", "category_id", "category_path", "brand",
    "seller_id", "price_cents", "attributes", "status", "occurred_at", "recorded_at",
)  # fmt: skip
PRODUCT_STAGING = """
create temporary table staging (
    product_id bigint, external_id text, title text, description text, category_id bigint,
    category_path text, brand text, seller_id bigint, price_cents bigint, attributes text,
    status text, occurred_at timestamptz, recorded_at timestamptz
) on commit drop"""
PRODUCT_MERGE = (
    """
with latest as (
    select distinct on (category_id) category_id, category_path, occurred_at from staging
    where category_id is not null order by category_id, occurred_at desc
)
merge into categories using latest on categories.category_id = latest.category_id
when not matched then insert (category_id, path) values (latest.category_id, category_path)
when matched and category_path is not null and (changed_at is null or changed_at < occurred_at)
    then update set path = category_path""",
    "select derive_category_tree()",
    """
insert into sellers (seller_id) select distinct seller_id from staging
where seller_id is not null on conflict do nothing""",
    """
insert into products (product_id, external_id, title, description, category_id, brand, seller_id,
                      price_cents, attributes, status, updated_at)
select distinct on (product_id) product_id, external_id, title, description, category_id, brand,
       seller_id, price_cents, attributes::jsonb, status, occurred_at
from staging order by product_id, occurred_at desc, recorded_at desc
on conflict (product_id) do update set
    external_id = excluded.external_id, title = excluded.title,
    description = excluded.description, category_id = excluded.category_id,
    brand = excluded.brand, seller_id = excluded.seller_id, price_cents = excluded.price_cents,
    attributes = excluded.attributes, status = excluded.status, updated_at = excluded.updated_at,
    version = products.version + 1
where products.updated_at < excluded.updated_at""",
    """
with told as (
    select product_id, price_cents, occurred_at, recorded_at,
           lag(price_cents) over (partition by product_id order by occurred_at, recorded_at) as was
    from staging
)
insert into price_history (product_id, price_cents, changed_at)
select product_id, price_cents, occurred_at from told
where price_cents is distinct from coalesce(was, (
    select price_cents from price_history
    where price_history.product_id = told.product_id and changed_at <= occurred_at
    order by changed_at desc, entry_id desc limit 1))
  and not exists (
    select from price_history
    where price_history.product_id = told.product_id and changed_at = occurred_at
      and price_history.price_cents = told.price_cents)
order by occurred_at, recorded_at""",
    TELL_EVERYTHING_IF_FOLLOWED,
)
STOCK_COLUMNS = ("product_id", "n_available", "occurred_at", "recorded_at")
STOCK_STAGING = """
create temporary table staging (
    product_id bigint, n_available bigint, occurred_at timestamptz, recorded_at timestamptz
) on commit drop"""
# Of all warehouses, the first holds what the log tells of. What is promised to orders stays promised.
STOCK_MERGE = (
    """
with latest as (
    select distinct on (product_id) product_id, n_available, occurred_at
    from staging join products using (product_id)
    order by product_id, occurred_at desc, recorded_at desc
), main as (select min(warehouse_id) as warehouse_id from warehouses),
before as (select stock.* from stock join main using (warehouse_id)),
merged as (
    insert into stock (product_id, warehouse_id, n_on_hand, updated_at)
    select product_id, warehouse_id, n_available, occurred_at from latest, main
    on conflict (product_id, warehouse_id) do update set
        n_on_hand = excluded.n_on_hand + stock.n_reserved, version = stock.version + 1,
        updated_at = excluded.updated_at
    where stock.updated_at < excluded.updated_at
    returning product_id, warehouse_id, n_on_hand, updated_at
)
insert into stock_ledger
    (product_id, warehouse_id, delta_on_hand, delta_reserved, reason, occurred_at)
select product_id, warehouse_id, merged.n_on_hand - coalesce(before.n_on_hand, 0), 0,
       case when before.product_id is null then 'opening' else 'corrected' end, merged.updated_at
from merged left join before using (product_id, warehouse_id)
where merged.n_on_hand <> coalesce(before.n_on_hand, 0)""",
    TELL_EVERYTHING_IF_FOLLOWED,
)


async def load_products(url: str, rows: Rows) -> int:
    """Load rows of the log `products` and return how many there were; the latest version counts.

    Parameters
    ----------
    url
        `postgresql://...` of the shop's database, migrated.
    rows
        With the columns of `ProductVersion`; others are ignored.
    """
    n_rows = await _load(url, PRODUCT_STAGING, PRODUCT_COLUMNS, rows, PRODUCT_MERGE)
    await _pass_ids(url, "products", "product_id")
    await _pass_ids(url, "sellers", "seller_id")
    return n_rows


async def load_stock(url: str, rows: Rows) -> int:
    """Load rows of the log `stock_levels` and return how many there were; the latest level counts.

    A level of a product that the catalogue does not have is left out.
    """
    return await _load(url, STOCK_STAGING, STOCK_COLUMNS, rows, STOCK_MERGE)


async def reserve_customer_ids(url: str, highest_customer_id: int) -> None:
    """Make the shop's next customers get ids above those of the loaded logs."""
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(RAISE_SEQUENCE, "accounts", "customer_id", highest_customer_id)
    finally:
        await connection.close()


RAISE_SEQUENCE = """
select setval(sequence, greatest($3::bigint, coalesce(pg_sequence_last_value(sequence), 1)))
from (select pg_get_serial_sequence($1, $2)::regclass as sequence) as named
where $3::bigint > 0"""


async def _pass_ids(url: str, table: str, column: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        highest = await connection.fetchval(f"select coalesce(max({column}), 0) from {table}")  # noqa: S608 - names of ours
        await connection.execute(RAISE_SEQUENCE, table, column, highest)
    finally:
        await connection.close()


async def _load(
    url: str, staging: str, columns: tuple[str, ...], rows: Rows, merge: tuple[str, ...]
) -> int:
    """Copy into a staging table and merge, in one transaction: all of it or nothing."""
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(staging)
            records = (tuple(row[column] for column in columns) for row in rows)
            copied = await connection.copy_records_to_table(
                "staging", records=records, columns=columns
            )
            for statement in merge:
                await connection.execute(statement)
        return int(copied.removeprefix("COPY "))
    finally:
        await connection.close()
