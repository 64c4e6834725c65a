"""What a day with too little stock, and one with too much, cost the shop: estimates, not bookkeeping."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Units = NDArray[np.float64]

DAYS_OF_A_YEAR = 365


@dataclass(frozen=True)
class CostRates:
    """What is assumed of all products.

    Parameters
    ----------
    margin_ratio
        Of the price, that a sale earns; the rest is what the unit cost.
    holding_ratio
        Of a unit's cost, that a year in the warehouse costs: capital, room, what spoils.
    cover_days
        Stock for longer than so many days is too much.
    """

    margin_ratio: float = 0.3
    holding_ratio: float = 0.25
    cover_days: int = 56


def lost_margin_cents(demand: Units, sold: Units, price_cents: Units, rates: CostRates) -> Units:
    """Return what the units that were wanted and not there would have earned.

    Parameters
    ----------
    demand, sold
        Units of the day; demand is estimated where the product was out of stock.
    """
    return np.asarray(np.maximum(demand - sold, 0) * price_cents * rates.margin_ratio)


def excess_units(stock: Units, mean_units_per_day: Units, rates: CostRates) -> Units:
    """Return the units that will not be sold within `cover_days` at the forecast's mean."""
    return np.maximum(stock - rates.cover_days * mean_units_per_day, 0)


def holding_cost_cents(units: Units, price_cents: Units, rates: CostRates) -> Units:
    """Return what a day of keeping the units costs."""
    cost_cents = price_cents * (1 - rates.margin_ratio)
    return np.asarray(units * cost_cents * rates.holding_ratio / DAYS_OF_A_YEAR)
