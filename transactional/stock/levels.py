"""Telling the log how many units of a product can be sold."""

import datetime as dt
from collections.abc import Sequence
from typing import Literal

from sqlalchemy import text

from transactional.database import Connection

LevelReason = Literal["received", "sold", "returned", "corrected", "opening"]

TELL_LEVELS = text("""
insert into outbox (event_id, topic, key, body, recorded_at)
select event_id, 'stock_levels', product_id::text,
       jsonb_build_object('event_id', event_id, 'occurred_at', cast(:now as timestamptz),
                          'recorded_at', cast(:now as timestamptz), 'product_id', product_id,
                          'n_available', n_available, 'reason', cast(:reason as text)), :now
from (select gen_random_uuid()::text as event_id, product_id,
             coalesce(sum(n_on_hand - n_reserved) filter (where is_open), 0) as n_available
      from stock join warehouses using (warehouse_id)
      where product_id = any(cast(:product_ids as bigint[])) group by product_id) as level
order by product_id
""")


async def tell_levels(
    connection: Connection, product_ids: Sequence[int], reason: LevelReason, now: dt.datetime
) -> None:
    """Write the levels of these products to the outbox; the caller holds locks on their rows.

    None of them is a draft: the log does not know drafts, whose level is told when they are
    published. (Asking for it here would cost every order a look at the products.)
    """
    values = {"product_ids": list(product_ids), "reason": reason, "now": now}
    await connection.execute(TELL_LEVELS, values)
