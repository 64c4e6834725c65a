"""Bulk loading of supply terms that are known elsewhere, by COPY."""

import datetime as dt
from collections.abc import Iterable, Mapping

import asyncpg

COLUMNS = ("product_id", "supplier", "unit_cost_cents", "pack_size", "minimum_order")
STAGING = """
create temporary table staging (
    product_id bigint, supplier text, unit_cost_cents bigint, pack_size bigint, minimum_order bigint
) on commit drop"""
MERGE = """
insert into supply_terms (product_id, supplier, unit_cost_cents, pack_size, minimum_order, version,
                          changed_by, changed_at)
select staging.*, 1, (select customer_id from accounts where email = lower($1)), $2
from staging join products using (product_id)
on conflict (product_id) do nothing"""


async def load_terms(
    url: str, rows: Iterable[Mapping[str, object]], email: str, now: dt.datetime
) -> int:
    """Load terms of products that have none and return how many there were.

    Parameters
    ----------
    url
        `postgresql://...` of the shop's database, migrated.
    rows
        With `COLUMNS`; a product that the catalogue does not have is left out.
    email
        Of the operator in whose name they are set.
    """
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction():
            await connection.execute(STAGING)
            records = (tuple(row[column] for column in COLUMNS) for row in rows)
            await connection.copy_records_to_table("staging", records=records, columns=COLUMNS)
            done: str = await connection.execute(MERGE, email, now)
        return int(done.removeprefix("INSERT 0 "))
    finally:
        await connection.close()
