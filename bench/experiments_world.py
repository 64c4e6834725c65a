"""Shoppers of an experiment whose truth is known: they come over days, come back, click and order."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.evaluation.experiments.analysis import ArmUnits
from models.evaluation.experiments.ratios import Values

ORDERS_PER_DAY = 0.05
CENTS_SHAPE, CENTS_SCALE = 2.0, 1_500.0
BEFORE_DAYS = 28
ACTIVITY_SHAPE = 0.6
N_IMPRESSIONS, CLICK_RATIO, CLICK_SPREAD = 5.0, 0.1, 10.0


@dataclass(frozen=True)
class Shoppers:
    """Units, each in one of two arms.

    Parameters
    ----------
    treated, arrival_days, activity : arrays of shape (n_units,)
        Arm, day of the first exposure, and how much more often than the mean the unit does anything.
    before_cents : array of shape (n_units,)
        Spent in the four weeks before.
    orders, cents : arrays of shape (n_days, n_units)
        From the unit's first exposure to the end of each day.
    """

    treated: NDArray[np.bool_]
    arrival_days: NDArray[np.int64]
    activity: Values
    before_cents: Values
    orders: Values
    cents: Values

    @classmethod
    def drawn(
        cls, draws: np.random.Generator, n_units: int, n_days: int, effect: float = 0.0
    ) -> Self:
        """Draw shoppers; the treated order (1 + effect) times as often."""
        treated = draws.random(n_units) < 0.5
        activity = draws.gamma(ACTIVITY_SHAPE, 1 / ACTIVITY_SHAPE, n_units)
        arrivals = draws.integers(0, n_days, n_units)
        rates = ORDERS_PER_DAY * activity * np.where(treated, 1 + effect, 1.0)
        orders = draws.poisson(rates, (n_days, n_units))
        orders[np.arange(n_days)[:, None] < arrivals] = 0
        before = draws.poisson(BEFORE_DAYS * ORDERS_PER_DAY * activity)
        return cls(
            treated=treated,
            arrival_days=arrivals,
            activity=activity,
            before_cents=spent(draws, before),
            orders=np.cumsum(orders, axis=0, dtype=np.float64),
            cents=np.cumsum(spent(draws, orders), axis=0),
        )

    def by(self, day: int) -> tuple["Looked", "Looked"]:
        """Return control's and the treated units who came by the end of a day, with all they did so far."""
        came = self.arrival_days <= day
        control, treated = (
            Looked(self.orders[day][own], self.cents[day][own], self.before_cents[own])
            for own in (came & ~self.treated, came & self.treated)
        )
        return control, treated


@dataclass(frozen=True)
class Looked:
    """An arm's units at one look, arrays of shape (n_units,)."""

    orders: Values
    cents: Values
    before_cents: Values

    def units(self) -> ArmUnits:
        """Return them as an analysis wants them."""
        n_units = len(self.orders)
        nothing = np.zeros(n_units)
        counts = {
            "n_exposures": np.ones(n_units),
            "latency_ms": nothing,
            "n_impressions": nothing,
            "n_clicks": nothing,
            "n_orders": self.orders,
            "has_ordered": (self.orders > 0).astype(np.float64),
            "revenue_cents": self.cents,
            "returned_cents": nothing,
        }
        before = {"revenue_cents": self.before_cents}
        return ArmUnits(counts, before, nothing, np.arange(n_units), nothing, nothing)


def spent(draws: np.random.Generator, orders: NDArray[np.int64]) -> Values:
    """Return what orders cost together."""
    cents = np.zeros(orders.shape)
    some = np.nonzero(orders)
    cents[some] = draws.gamma(CENTS_SHAPE * orders[some], CENTS_SCALE)
    return cents


def clicks(draws: np.random.Generator, n_units: int) -> tuple[Values, Values]:
    """Return clicks and impressions of units, of which some click a lot and some never."""
    activity = draws.gamma(ACTIVITY_SHAPE, 1 / ACTIVITY_SHAPE, n_units)
    impressions = 1 + draws.poisson(N_IMPRESSIONS * activity)
    a, b = CLICK_RATIO * CLICK_SPREAD, (1 - CLICK_RATIO) * CLICK_SPREAD
    clicked = draws.binomial(impressions, draws.beta(a, b, n_units))
    return clicked.astype(np.float64), impressions.astype(np.float64)
