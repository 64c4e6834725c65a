"""Reads, under lock, everything that a batch of orders is decided on."""

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

from transactional.database import Connection
from transactional.fields import PostalAddress
from transactional.orders.decisions import Destination, ProductNow, Shelf, Wish
from transactional.orders.tariffs import Tariffs
from transactional.promotions.rules import Promotion, Scope

ADDRESS_FIELDS = tuple(PostalAddress.model_fields)
PROMOTION_FIELDS = tuple(name for name in Promotion.__dataclass_fields__ if name != "scope")
# An address that is not the customer's is none.
DESTINATIONS = text(
    "select wanted.customer_id, wanted.address_id, accounts.region as own_region, "
    + ", ".join(f"a.{name}" for name in ADDRESS_FIELDS)
    + """
from unnest(cast(:customer_ids as bigint[]), cast(:address_ids as bigint[]))
     as wanted (customer_id, address_id)
     join accounts using (customer_id)
     left join addresses as a on a.customer_id = wanted.customer_id and case
         when wanted.address_id is null then a.is_default else a.address_id = wanted.address_id end
where deleted_at is null
"""
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
PROMOTIONS = text(
    "select " + ", ".join(PROMOTION_FIELDS) + ", product_ids, category_ids, seller_ids"
    """
from promotions
where starts_at <= :now and (ends_at is null or ends_at > :now)
  and (code is null or code = any(cast(:codes as text[])))
order by promotion_id
"""
)
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
    connection: Connection, wishes: Sequence[Wish], tariffs: Tariffs, now: dt.datetime
) -> Shelf:
    """Lock and return what these wishes concern.

    Stock rows first, then promotions, each by id: every transaction that locks both does so in this
    order.
    """
    product_ids = sorted({line.product_id for wish in wishes for line in wish.lines})
    customer_ids = sorted({wish.customer_id for wish in wishes})
    destinations = await _destinations(connection, wishes)
    products = [_product(row) for row in await connection.execute(PRODUCTS, {"ids": product_ids})]
    available: dict[int, dict[int, int]] = defaultdict(dict)
    for product_id, warehouse_id, n in await connection.execute(STOCK, {"ids": product_ids}):
        available[product_id][warehouse_id] = n
    codes = sorted({code for wish in wishes for code in wish.codes})
    found = await connection.execute(PROMOTIONS, {"now": now, "codes": codes})
    promotions = [_promotion(row) for row in found]
    n_uses, n_uses_of = await _uses(connection, promotions, customer_ids)
    return Shelf(
        destinations=destinations,
        products={product.product_id: product for product in products},
        available=available,
        promotions=promotions,
        rates=tariffs.rates,
        nearest_first=tariffs.nearest_first,
        n_uses=n_uses,
        n_uses_of=n_uses_of,
    )


async def _destinations(
    connection: Connection, wishes: Sequence[Wish]
) -> dict[tuple[int, int | None], Destination]:
    wanted = list({(wish.customer_id, wish.address_id) for wish in wishes})
    values = {
        "customer_ids": [customer_id for customer_id, _ in wanted],
        "address_ids": [address_id for _, address_id in wanted],
    }
    rows = await connection.execute(DESTINATIONS, values)
    return {
        (customer_id, address_id): _destination(own_region, address)
        for customer_id, address_id, own_region, *address in rows
    }


def _destination(own_region: str | None, address: Sequence[str | None]) -> Destination:
    ship_to = dict(zip(ADDRESS_FIELDS, address, strict=True))
    if ship_to["recipient"] is None:
        return Destination(own_region)
    return Destination(ship_to["region"] or ship_to["country"], ship_to)


async def _uses(
    connection: Connection, promotions: Sequence[Promotion], customer_ids: Sequence[int]
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


def _product(row: Sequence[Any]) -> ProductNow:
    product_id, title, status, price_cents, seller_id, category_id, ancestor_ids = row
    own = () if category_id is None else (category_id,)
    category_ids = frozenset((*own, *(ancestor_ids or ())))
    return ProductNow(product_id, title, status, price_cents, seller_id, category_ids)


def _promotion(row: Sequence[Any]) -> Promotion:
    *fields, product_ids, category_ids, seller_ids = row
    scope = Scope(frozenset(product_ids), frozenset(category_ids), frozenset(seller_ids))
    return Promotion(**dict(zip(PROMOTION_FIELDS, fields, strict=True)), scope=scope)
