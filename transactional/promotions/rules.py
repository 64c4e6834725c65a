"""What a promotion takes off a basket: pure rules, integer cents.

Promotions stack in the order of (`priority`, `promotion_id`); each sees what the earlier ones left.
An exclusive promotion applies alone: after another has applied it is passed over, and after it has
applied all others are.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from transactional.money import ratio_of, share_out

Kind = Literal["percentage", "amount", "buy_x_get_y", "free_shipping"]


@dataclass(frozen=True, slots=True)
class BasketLine:
    """Some units of one product; `category_ids` is its category and all above it."""

    product_id: int
    seller_id: int | None
    category_ids: frozenset[int]
    quantity: int
    unit_price_cents: int

    @property
    def items_cents(self) -> int:
        """What the units cost before discounts."""
        return self.quantity * self.unit_price_cents


@dataclass(frozen=True, slots=True)
class Scope:
    """What a promotion is for: lines that any of the three names; all lines if none names any."""

    product_ids: frozenset[int] = frozenset()
    category_ids: frozenset[int] = frozenset()
    seller_ids: frozenset[int] = frozenset()

    def holds(self, line: BasketLine) -> bool:
        """Tell whether the line is within the scope."""
        if not (self.product_ids or self.category_ids or self.seller_ids):
            return True
        return (
            line.product_id in self.product_ids
            or line.seller_id in self.seller_ids
            or not self.category_ids.isdisjoint(line.category_ids)
        )


@dataclass(frozen=True, slots=True)
class Promotion:
    """One promotion. `code` is None where it applies by itself.

    `percent_basis_points` belongs to a percentage, `amount_cents` to an amount, `n_buy` and `n_get`
    to buy-X-get-Y. `minimum_spend_cents` counts the scope's lines before discounts. `ends_at` is
    the first moment after it; None is never. None of `max_uses…` is no bound.
    """

    promotion_id: int
    label: str
    kind: Kind
    starts_at: dt.datetime
    ends_at: dt.datetime | None = None
    code: str | None = None
    scope: Scope = Scope()
    percent_basis_points: int = 0
    amount_cents: int = 0
    n_buy: int = 0
    n_get: int = 0
    minimum_spend_cents: int = 0
    max_uses: int | None = None
    max_uses_per_customer: int | None = None
    priority: int = 100
    exclusive: bool = False

    def runs_at(self, now: dt.datetime) -> bool:
        """Tell whether the promotion has begun and not ended."""
        return self.starts_at <= now and (self.ends_at is None or now < self.ends_at)


def discounts(
    promotion: Promotion, lines: Sequence[BasketLine], left_cents: Sequence[int]
) -> list[int]:
    """Return the cents that `promotion` takes off each line, never more than the line has left.

    Parameters
    ----------
    left_cents
        Of each line, what earlier promotions left of `items_cents`.
    """
    inside = [promotion.scope.holds(line) for line in lines]
    left = [cents if held else 0 for cents, held in zip(left_cents, inside, strict=True)]
    if promotion.kind == "percentage":
        return share_out(ratio_of(sum(left), promotion.percent_basis_points), left)
    if promotion.kind == "amount":
        return share_out(min(promotion.amount_cents, sum(left)), left)
    if promotion.kind == "buy_x_get_y":
        free = _free_units(promotion, lines, inside)
        return [
            min(cents, n_free * line.unit_price_cents)
            for cents, n_free, line in zip(left, free, lines, strict=True)
        ]
    return [0] * len(lines)


def spends_enough(promotion: Promotion, lines: Sequence[BasketLine]) -> bool:
    """Tell whether the scope holds some line, and the least that must be spent there."""
    inside = [line.items_cents for line in lines if promotion.scope.holds(line)]
    return bool(inside) and sum(inside) >= promotion.minimum_spend_cents


def _free_units(
    promotion: Promotion, lines: Sequence[BasketLine], inside: Sequence[bool]
) -> list[int]:
    """Of every `n_buy + n_get` units in the scope, the `n_get` cheapest are free."""
    free = [0] * len(lines)
    n_units = sum(line.quantity for line, held in zip(lines, inside, strict=True) if held)
    n_left = n_units // (promotion.n_buy + promotion.n_get) * promotion.n_get
    cheapest = sorted(
        (n for n, held in enumerate(inside) if held), key=lambda n: lines[n].unit_price_cents
    )
    for n in cheapest:
        free[n] = min(n_left, lines[n].quantity)
        n_left -= free[n]
    return free
