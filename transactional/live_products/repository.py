"""What PostgreSQL knows of products as they are now."""

import datetime as dt
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncConnection

from features.schemas.live_products import Listed, LiveProduct

NOW = """
select product_id, title, description, category_id, categories.path as category_path, brand,
       seller_id, price_cents, attributes, status, level.n_available,
       greatest(products.updated_at, level.updated_at) as changed_at
from products left join categories using (category_id)
left join lateral (
    select sum(n_on_hand - n_reserved) filter (where is_open) as n_available,
           max(stock.updated_at) as updated_at
    from stock join warehouses using (warehouse_id) where stock.product_id = products.product_id
) as level on true
"""
OF_IDS = text(f"{NOW} where product_id = any(cast(:product_ids as bigint[])) order by product_id")
CHANGED = text(f"""
{NOW} where product_id in (
    select product_id from products where updated_at > :since
    union select product_id from stock where updated_at > :since
) order by changed_at desc, product_id limit :limit
""")  # noqa: S608 - a constant of ours


async def products_now(
    connection: AsyncConnection, product_ids: Sequence[int]
) -> list[LiveProduct]:
    """Return these products as they are; those that are gone are missing."""
    rows = await connection.execute(OF_IDS, {"product_ids": list(product_ids)})
    return [_live(row) for row in rows]


async def products_changed(
    connection: AsyncConnection, since: dt.datetime, limit: int
) -> list[LiveProduct]:
    """Return the products that changed last, at most so many, none before `since`."""
    rows = await connection.execute(CHANGED, {"since": since, "limit": limit})
    return [_live(row) for row in rows]


def _live(row: Row[Any]) -> LiveProduct:
    if row.status != "published":
        return LiveProduct(product_id=row.product_id, listed=None, changed_at=row.changed_at)
    values = {name: getattr(row, name) for name in Listed.model_fields if hasattr(row, name)}
    values["attributes"] = json.dumps(row.attributes, ensure_ascii=False, sort_keys=True)
    in_stock = None if row.n_available is None else row.n_available > 0
    return LiveProduct(
        product_id=row.product_id,
        listed=Listed(**values, in_stock=in_stock),
        changed_at=row.changed_at,
    )
