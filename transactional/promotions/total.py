"""What an order costs, line by line: items - discounts + shipping + tax, in integer cents.

Rounding, the same everywhere: a percentage and a tax are taken once of a whole sum, half a cent
rounded up, and then shared out over the lines by largest remainder (`transactional.money`), so that
every sum of parts is the whole to the cent.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, TypedDict

from transactional.money import ratio_of, share_out
from transactional.promotions.rules import BasketLine, Promotion, discounts, spends_enough


@dataclass(frozen=True, slots=True)
class RegionRates:
    """What a region adds: shipping by what the items cost after discounts, and its tax.

    `shipping_steps` are (from this many cents on, shipping costs that many cents), rising from 0.
    The tax is on items after discounts and on shipping.
    """

    shipping_steps: tuple[tuple[int, int], ...] = ((0, 0),)
    tax_basis_points: int = 0

    def shipping_cents(self, items_cents: int) -> int:
        """Return the shipping of items that cost so much after discounts."""
        return [cost for start, cost in self.shipping_steps if start <= items_cents][-1]


@dataclass(frozen=True, slots=True)
class Discount:
    """What one promotion took off, in all and of each line; `shipping_cents` of the shipping."""

    promotion: Promotion
    by_line_cents: tuple[int, ...]
    shipping_cents: int = 0

    @property
    def cents(self) -> int:
        """All that the promotion took off."""
        return sum(self.by_line_cents) + self.shipping_cents


class Charge(TypedDict):
    """One line of the explanation; discounts are negative, all of them add up to the total.

    A plain dictionary: it goes into the order's answer and its row as it is.
    """

    kind: Literal["item", "discount", "shipping", "tax"]
    label: str
    cents: int
    product_id: int | None
    promotion_id: int | None


@dataclass(frozen=True, slots=True)
class Total:
    """An order's sums, and each line's share of them."""

    lines: tuple[BasketLine, ...]
    discounts: tuple[Discount, ...]
    shipping_cents: int
    line_tax_cents: tuple[int, ...]
    shipping_tax_cents: int

    @property
    def items_cents(self) -> int:
        """What the items cost before discounts."""
        return sum(line.items_cents for line in self.lines)

    @property
    def discount_cents(self) -> int:
        """All that promotions took off, of items and shipping."""
        return sum(discount.cents for discount in self.discounts)

    @property
    def tax_cents(self) -> int:
        """The tax on items and shipping."""
        return sum(self.line_tax_cents) + self.shipping_tax_cents

    @property
    def total_cents(self) -> int:
        """What is to pay."""
        return self.items_cents - self.discount_cents + self.shipping_cents + self.tax_cents

    @property
    def line_discount_cents(self) -> tuple[int, ...]:
        """What all promotions together took off each line."""
        shares = [discount.by_line_cents for discount in self.discounts]
        return tuple(map(sum, zip(*shares, strict=True))) if shares else (0,) * len(self.lines)

    def charges(self) -> list[Charge]:
        """Explain the total; the charges add up to it."""
        items = [
            _charge("item", _units(line.quantity), line.items_cents, product_id=line.product_id)
            for line in self.lines
        ]
        reductions = [
            _charge("discount", p.label, -each.cents, promotion_id=p.promotion_id)
            for each in self.discounts
            for p in (each.promotion,)
        ]
        shipping = _charge("shipping", "Shipping", self.shipping_cents)
        return [*items, *reductions, shipping, _charge("tax", "Tax", self.tax_cents)]


def _units(quantity: int) -> str:
    return "1 unit" if quantity == 1 else f"{quantity} units"


def _charge(
    kind: Literal["item", "discount", "shipping", "tax"],
    label: str,
    cents: int,
    product_id: int | None = None,
    promotion_id: int | None = None,
) -> Charge:
    return {
        "kind": kind,
        "label": label,
        "cents": cents,
        "product_id": product_id,
        "promotion_id": promotion_id,
    }


def price(
    lines: Sequence[BasketLine], promotions: Collection[Promotion], rates: RegionRates
) -> Total:
    """Price a basket.

    Parameters
    ----------
    lines
        At least one.
    promotions
        Those that may apply: running, with uses left, and, where they have a code, asked for.
    """
    left = [line.items_cents for line in lines]
    applied: list[Discount] = []
    for promotion in sorted(promotions, key=lambda each: (each.priority, each.promotion_id)):
        if not _may_join(promotion, applied) or not spends_enough(promotion, lines):
            continue
        taken = discounts(promotion, lines, left)
        if any(taken) or promotion.kind == "free_shipping":
            applied.append(Discount(promotion, tuple(taken)))
            left = [cents - off for cents, off in zip(left, taken, strict=True)]
    shipping_cents = rates.shipping_cents(sum(left))
    freed = _with_free_shipping(applied, shipping_cents)
    to_ship = shipping_cents - sum(discount.shipping_cents for discount in freed)
    tax_cents = ratio_of(sum(left) + to_ship, rates.tax_basis_points)
    *line_tax, shipping_tax = share_out(tax_cents, [*left, to_ship])
    return Total(tuple(lines), freed, shipping_cents, tuple(line_tax), shipping_tax)


def _may_join(promotion: Promotion, applied: Sequence[Discount]) -> bool:
    if not applied:
        return True
    return not promotion.exclusive and not any(each.promotion.exclusive for each in applied)


def _with_free_shipping(applied: Sequence[Discount], shipping_cents: int) -> tuple[Discount, ...]:
    """Let the first promotion that frees the shipping take it; one that frees nothing drops out."""
    kept: list[Discount] = []
    for discount in applied:
        if discount.promotion.kind != "free_shipping":
            kept.append(discount)
        elif shipping_cents > 0:
            kept.append(Discount(discount.promotion, discount.by_line_cents, shipping_cents))
            shipping_cents = 0
    return tuple(kept)
