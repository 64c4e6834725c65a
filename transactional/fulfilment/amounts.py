"""What goes back to a customer for the units they send back: pure rules, integer cents."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PaidLine:
    """A line of an order, and what it cost after discounts and with tax."""

    line_number: int
    quantity: int
    paid_cents: int


def refund_cents(
    lines: Sequence[PaidLine],
    total_cents: int,
    before: Mapping[int, int],
    now: Mapping[int, int],
) -> int:
    """Return the refund for units that came back now, by line number, after those of `before`.

    The first n of a line's q units are worth n/q of what the line cost, rounded down; a later unit
    is worth the difference. With the last unit of the order, shipping and its tax go back too, so
    that all refunds of an order that comes back whole are its total, to the cent.
    """
    after = {
        line.line_number: before.get(line.line_number, 0) + now.get(line.line_number, 0)
        for line in lines
    }
    return _worth(lines, total_cents, after) - _worth(lines, total_cents, before)


def is_whole(lines: Sequence[PaidLine], returned: Mapping[int, int]) -> bool:
    """Tell whether every unit of the order is back."""
    return all(returned.get(line.line_number, 0) >= line.quantity for line in lines)


def _worth(lines: Sequence[PaidLine], total_cents: int, returned: Mapping[int, int]) -> int:
    if is_whole(lines, returned):
        return total_cents
    return sum(
        line.paid_cents * returned.get(line.line_number, 0) // line.quantity for line in lines
    )
