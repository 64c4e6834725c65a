"""Which of the waiting orders can be had: a pure decision over what the database holds.

Orders are decided one after another, in the order they came; each sees what the earlier ones left of
units and promotion uses. So a batch gives every order exactly what it would have got alone.
"""

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from transactional.errors import (
    NotForSaleProblem,
    OutOfStockProblem,
    ShopProblem,
    UnknownAddressProblem,
    UnknownProductProblem,
)
from transactional.promotions.rules import BasketLine, Promotion
from transactional.promotions.total import Charge, RegionRates, Total, price
from transactional.stock.allocation import Allocation, Available, allocate, n_available, take

Value = TypeVar("Value")


class EmptyCartProblem(ShopProblem):
    """There is nothing to order."""

    type, title, status = "/problems/empty-cart", "Empty cart", 409


class PriceChangedProblem(ShopProblem):
    """A product costs something else than the cart last showed, and its price lock is over."""

    type, title, status = "/problems/price-changed", "Price changed", 409

    def __init__(self, product_id: int, shown_cents: int, price_cents: int) -> None:
        super().__init__(
            f"Product {product_id} now costs {price_cents} cents; the cart showed {shown_cents}. "
            "Read the cart, which shows and locks the new price, and order again.",
            product_id=product_id,
            shown_cents=shown_cents,
            price_cents=price_cents,
        )


class PromotionProblem(ShopProblem):
    """A code that was asked for cannot be used."""

    type, title, status = "/problems/promotion-not-usable", "Promotion not usable", 409

    def __init__(self, code: str, why: str) -> None:
        super().__init__(f"The code {code} {why}. Order without it.", code=code)


class UnknownCustomerProblem(ShopProblem):
    """The account is gone, or logged out everywhere since."""

    type, title, status = "/problems/unauthorised", "Unauthorised", 401


@dataclass(frozen=True, slots=True)
class WantedLine:
    """Some units of one product.

    `locked_price_cents` is the price the customer was promised and `locked_until` how long;
    without a lock the price of now holds.
    """

    product_id: int
    quantity: int
    locked_price_cents: int | None = None
    locked_until: dt.datetime | None = None


def bare(quantities: Mapping[int, int]) -> tuple[WantedLine, ...]:
    """Return lines without a promised price, of units by product id."""
    return tuple(WantedLine(product_id, quantity) for product_id, quantity in quantities.items())


