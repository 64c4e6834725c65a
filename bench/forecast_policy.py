"""Orders by forecast beside a min/max rule and beside an oracle, where true demand is known.

python -m bench.forecast_policy [--quick] [--products 400] [--seed 7]

A shop of the simulator's demand (`bench.policy_world`) runs 120 days under a min/max rule; then each
policy goes on from there, four weeks that are not counted and twelve that are. Sales that cannot be
made are lost. Nobody but the oracle sees what was wanted and not there.

min/max: ordered at min = mean units of 14 days x (the supplier's stated lead time + safety days) +
safety units, up to min + 14 days' mean units. Its two constants are those with the lowest holding
cost of all that reach 98 % fill on the history.

min/max in hindsight: the same with the constants of lowest holding cost on the counted days themselves,
of all that fill there at least as well as ours: what nobody could have chosen, and what ours is held against.

ours: `models.planning`, with forecasts of the model that the shop publishes, fitted weekly, lead times
learned from receipts, and the default service levels by class and costs.

oracle: knows the demand and when each order will come, and orders what is needed next on the last
evening on which that is in time, for as many days as pay.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from bench.policy_replay import Course, Outcome, Policy, Seen, outcome, replay
from bench.policy_world import World, simulated
from bench.table import Figure, parser, report
from jobs.forecast_demand import HORIZON, forecasters
from models.forecasting.contract import Forecast, Forecaster
from models.forecasting.panel import DAILY, panel_of
from models.planning.classes import ClassRules, classes, service_levels
from models.planning.lead_times import Floats, LeadTime, learned
from models.planning.plan import Places, PlanRules, plan
from models.planning.reorder import OrderCosts, economic_days, in_packs, wanted_units
from models.planning.safety_stock import spread_of

HISTORY_DAYS, RUN_IN_DAYS, COUNTED_DAYS = 120, 28, 84
TUNED_FROM_DAY = 28
FILL_SOUGHT = 0.98
MEAN_DAYS, CYCLE_DAYS, WEEK = 14, 14, 7
MONDAY = dt.date(2024, 1, 1)
SAFETY_DAYS, SAFETY_UNITS = (0, 1, 2, 3, 4, 6, 8, 10, 14), (0, 1, 2, 3, 4, 6)


def main() -> None:
    """Replay, compare, print."""
    options = parser(__doc__)
    options.add_argument("--products", type=int, default=400)
    options.add_argument("--seed", type=int, default=7)
    arguments = options.parse_args()
    n_products = 150 if arguments.quick else arguments.products
    report(list(figures(n_products, arguments.seed)), arguments.json)


def figures(n_products: int, seed: int) -> Iterator[Figure]:
    """Replay all three policies and yield what each gave and cost, beside min/max."""
    n_days = HISTORY_DAYS + RUN_IN_DAYS + COUNTED_DAYS
    world = simulated(n_products, 100 * n_products, n_days, seed)
    costs = OrderCosts()
    min_max, past = tuned(world, costs)
    yield Figure("products", float(len(world.demand)), "products")
    yield Figure("min/max: safety", float(min_max.safety_days), "days")
    yield Figure("min/max: safety", float(min_max.safety_units), "units")
    policies: dict[str, Policy] = {
        "min/max": min_max,
        "ours": Planned(world, PlanRules(costs=costs)),
        "oracle": Oracle(world, costs),
    }
    found = {name: gone_on(world, policy, past, costs) for name, policy in policies.items()}
    found["min/max in hindsight"] = in_hindsight(world, past, costs, found["ours"].fill_ratio)
    for name, each in found.items():
        yield from _rows(name, each, found["min/max in hindsight"], costs.line_cents)


def _rows(name: str, found: Outcome, reference: Outcome, line_cents: float) -> Iterator[Figure]:
    values, beside = _values(found, line_cents), _values(reference, line_cents)
    for (what, unit), value in values.items():
        other = None if found is reference else beside[what, unit]
        yield Figure(f"{name}: {what}", value, unit, other)


def _values(found: Outcome, line_cents: float) -> dict[tuple[str, str], float]:
    return {
        ("fill rate", "%"): 100 * found.fill_ratio,
        ("holding cost", "EUR"): found.holding_cents / 100,
        ("product-days with units lacking", "days"): float(found.n_short_days),
        ("orders", "lines"): float(found.n_orders),
        ("holding and ordering cost", "EUR"): (found.holding_cents + line_cents * found.n_orders)
        / 100,
    }


def gone_on(world: World, policy: Policy, past: Course, costs: OrderCosts) -> Outcome:
    """Return what a policy makes of the days after the history."""
    course, n_days = past.copy(), world.demand.shape[1]
    replay(world, policy, course, range(HISTORY_DAYS, n_days))
    counted = range(HISTORY_DAYS + RUN_IN_DAYS, n_days)
    return outcome(world, course, counted, costs.holding_ratio)


@dataclass(frozen=True)
class MinMax:
    """The rule that shops use who have no forecast."""

    world: World
    safety_days: int
    safety_units: int

    def order(self, seen: Seen) -> Floats:
        """Order up to max what has fallen to min."""
        mean = seen.units[:, -MEAN_DAYS:].mean(axis=1)
        least = mean * (self.world.stated_days + self.safety_days) + self.safety_units
        position = seen.on_hand + seen.on_order
        most = np.ceil(least + CYCLE_DAYS * mean)
        return in_packs(wanted_units(position, np.floor(least), most), self.world.terms)


def tuned(world: World, costs: OrderCosts) -> tuple[MinMax, Course]:
    """Return the cheapest min/max that fills as is sought, and the history it made."""
    opening = in_packs(np.ceil(30 * world.demand[:, :WEEK].mean(axis=1)) + 1, world.terms)
    counted = range(TUNED_FROM_DAY, HISTORY_DAYS)
    tried: list[tuple[Outcome, MinMax, Course]] = []
    for days, units in product(SAFETY_DAYS, SAFETY_UNITS):
        rule, course = MinMax(world, days, units), Course.opened(world, opening)
        replay(world, rule, course, range(HISTORY_DAYS))
        tried.append((outcome(world, course, counted, costs.holding_ratio), rule, course))
    _, best, history = min(tried, key=lambda each: _rank(each[0], FILL_SOUGHT))
    return best, history


def in_hindsight(world: World, past: Course, costs: OrderCosts, fill_ratio: float) -> Outcome:
    """Return what the cheapest min/max gave that filled as well on the counted days."""
    rules = (MinMax(world, *constants) for constants in product(SAFETY_DAYS, SAFETY_UNITS))
    found = (gone_on(world, rule, past, costs) for rule in rules)
    return min(found, key=lambda each: _rank(each, fill_ratio))


def _rank(found: Outcome, fill_ratio: float) -> tuple[bool, float]:
    """Return what is least for the cheapest that fills, or else for the one that fills best."""
    missed = found.fill_ratio < fill_ratio
    return missed, -found.fill_ratio if missed else found.holding_cents


@dataclass
class Planned:
    """Emporium's: forecasts, learned lead times, classes, the plan; fitted again every so many days."""

    world: World
    rules: PlanRules
    class_rules: ClassRules = field(default_factory=ClassRules)
    forecaster: Forecaster = field(default_factory=lambda: forecasters()["chosen"])
    fitted_every_days: int = WEEK
    fitted_on_: int | None = field(default=None, init=False)

    def order(self, seen: Seen) -> Floats:
        """Plan by what is known this evening."""
        world = self.world
        panel = panel_of(seen.units, MONDAY + dt.timedelta(days=world.first_weekday), DAILY)
        if self.fitted_on_ is None or seen.day - self.fitted_on_ >= self.fitted_every_days:
            self.forecaster.fit(panel, HORIZON)
            self.fitted_on_ = seen.day
        forecast = self.forecaster.predict(panel, HORIZON)
        lead = learned(seen.receipts, int(world.supplier.max()) + 1, LeadTime())
        rows = Places(
            product=np.arange(len(world.demand)),
            warehouse=np.zeros(len(world.demand), np.int64),
            n_free=seen.on_hand,
            n_on_order=seen.on_order,
            mean_units=np.asarray(forecast.mean, np.float64),
            spread_units=_spread(forecast),
            lead_days=lead.mean_days[world.supplier],
            lead_spread_days=lead.spread_days[world.supplier],
            service_level=self._levels(seen),
            margin_cents=world.margin_cents,
            terms=world.terms,
        )
        return plan(rows, self.rules).units

    def _levels(self, seen: Seen) -> Floats:
        weeks = seen.units[:, -12 * WEEK :].reshape(len(seen.units), 12, WEEK).sum(axis=2)
        price = self.world.margin_cents + self.world.terms.unit_cost_cents
        found = classes(weeks.sum(axis=1) * price, weeks, self.class_rules)
        return service_levels(found, self.class_rules)


