"""What to move and what to order, for every product in every warehouse."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.planning.filling import filling_points
from models.planning.lead_times import Floats, Ints
from models.planning.reorder import (
    OrderCosts,
    Terms,
    economic_days,
    in_packs,
    is_worth_stocking,
    wanted_units,
    within_budget,
    within_shelf_life,
)
from models.planning.safety_stock import WEEK, Demand, demand_over, extended
from models.planning.transfers import Transfer, transfers

LONGEST_SHELF_LIFE_DAYS = 400
UNCAPPED, BY_SHELF_LIFE, BY_BUDGET = "", "shelf_life", "budget"


@dataclass(frozen=True)
class Places:
    """Arrays of n rows, one for each product in each warehouse that may sell it.

    `n_free` is on hand and promised to nobody; forecasts are of shape (n, horizon); the lead time's
    mean and spread are in days; `service_level` is the share of units wanted that shall be there, of all rows with that level.
    """

    product: Ints
    warehouse: Ints
    n_free: Floats
    n_on_order: Floats
    mean_units: Floats
    spread_units: Floats
    lead_days: Floats
    lead_spread_days: Floats
    service_level: Floats
    margin_cents: Floats
    terms: Terms


@dataclass(frozen=True)
class PlanRules:
    """What the shop decides.

    Parameters
    ----------
    review_days
        Between two runs of the plan.
    error_correlation
        See `demand_over`.
    cover_days
        A warehouse gives units away only above its reorder point and this many days of demand.
    budget_cents
        For all orders of a run; infinite for no bound.
    """

    review_days: float = 1.0
    error_correlation: float = 0.0
    cover_days: float = 14.0
    budget_cents: float = np.inf
    costs: OrderCosts = field(default_factory=OrderCosts)


@dataclass(frozen=True)
class Needs:
    """What each place needs: the demand until an order of the next run comes, and levels in units.

    `is_unworthy` where something is foreseen to be wanted, too little to be bought for it.
    """

    demand: Demand
    p90_units: Floats
    reorder_point: Floats
    order_up_to: Floats
    units_per_day: Floats
    is_unworthy: NDArray[np.bool_]


@dataclass(frozen=True)
class Plan:
    """Units to order (arrays of shape (n,)), what they were before each bound, and what to move.

    `wanted` is what lacks to the level after all transfers, `rounded` the same in packs, `capped` which
    bound made `units` fewer than that: "", "shelf_life" or "budget".
    """

    needs: Needs
    moved_in: Floats
    moved_out: Floats
    wanted: Floats
    rounded: Floats
    units: Floats
    capped: list[str]
    transfers: list[Transfer]


def needs(places: Places, rules: PlanRules) -> Needs:
    """Return reorder points and levels.

    At the reorder point, no more is missed than the service level allows until an order of the next
    run has come; the level is higher by the demand of the days for which it pays to order.
    """
    demand = demand_over(
        places.mean_units,
        places.spread_units,
        places.lead_days + rules.review_days,
        places.lead_spread_days,
        rules.error_correlation,
    )
    rate = extended(places.mean_units, max(WEEK, places.mean_units.shape[1])).mean(axis=1)
    days = economic_days(rate, places.terms.unit_cost_cents, rules.costs)
    lot = in_packs(np.maximum(rate * days, 1.0), places.terms)
    lot_days = lot / np.maximum(rate, 1e-9)
    point = filling_points(
        demand, lot, lot_days, places.terms.unit_cost_cents, places.service_level
    )
    worthy = is_worth_stocking(
        _saleable(places, rate, rules), places.margin_cents, places.terms, rules.costs
    )
    # Of what nobody is foreseen to want, or too few, nothing is ordered, however little is there.
    wanted = (rate > 0) & worthy
    return Needs(
        demand,
        demand.quantile(np.full(len(rate), 0.9)),
        np.where(wanted, point, -1.0),
        np.where(wanted, point + lot, 0.0),
        rate,
        (rate > 0) & ~worthy,
    )


def _saleable(places: Places, rate: Floats, rules: PlanRules) -> Demand:
    """Return the demand of the days after which what is left is worth nothing."""
    days, together = rules.costs.saleable_days, rules.error_correlation
    of_a_day = np.maximum(places.spread_units**2, places.mean_units).mean(axis=1)
    return Demand(rate * days, of_a_day * days * (1 - together + together * days))


def plan(places: Places, rules: PlanRules) -> Plan:
    """Move what lies idle, then order what still lacks, in packs, within shelf life and budget."""
    need, terms = needs(places, rules), places.terms
    position = places.n_free + places.n_on_order
    found = _moves(places, need, rules)
    into, out = _moved(places, found)
    position = position + into - out
    wanted = wanted_units(position, need.reorder_point, need.order_up_to)
    rounded = in_packs(wanted, terms)
    fresh = within_shelf_life(rounded, position, _sold_fresh(places), terms)
    units = within_budget(
        fresh, position, need.demand, places.margin_cents, terms, rules.budget_cents
    )
    capped = np.where(units < fresh, BY_BUDGET, np.where(fresh < rounded, BY_SHELF_LIFE, UNCAPPED))
    return Plan(need, into, out, wanted, rounded, units, [str(each) for each in capped], found)


def _moves(places: Places, need: Needs, rules: PlanRules) -> list[Transfer]:
    """Return transfers; `Transfer.product` is the product, not the row."""
    shape = (int(places.product.max(initial=-1)) + 1, int(places.warehouse.max(initial=-1)) + 1)

    def by_warehouse(values: Floats) -> Floats:
        table = np.zeros(shape)
        table[places.product, places.warehouse] = values
        return table

    kept = np.maximum(need.reorder_point, 0) + np.ceil(need.units_per_day * rules.cover_days)
    position = places.n_free + places.n_on_order
    wanted = wanted_units(position, need.reorder_point, need.order_up_to)
    return transfers(by_warehouse(places.n_free), by_warehouse(kept), by_warehouse(wanted))


def _moved(places: Places, found: list[Transfer]) -> tuple[Floats, Floats]:
    """Return the units that come into and leave each row."""
    row_of = {
        pair: row
        for row, pair in enumerate(
            zip(places.product.tolist(), places.warehouse.tolist(), strict=True)
        )
    }
    into, out = np.zeros(len(row_of)), np.zeros(len(row_of))
    for each in found:
        into[row_of[each.product, each.to_warehouse]] += each.n_units
        out[row_of[each.product, each.from_warehouse]] += each.n_units
    return into, out


def _sold_fresh(places: Places) -> Floats:
    """Return the units that will sell before what comes now spoils; infinite for what keeps."""
    life = places.terms.shelf_life_days
    spoils = life <= LONGEST_SHELF_LIFE_DAYS
    days = np.where(spoils, places.lead_days + np.where(spoils, life, 0), 1.0)
    sold = demand_over(places.mean_units, places.spread_units, days, np.zeros(len(days)), 0).mean
    return np.where(spoils, np.floor(sold), np.inf)
