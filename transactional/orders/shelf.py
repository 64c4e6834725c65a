"""Reads, under lock, everything that a batch of orders is decided on."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import RowMapping, text
from sqlalchemy.ext.asyncio import AsyncConnection

from transactional.orders.decisions import ProductNow, Shelf, Wish
from transactional.orders.tariffs import Tariffs
from transactional.promotions.rules import Promotion, Scope

CUSTOMERS = text(
    "select customer_id, region from accounts where customer_id = any(cast(:ids as bigint[]))"
)
PRODUCTS = text("""
select product_id, title, status, price_cents, seller_id, category_id, ancestor_ids
from products left join categories using (category_id)
where product_id = any(cast(:ids as bigint[]))
""")
# In one order, whatever the carts': two batches cannot deadlock.
STOCK = text("""
select product_id, warehouse_id, n_on_hand - n_reserved as n_available
from stock join warehouses using (warehouse_id)
where product_id = any(cast(:ids as bigint[])) and is_open
order by product_id, warehouse_id for update of stock
""")
PROMOTIONS = text("""
select * from promotions
where starts_at <= :now and (ends_at is null or ends_at > :now)
  and (code is null or code = any(cast(:codes as text[])))
order by promotion_id
""")
USES = text("""
select promotion_id, n_uses from promotions
where promotion_id = any(cast(:ids as bigint[])) order by promotion_id for update
""")
USES_BY_CUSTOMER = text("""
select promotion_id, customer_id, count(*) as n_uses from promotion_uses
where promotion_id = any(cast(:ids as bigint[])) and customer_id = any(cast(:customers as bigint[]))
group by promotion_id, customer_id
""")


async def read_shelf(
    connection: AsyncConnection, wishes: Sequence[Wish], tariffs: Tariffs, now: dt.datetime
) -> Shelf:
    """Lock and return what these wishes concern.

    Stock rows first, then promotions, each by id: every transaction that locks both does so in this
    order.
    """
    product_ids = sorted({line.product_id for wish in wishes for line in wish.lines})
    customer_ids = sorted({wish.customer_id for wish in wishes})
    customers = await connection.execute(CUSTOMERS, {"ids": customer_ids})
    products = await connection.execute(PRODUCTS, {"ids": product_ids})
    available: dict[int, dict[int, int]] = defaultdict(dict)
    for product_id, warehouse_id, n in await connection.execute(STOCK, {"ids": product_ids}):
        available[product_id][warehouse_id] = n
    codes = sorted({code for wish in wishes for code in wish.codes})
    found = await connection.execute(PROMOTIONS, {"now": now, "codes": codes})
    promotions = [_promotion(row) for row in found.mappings()]
    n_uses, n_uses_of = await _uses(connection, promotions, customer_ids)
    return Shelf(
        regions={row.customer_id: row.region for row in customers},
        products={row.product_id: _product(row) for row in products},
        available=available,
        promotions=promotions,
        rates=tariffs.rates,
        nearest_first=tariffs.nearest_first,
        n_uses=n_uses,
        n_uses_of=n_uses_of,
    )


async def _uses(
    connection: AsyncConnection, promotions: Sequence[Promotion], customer_ids: Sequence[int]
) -> tuple[Counter[int], Counter[tuple[int, int]]]:
    """Count uses, under lock, of promotions whose uses are bounded."""
    n_uses: Counter[int] = Counter()
    n_uses_of: Counter[tuple[int, int]] = Counter()
    bounded = [
        each.promotion_id
        for each in promotions
        if each.max_uses is not None or each.max_uses_per_customer is not None
    ]
    if bounded:
        for promotion_id, n in await connection.execute(USES, {"ids": bounded}):
            n_uses[promotion_id] = n
        rows = await connection.execute(
            USES_BY_CUSTOMER, {"ids": bounded, "customers": customer_ids}
        )
        for promotion_id, customer_id, n in rows:
            n_uses_of[promotion_id, customer_id] = n
    return n_uses, n_uses_of


def _product(row: Any) -> ProductNow:  # noqa: ANN401 - a row
    own = () if row.category_id is None else (row.category_id,)
    return ProductNow(
        row.product_id,
        row.title,
        row.status,
        row.price_cents,
        row.seller_id,
        frozenset((*own, *(row.ancestor_ids or ()))),
    )


def _promotion(row: RowMapping) -> Promotion:
    scope = Scope(
        frozenset(row["product_ids"]), frozenset(row["category_ids"]), frozenset(row["seller_ids"])
    )
    return Promotion(**{name: row[name] for name in PROMOTION_FIELDS}, scope=scope)


PROMOTION_FIELDS = frozenset(Promotion.__dataclass_fields__) - {"scope"}
