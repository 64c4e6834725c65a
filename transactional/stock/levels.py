"""Telling the log how many units of a product can be sold, and where."""

import datetime as dt
from collections.abc import Collection
from typing import Literal

from sqlalchemy import text

from transactional.database import Connection

LevelReason = Literal["received", "sold", "returned", "corrected", "opening"]
Place = tuple[int, int]
"""A product and a warehouse, by their ids."""

TELL_LEVELS = text("""
insert into outbox (event_id, topic, key, body, recorded_at)
select event_id, 'stock_levels', product_id::text,
       jsonb_build_object('event_id', event_id, 'occurred_at', cast(:now as timestamptz),
                          'recorded_at', cast(:now as timestamptz), 'product_id', product_id,
                          'n_available', n_available, 'reason', cast(:reason as text),
                          'warehouse_id', warehouse_id, 'n_available_there', n_there), :now
from (select gen_random_uuid()::text as event_id, product_id, warehouse_id, n_there,
             sum(n_there) over (partition by product_id) as n_available
      from (select product_id, warehouse_id,
                   case when is_open then n_on_hand - n_reserved else 0 end as n_there
            from stock join warehouses using (warehouse_id)
            where product_id = any(cast(:product_ids as bigint[]))) as place) as level
where (product_id, warehouse_id) in (
    select * from unnest(cast(:product_ids as bigint[]), cast(:warehouse_ids as bigint[])))
order by product_id, warehouse_id
""")


async def tell_levels(
    connection: Connection, places: Collection[Place], reason: LevelReason, now: dt.datetime
) -> None:
    """Write the levels of these places to the outbox; the caller holds locks on the products' rows.

    None of them is a draft's: the log does not know drafts, whose levels are told when they are
    published. (Asking for it here would cost every order a look at the products.)
    """
    values = {
        "product_ids": [product_id for product_id, _ in places],
        "warehouse_ids": [warehouse_id for _, warehouse_id in places],
        "reason": reason,
        "now": now,
    }
    await connection.execute(TELL_LEVELS, values)
