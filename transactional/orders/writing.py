"""Writes a batch of accepted orders: one statement for all their rows."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import to_json
from sqlalchemy import text

from transactional.database import Connection
from transactional.orders.decisions import Accepted
from transactional.stock.allocation import Available, n_available
from transactional.stock.levels import Place

RESERVED_FOR = dt.timedelta(minutes=15)

WRITE = text("""
with
new_orders as (
    insert into orders (order_id, customer_id, status, items_cents, discount_cents, shipping_cents,
                        tax_cents, total_cents, charges, currency, region, ship_to, placed_at, expires_at)
    select order_id, customer_id, 'pending', items_cents, discount_cents, shipping_cents, tax_cents,
           total_cents, charges::jsonb, :currency, region, ship_to::jsonb, :now, :expires_at
    from unnest(cast(:order_ids as bigint[]), cast(:customer_ids as bigint[]),
                cast(:items_cents as bigint[]), cast(:discount_cents as bigint[]),
                cast(:shipping_cents as bigint[]), cast(:tax_cents as bigint[]),
                cast(:total_cents as bigint[]), cast(:charges as text[]), cast(:regions as text[]),
                cast(:ship_tos as text[]))
         as o (order_id, customer_id, items_cents, discount_cents, shipping_cents, tax_cents,
               total_cents, charges, region, ship_to)
),
new_lines as (
    insert into order_lines (order_id, line_number, product_id, seller_id, title, quantity,
                             unit_price_cents, discount_cents, tax_cents)
    select * from unnest(cast(:l_order_ids as bigint[]), cast(:l_numbers as integer[]),
                         cast(:l_product_ids as bigint[]), cast(:l_seller_ids as bigint[]),
                         cast(:l_titles as text[]), cast(:l_quantities as integer[]),
                         cast(:l_prices as bigint[]), cast(:l_discounts as bigint[]),
                         cast(:l_taxes as bigint[]))
),
parts as materialized (
    select * from unnest(cast(:a_order_ids as bigint[]), cast(:a_numbers as integer[]),
                         cast(:a_warehouse_ids as bigint[]), cast(:a_product_ids as bigint[]),
                         cast(:a_quantities as integer[]))
             as a (order_id, line_number, warehouse_id, product_id, quantity)
),
new_allocations as (
    insert into allocations (order_id, line_number, warehouse_id, product_id, quantity)
    select * from parts
),
new_entries as (
    insert into stock_ledger (product_id, warehouse_id, delta_on_hand, delta_reserved, reason,
                              order_id, occurred_at)
    select product_id, warehouse_id, 0, quantity, 'reserved', order_id, :now from parts
),
new_payments as (
    insert into payments (order_id, attempt, provider, method, status, amount_cents, currency,
                          idempotency_key, created_at, updated_at)
    select order_id, 1, :provider, method, 'authorising', total_cents, :currency, key, :now, :now
    from unnest(cast(:order_ids as bigint[]), cast(:methods as text[]), cast(:keys as text[]),
                cast(:total_cents as bigint[])) as p (order_id, method, key, total_cents)
    where total_cents > 0
),
new_history as (
    insert into order_history (order_id, to_status, actor, occurred_at)
    select order_id, 'pending', 'customer', :now from unnest(cast(:order_ids as bigint[])) as o (order_id)
),
new_uses as (
    insert into promotion_uses (promotion_id, order_id, customer_id)
    select * from unnest(cast(:u_promotion_ids as bigint[]), cast(:u_order_ids as bigint[]),
                         cast(:u_customer_ids as bigint[]))
),
counted as (
    update promotions set n_uses = promotions.n_uses + u.n_uses
    from unnest(cast(:c_promotion_ids as bigint[]), cast(:c_n_uses as bigint[]))
         as u (promotion_id, n_uses)
    where promotions.promotion_id = u.promotion_id
),
told as (
    insert into outbox (event_id, topic, key, body, recorded_at)
    select event_id, 'stock_levels', product_id::text,
           jsonb_build_object('event_id', event_id, 'occurred_at', cast(:now as timestamptz),
                              'recorded_at', cast(:now as timestamptz), 'product_id', product_id,
                              'n_available', n_available, 'reason', 'sold',
                              'warehouse_id', warehouse_id, 'n_available_there', n_there), :now
    from unnest(cast(:s_event_ids as text[]), cast(:s_product_ids as bigint[]),
                cast(:s_warehouse_ids as bigint[]), cast(:s_available as bigint[]),
                cast(:s_there as bigint[]))
         as s (event_id, product_id, warehouse_id, n_available, n_there)
),
reserved as (
    update stock set n_reserved = n_reserved + n, version = version + 1,
                     updated_at = greatest(updated_at, :now)
    from (select product_id, warehouse_id, sum(quantity) as n from parts group by 1, 2) as taken
    where stock.product_id = taken.product_id and stock.warehouse_id = taken.warehouse_id
      and n_on_hand - n_reserved >= n
    returning stock.product_id
)
select count(*) from reserved
""")


@dataclass(frozen=True, slots=True)
class NewOrder:
    """An accepted order with its id, the token of what pays it, and the key it was asked with."""

    order_id: int
    accepted: Accepted
    method: str
    key: str


async def write_orders(
    connection: Connection,
    new: Sequence[NewOrder],
    available: Available,
    event_ids: Sequence[str],
    shop: dict[str, str],
    now: dt.datetime,
) -> None:
    """Store the orders, reserve their units, and tell the new stock levels.

    Parameters
    ----------
    available
        What is left of every product once all of `new` is taken.
    event_ids
        At least one for each product and warehouse of `new`.
    shop
        `currency` and `provider`.

    Raises
    ------
    RuntimeError
        If the stock is not what the orders were decided on; the caller rolls back.
    """
    parts = _parts(new)
    places = sorted({(product_id, warehouse_id) for _, _, warehouse_id, product_id, _ in parts})
    values = {
        **_orders(new),
        **_lines(new),
        **_columns(
            "a_", ("order_ids", "numbers", "warehouse_ids", "product_ids", "quantities"), parts
        ),
        **_uses(new),
        "s_event_ids": list(event_ids[: len(places)]),
        **_levels(places, available),
        **shop,
        "now": now,
        "expires_at": now + RESERVED_FOR,
    }
    [[n_reserved]] = await connection.execute(WRITE, values)
    if n_reserved != len(places):
        raise RuntimeError(
            f"{n_reserved} of {len(places)} stock rows could be reserved under their lock"
        )


def _orders(new: Sequence[NewOrder]) -> dict[str, list[Any]]:
    totals = [each.accepted.total for each in new]
    destinations = [each.accepted.destination for each in new]
    return {
        "order_ids": [each.order_id for each in new],
        "customer_ids": [each.accepted.customer_id for each in new],
        "regions": [each.region for each in destinations],
        "ship_tos": [each.ship_to and to_json(each.ship_to).decode() for each in destinations],
        "methods": [each.method for each in new],
        "keys": [each.key for each in new],
        "items_cents": [total.items_cents for total in totals],
        "discount_cents": [total.discount_cents for total in totals],
        "shipping_cents": [total.shipping_cents for total in totals],
        "tax_cents": [total.tax_cents for total in totals],
        "total_cents": [total.total_cents for total in totals],
        "charges": [to_json(each.accepted.charges).decode() for each in new],
    }


def _lines(new: Sequence[NewOrder]) -> dict[str, list[Any]]:
    names = (
        "order_ids", "numbers", "product_ids", "seller_ids", "titles", "quantities", "prices",
        "discounts", "taxes",
    )  # fmt: skip
    rows = [
        (each.order_id, number, line.product_id, line.seller_id, title, line.quantity,
         line.unit_price_cents, discount, tax)
        for each in new
        for number, (line, title, discount, tax) in enumerate(
            zip(each.accepted.total.lines, each.accepted.titles,
                each.accepted.total.line_discount_cents, each.accepted.total.line_tax_cents,
                strict=True), start=1)
    ]  # fmt: skip
    return _columns("l_", names, rows)


def _parts(new: Sequence[NewOrder]) -> list[tuple[int, int, int, int, int]]:
    return [
        (each.order_id, number, warehouse_id, line.product_id, quantity)
        for each in new
        for number, line in enumerate(each.accepted.total.lines, start=1)
        for warehouse_id, quantity in each.accepted.allocation[line.product_id].items()
    ]


def _levels(places: Sequence[Place], available: Available) -> dict[str, list[Any]]:
    rows = [
        (product_id, warehouse_id, n_available(product_id, available),
         available[product_id][warehouse_id])
        for product_id, warehouse_id in places
    ]  # fmt: skip
    return _columns("s_", ("product_ids", "warehouse_ids", "available", "there"), rows)


def _uses(new: Sequence[NewOrder]) -> dict[str, list[Any]]:
    rows = [
        (promotion_id, each.order_id, each.accepted.customer_id)
        for each in new
        for promotion_id in each.accepted.promotion_ids
    ]
    counts = sorted(Counter(promotion_id for promotion_id, _, _ in rows).items())
    return {
        **_columns("u_", ("promotion_ids", "order_ids", "customer_ids"), rows),
        **_columns("c_", ("promotion_ids", "n_uses"), counts),
    }


def _columns(
    prefix: str, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> dict[str, list[Any]]:
    return {f"{prefix}{name}": [row[n] for row in rows] for n, name in enumerate(names)}