@dataclass(frozen=True, slots=True)
class Wish:
    """An order as it was asked for; `lines` by product, `codes` as typed.

    `address_id` is one of the customer's addresses; None for the default one, if there is one.
    """

    customer_id: int
    lines: tuple[WantedLine, ...]
    codes: tuple[str, ...] = ()
    address_id: int | None = None


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an order goes: the region it is priced and allocated by, and the address, if any."""

    region: str | None
    ship_to: Mapping[str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class ProductNow:
    """A product as the catalogue has it at this moment."""

    product_id: int
    title: str
    status: str
    price_cents: int
    seller_id: int | None
    category_ids: frozenset[int]


@dataclass(slots=True)
class Shelf:
    """What the database holds at this moment, locked; deciding takes out of it.

    `destinations` are by customer and the address they named.
    `n_uses` counts each promotion's uses, `n_uses_of` those of one customer: (promotion, customer).
    """

    destinations: Mapping[tuple[int, int | None], Destination]
    products: Mapping[int, ProductNow]
    available: Available
    promotions: Sequence[Promotion]
    rates: Mapping[str | None, RegionRates]
    nearest_first: Mapping[str | None, Sequence[int]]
    n_uses: Counter[int] = field(default_factory=Counter)
    n_uses_of: Counter[tuple[int, int]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class Accepted:
    """An order that can be had: what it costs and who sends it."""

    customer_id: int
    destination: Destination
    total: Total
    titles: tuple[str, ...]
    allocation: Allocation
    promotion_ids: tuple[int, ...]
    charges: Sequence[Charge]


def decide(wish: Wish, shelf: Shelf, now: dt.datetime) -> Accepted:
    """Accept one order and take its units and uses out of `shelf`, or refuse and take nothing.

    Raises
    ------
    ShopProblem
        The first thing in the way, by product id.
    """
    destination = _destination(wish, shelf)
    if not wish.lines:
        raise EmptyCartProblem("Put something in the cart, or send lines.")
    region = destination.region
    wanted = sorted(wish.lines, key=lambda line: line.product_id)
    basket = [_basket_line(line, shelf.products, now) for line in wanted]
    allocation = _allocation(wanted, shelf, region)
    promotions = _promotions(wish, shelf, now)
    total = price(basket, promotions, _of(shelf.rates, region))
    used = tuple(discount.promotion.promotion_id for discount in total.discounts)
    _refuse_idle_codes(wish, promotions, used)
    take(allocation, shelf.available)
    shelf.n_uses.update(used)
    shelf.n_uses_of.update((promotion_id, wish.customer_id) for promotion_id in used)
    titles = tuple(shelf.products[line.product_id].title for line in wanted)
    return Accepted(wish.customer_id, destination, total, titles, allocation, used, total.charges())


def _destination(wish: Wish, shelf: Shelf) -> Destination:
    destination = shelf.destinations.get((wish.customer_id, wish.address_id))
    if destination is None:
        raise UnknownCustomerProblem("This account is gone. Register again.")
    if wish.address_id is not None and destination.ship_to is None:
        raise UnknownAddressProblem(wish.address_id)
    return destination


def _basket_line(
    line: WantedLine, products: Mapping[int, ProductNow], now: dt.datetime
) -> BasketLine:
    product = products.get(line.product_id)
    if product is None:
        raise UnknownProductProblem(line.product_id)
    if product.status != "published":
        raise NotForSaleProblem(line.product_id)
    unit_price_cents = _unit_price_cents(line, product.price_cents, now)
    return BasketLine(
        product.product_id, product.seller_id, product.category_ids, line.quantity, unit_price_cents
    )


def _unit_price_cents(line: WantedLine, price_cents: int, now: dt.datetime) -> int:
    """Return the promised price while its lock holds; a lower price of now is always given."""
    promised = line.locked_price_cents
    if promised is None or price_cents <= promised:
        return price_cents
    if line.locked_until is not None and now < line.locked_until:
        return promised
    raise PriceChangedProblem(line.product_id, promised, price_cents)


def _allocation(wanted: Sequence[WantedLine], shelf: Shelf, region: str | None) -> Allocation:
    quantities = {line.product_id: line.quantity for line in wanted}
    allocation = allocate(quantities, shelf.available, _of(shelf.nearest_first, region))
    if allocation is not None:
        return allocation
    for product_id, quantity in quantities.items():
        left = n_available(product_id, shelf.available)
        if left < quantity:
            raise OutOfStockProblem(product_id, wanted=quantity, left=left)
    raise RuntimeError("there are enough units, and no warehouse that may send them")


def _promotions(wish: Wish, shelf: Shelf, now: dt.datetime) -> list[Promotion]:
    by_code = {each.code: each for each in shelf.promotions if each.code is not None}
    usable = [
        each
        for each in shelf.promotions
        if each.code is None and _obstacle(each, wish, shelf, now) is None
    ]
    for code in wish.codes:
        promotion = by_code.get(code)
        if promotion is None:
            raise PromotionProblem(code, "is not known")
        obstacle = _obstacle(promotion, wish, shelf, now)
        if obstacle is not None:
            raise PromotionProblem(code, obstacle)
        usable.append(promotion)
    return usable


def _obstacle(promotion: Promotion, wish: Wish, shelf: Shelf, now: dt.datetime) -> str | None:
    """Return why the customer cannot use the promotion now."""
    if not promotion.runs_at(now):
        return "does not run now"
    if (
        promotion.max_uses is not None
        and shelf.n_uses[promotion.promotion_id] >= promotion.max_uses
    ):
        return "is used up"
    n_own = shelf.n_uses_of[promotion.promotion_id, wish.customer_id]
    if promotion.max_uses_per_customer is not None and n_own >= promotion.max_uses_per_customer:
        return "was used as often as one customer may"
    return None


def _refuse_idle_codes(wish: Wish, promotions: Sequence[Promotion], used: Sequence[int]) -> None:
    """Tell of a code typed in vain rather than swallow it: the customer counts on it."""
    for promotion in promotions:
        if promotion.code in wish.codes and promotion.promotion_id not in used:
            raise PromotionProblem(
                str(promotion.code), "takes nothing off this order: see its minimum and its scope"
            )


def _of(by_region: Mapping[str | None, Value], region: str | None) -> Value:
    """Return what is known of a region, or what holds everywhere else (None)."""
    return by_region[region] if region in by_region else by_region[None]
