"""Reorder points that fill what is wanted of a class of products, at the least cost of holding.

Source: Silver, Pyke and Thomas, "Inventory and Production Management in Supply Chains" (4th edition,
2017), chapter 6: the fill rate (P2), and safety stock shared out among products so that the total
value that lies there is least for the units that are missed in all.
"""

import numpy as np

from models.planning.lead_times import Floats
from models.planning.safety_stock import Demand

N_HALVINGS = 40
SURE = 1e-6


def filling_points(
    demand: Demand, lot: Floats, lot_days: Floats, unit_cost_cents: Floats, fill_ratio: Floats
) -> Floats:
    """Return the units to order at; rows with the same `fill_ratio` are one class.

    A unit more in stock costs its holding all days, and is missed in an order's cycle with probability
    P(D > s). Of all ways to miss no more than 1 - fill of a class's units, that one holds least value
    in which P(D > s) is everywhere in the same proportion to cost x days of the cycle: cheap products
    are nearly always there, dear ones run out now and then. The proportion is found by halving.

    Parameters
    ----------
    demand
        Until the next order has come.
    lot, lot_days
        Units and days of demand of one order.
    fill_ratio
        Share of the class's units that shall be there when they are wanted. Whatever it costs, no
        product runs out in more than half of its cycles.
    """
    _, group = np.unique(fill_ratio, return_inverse=True)
    weight = np.maximum(unit_cost_cents, 1.0) * lot_days
    units_per_day = lot / lot_days
    allowed = np.bincount(group, (1 - fill_ratio) * units_per_day)
    low, high = (
        np.log(weight.min(initial=1.0)) * np.ones(len(allowed)),
        np.log(weight.max(initial=1.0) / SURE),
    )
    high = high * np.ones(len(allowed))
    for _ in range(N_HALVINGS):
        middle = (low + high) / 2
        point = _points(demand, weight / np.exp(middle)[group])
        missed = demand.shortage(point) - demand.shortage(point + lot)
        too_many = np.bincount(group, missed / lot_days) > allowed
        low, high = np.where(too_many, middle, low), np.where(too_many, high, middle)
    return _points(demand, weight / np.exp(high)[group])


def _points(demand: Demand, out_ratio: Floats) -> Floats:
    return demand.quantile(1 - np.clip(out_ratio, SURE, 0.5))
