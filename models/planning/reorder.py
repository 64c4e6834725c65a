"""When to order, up to which level, and how much of it can be had: packs, minimum, shelf life, budget.

Source: Silver, Pyke and Thomas, "Inventory and Production Management in Supply Chains" (4th edition,
2017): the economic order quantity of chapter 4, the (R, s, S) system of chapter 6.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.planning.lead_times import Floats
from models.planning.safety_stock import Demand

DAYS_A_YEAR = 365.0


@dataclass(frozen=True)
class OrderCosts:
    """What ordering and keeping costs, and what bounds the days that one order is for.

    Parameters
    ----------
    line_cents
        Of one line of an order: writing it, receiving and shelving what comes.
    holding_ratio
        Of a unit's cost, for keeping it a year: capital, room, risk.
    least_days, most_days
        An order is for as many days' demand.
    saleable_days
        What is not sold in so many days is taken to be worth nothing any more.
    most_share
        Of the smallest order, that has to be sold by then at most, however little is earned by it.
    """

    line_cents: float = 150.0
    holding_ratio: float = 0.25
    least_days: float = 1.0
    most_days: float = 60.0
    saleable_days: float = 180.0
    most_share: float = 0.9


@dataclass(frozen=True)
class Terms:
    """What suppliers ask, arrays of shape (n,); `shelf_life_days` is infinite for what keeps."""

    unit_cost_cents: Floats
    pack_size: Floats
    minimum_order: Floats
    shelf_life_days: Floats


def economic_days(units_per_day: Floats, unit_cost_cents: Floats, costs: OrderCosts) -> Floats:
    """Return for how many days' demand to order, so that ordering and keeping together cost least.

    The economic order quantity sqrt(2 A D / (r c)) over the daily demand.
    """
    keeping = costs.holding_ratio * np.maximum(unit_cost_cents, 1.0) / DAYS_A_YEAR
    best = np.sqrt(2 * costs.line_cents / (np.maximum(units_per_day, 1e-9) * keeping))
    return np.clip(best, costs.least_days, costs.most_days)


def is_worth_stocking(
    demand: Demand, margin_cents: Floats, terms: Terms, costs: OrderCosts
) -> NDArray[np.bool_]:
    """Tell which products' smallest order is expected to bring back at least what it costs.

    The newsvendor's rule for one order of what nearly nobody wants: it is worth placing if the units
    that sell, at their price, pay for all. So a product that has not sold for long is bought no more,
    and one that comes in large packs sooner so than one of single units.

    Parameters
    ----------
    demand
        Of the `saleable_days`.
    margin_cents
        Of a unit sold: its price less its cost.
    """
    least = in_packs(np.ones(len(margin_cents)), terms)
    sold_share = (demand.mean - demand.shortage(least)) / least
    paid = terms.unit_cost_cents / np.maximum(terms.unit_cost_cents + margin_cents, 1e-12)
    return np.asarray(sold_share >= np.minimum(paid, costs.most_share))


def wanted_units(position: Floats, reorder_point: Floats, order_up_to: Floats) -> Floats:
    """Return the units to order: none above the reorder point, else what lacks to the level.

    Parameters
    ----------
    position
        Units on hand that are promised to nobody, and units on order.
    """
    return np.where(position <= reorder_point, np.maximum(order_up_to - position, 0), 0.0)


def in_packs(units: Floats, terms: Terms) -> Floats:
    """Return the nearest number of whole packs, one at least, that reaches the minimum; 0 for none."""
    packs = np.maximum(np.rint(units / terms.pack_size), 1)
    packs = np.maximum(packs, np.ceil(terms.minimum_order / terms.pack_size))
    return np.where(units > 0, packs * terms.pack_size, 0.0)


def within_shelf_life(
    units: Floats, position: Floats, sold_in_shelf_life: Floats, terms: Terms
) -> Floats:
    """Return whole packs, at most `units`, that sell before they spoil.

    Parameters
    ----------
    units
        As `in_packs` returns them.
    sold_in_shelf_life
        Units that will sell while what comes can be sold; infinite for what keeps. What is there
        already is sold first. Fewer than the supplier's minimum are none.
    """
    room = np.maximum(sold_in_shelf_life - np.maximum(position, 0), 0)
    packs = np.floor(np.minimum(units, room) / terms.pack_size)
    return _or_none(packs * terms.pack_size, terms)


def within_budget(
    units: Floats,
    position: Floats,
    demand: Demand,
    margin_cents: Floats,
    terms: Terms,
    cents: float,
) -> Floats:
    """Return what of the orders to place with so much money.

    Greedy, as for a knapsack by worth over weight: the order that avoids most expected loss of margin
    per cent spent comes first; of one that does not fit whole, as many packs as do, or none if these are
    fewer than its minimum. Greedy is within one order of the best choice, and orders are many.

    Parameters
    ----------
    demand
        Until what is ordered at the next look has come.
    cents
        What may be spent; infinite for no bound.
    """
    cost = units * terms.unit_cost_cents
    if cost.sum() <= cents:
        return units
    avoided = (demand.shortage(position) - demand.shortage(position + units)) * margin_cents
    worth = np.where(units > 0, avoided / np.maximum(cost, 1e-12), -np.inf)
    taken, left = np.zeros(len(units)), cents
    for row in np.argsort(-worth, kind="stable")[: np.count_nonzero(units > 0)]:
        pack_cents = terms.pack_size[row] * terms.unit_cost_cents[row]
        packs = min(units[row] / terms.pack_size[row], np.floor(left / max(pack_cents, 1e-12)))
        n_units = packs * terms.pack_size[row]
        if n_units >= terms.minimum_order[row]:
            taken[row] = n_units
            left -= packs * pack_cents
    return taken


def _or_none(units: Floats, terms: Terms) -> Floats:
    return np.where(units >= terms.minimum_order, units, 0.0)