def _spread(forecast: Forecast) -> Floats:
    quantiles = np.asarray(forecast.quantiles, np.float64)
    return spread_of(forecast.levels, np.moveaxis(quantiles, 0, -1))


@dataclass
class Oracle:
    """Knows the demand of every day and how long every order takes."""

    world: World
    costs: OrderCosts

    def order(self, seen: Seen) -> Floats:
        """Order what tomorrow would be too late for, for the days that pay from then on."""
        world, day = self.world, seen.day
        ahead = np.cumsum(world.demand[:, day + 1 :], axis=1)
        position = seen.on_hand + seen.on_order
        n_last = ahead.shape[1]
        if n_last == 0:
            return np.zeros(len(position))
        lasts = (ahead <= position[:, None]).sum(axis=1)  # days that the position covers
        tomorrow = min(day + 1, world.demand.shape[1] - 1)
        due = (lasts < 1 + world.lead_days[:, tomorrow] + 1) & (lasts < n_last)
        days = economic_days(world.demand.mean(axis=1), world.terms.unit_cost_cents, self.costs)
        until = np.minimum(lasts + np.ceil(days).astype(np.int64), n_last) - 1
        level = ahead[np.arange(len(position)), np.maximum(until, 0)]
        return in_packs(np.where(due, np.maximum(level - position, 0), 0.0), world.terms)


if __name__ == "__main__":
    main()
