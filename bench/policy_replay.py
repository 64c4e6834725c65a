"""Days of a shop under a policy of ordering: sales, lost sales, stock, orders, receipts.

Each day sells what is there; what lacks is lost. In the evening what is due comes in, and the policy
orders by what a shop would see: units sold, stock, units on order, receipts so far.
"""

from dataclasses import dataclass
from typing import Protocol, Self

import numpy as np

from bench.policy_world import World
from models.planning.lead_times import Floats, Receipts

FILL_DAYS = 28


@dataclass(frozen=True)
class Seen:
    """What a shop knows in the evening of `day`.

    `units` of shape (n, day + 1) is what sold; on a day that ended with nothing left, at least the mean
    of the last four weeks, since more may have been wanted.
    """

    day: int
    units: Floats
    on_hand: Floats
    on_order: Floats
    receipts: Receipts


class Policy(Protocol):
    """A way of ordering."""

    def order(self, seen: Seen) -> Floats:
        """Return the units of each product to order this evening."""


@dataclass
class Course:
    """What happened, arrays of shape (n, n_days), a column for each day that is over.

    `on_hand` is in the evening, what came in then included; `due` counts what comes on each day, those
    to come included; `opening` of shape (n,) is what was there before.
    """

    sold: Floats
    seen_units: Floats
    on_hand: Floats
    received: Floats
    ordered: Floats
    due: Floats
    opening: Floats

    @classmethod
    def opened(cls, world: World, opening: Floats) -> Self:
        """Return a course before its first day, with units on hand."""
        n, n_days = world.demand.shape
        sold, seen, on_hand, received, ordered = np.zeros((5, n, n_days))
        due = np.zeros((n, n_days + int(world.lead_days.max()) + 1))
        return cls(sold, seen, on_hand, received, ordered, due, opening.copy())

    def copy(self) -> Self:
        """Return the same past, to go on from differently."""
        return type(self)(**{name: value.copy() for name, value in vars(self).items()})

    def on_order(self, day: int) -> Floats:
        """Return the units that are to come after the evening of a day."""
        return np.asarray(self.due[:, day + 1 :].sum(axis=1))


def replay(world: World, policy: Policy, course: Course, days: range) -> None:
    """Let the days pass; `course` must be at the first of them."""
    stock = course.on_hand[:, days.start - 1] if days.start else course.opening
    for day in days:
        sold = np.minimum(stock, world.demand[:, day])
        came = course.due[:, day]
        stock = stock - sold + came
        course.sold[:, day], course.received[:, day], course.on_hand[:, day] = sold, came, stock
        course.seen_units[:, day] = _filled(course, day, ran_out=stock - came == 0)
        units = policy.order(_seen(world, course, day))
        course.ordered[:, day] = units
        rows = np.nonzero(units)[0]
        course.due[rows, day + world.lead_days[rows, day]] += units[rows]


def _filled(course: Course, day: int, ran_out: Floats) -> Floats:
    """Return what a shop takes for the day's demand."""
    before = course.seen_units[:, max(0, day - FILL_DAYS) : day]
    usual = before.mean(axis=1) if day else np.zeros(len(course.sold))
    sold = course.sold[:, day]
    return np.where(ran_out, np.maximum(sold, usual), sold)


def _seen(world: World, course: Course, day: int) -> Seen:
    return Seen(
        day,
        course.seen_units[:, : day + 1],
        course.on_hand[:, day],
        course.on_order(day),
        _receipts(world, course, day),
    )


def _receipts(world: World, course: Course, day: int) -> Receipts:
    """Return every order that has come by the evening of a day."""
    row, placed = np.nonzero(course.ordered[:, :day])
    came = placed + world.lead_days[row, placed] <= day
    row, placed = row[came], placed[came]
    days = world.lead_days[row, placed].astype(np.float64)
    return Receipts(world.supplier[row], days, course.ordered[row, placed])


@dataclass(frozen=True)
class Outcome:
    """What a policy gave and cost over some days.

    Units sold per unit wanted; cost of what lay there in the evenings; product-days on which units
    lacked; lines ordered.
    """

    fill_ratio: float
    holding_cents: float
    n_short_days: int
    n_orders: int


def outcome(world: World, course: Course, days: range, holding_ratio: float) -> Outcome:
    """Return what came of these days; `holding_ratio` of a unit's cost is what keeping it a year costs."""
    cells = np.s_[:, days.start : days.stop]
    wanted, sold = world.demand[cells], course.sold[cells]
    unit_days = course.on_hand[cells].sum(axis=1)
    return Outcome(
        float(sold.sum() / wanted.sum()),
        float(unit_days @ world.terms.unit_cost_cents * holding_ratio / 365),
        int((sold < wanted).sum()),
        int((course.ordered[cells] > 0).sum()),
    )
