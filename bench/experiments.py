"""Whether experiments say what is so: many of them over shoppers whose truth is known.

python -m bench.experiments [--quick] [--units 200000] [--seed 7]

Each figure stands beside what is done naively (the reference): every click as if it were a shopper of its
own, a t-test looked at every day, plain means. `A/A` are experiments without an effect. Shoppers come
over ten days and come back, so that what a unit did grows from look to look.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from time import process_time
from timeit import repeat

import numpy as np
from scipy.stats import kstest

from bench.experiments_world import ACTIVITY_SHAPE, Looked, Shoppers, clicks
from bench.table import Figure, parser, report
from features.schemas.experiments import Arm, Design, Experiment, Guardrail
from models.evaluation.experiments.analysis import analysed
from models.evaluation.experiments.cuped import Observed, adjusted, variance_left
from models.evaluation.experiments.interleaving import preference
from models.evaluation.experiments.mismatch import ALARM_BELOW, mismatch_p_value
from models.evaluation.experiments.off_policy import self_normalised, weighted
from models.evaluation.experiments.power import POWER, units_needed
from models.evaluation.experiments.ratios import Estimate, Values, difference, mean, ratio
from models.evaluation.experiments.sequential import ALPHA, Sequential
from serving.experiments.assignment import Identity, arm_of
from serving.experiments.book import ExperimentBook, by_surface

N_DAYS = 10
EFFECT, HARM, LOST_RATIO = 0.05, -0.1, 0.02
HALVES = [Arm(name=name, share_basis_points=5000) for name in ("control", "other")]
NOW = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Size:
    """How much is simulated."""

    n_units: int
    n_plain: int
    n_looked: int
    n_found: int
    n_hashed: int


def main() -> None:
    """Simulate, analyse, print."""
    options = parser(__doc__)
    options.add_argument("--units", type=int, default=200_000)
    options.add_argument("--seed", type=int, default=7)
    arguments = options.parse_args()
    whole = Size(arguments.units, 250, 100, 20, 10)
    size = Size(20_000, 60, 30, 10, 3) if arguments.quick else whole
    report(list(figures(size, arguments.seed)), arguments.json)


def figures(size: Size, seed: int) -> Iterator[Figure]:
    """Yield all figures."""
    draws = np.random.default_rng(seed)
    yield Figure("units in an experiment", float(size.n_units), "units")
    yield from one_look(draws, size)
    yield from shares(draws, size)
    yield from many_looks(draws, size)
    yield from planted(draws, size)
    yield from covariate(draws, size)
    yield from interleaved(draws)
    yield from off_policy(draws)
    yield from hot_path()


def one_look(draws: np.random.Generator, size: Size) -> Iterator[Figure]:
    """Yield what p-values of the click rate are like where nothing is, looked at once."""
    ours, naive = [], []
    for _ in range(size.n_plain):
        clicked, shown = clicks(draws, size.n_units)
        treated = draws.random(size.n_units) < 0.5
        control, other = ((clicked[own], shown[own]) for own in (~treated, treated))
        ours.append(difference(ratio(*other), ratio(*control)).p_value())
        naive.append(difference(as_events(*other), as_events(*control)).p_value())
    yield Figure("A/A: experiments", float(size.n_plain), "")
    rejected = [100 * float(np.mean(np.array(each) < ALPHA)) for each in (ours, naive)]
    yield Figure("A/A: click rates told apart at 5 %, by clicks", rejected[0], "%", rejected[1])
    uniform = [float(kstest(each, "uniform").pvalue) for each in (ours, naive)]
    yield Figure("A/A: KS test of the p-values being uniform", uniform[0], "p", uniform[1])


def as_events(clicked: Values, shown: Values) -> Estimate:
    """Return a click rate as if each impression were a draw of its own."""
    rate = float(clicked.sum() / shown.sum())
    return Estimate(rate, float(np.sqrt(rate * (1 - rate) / shown.sum())), len(clicked))


def shares(draws: np.random.Generator, size: Size) -> Iterator[Figure]:
    """Yield how often the check of units by arm raises an alarm, with and without a reason."""
    halves = draws.binomial(size.n_units, 0.5, 20_000)
    p_values = np.array([mismatch_p_value([n, size.n_units - n], [1, 1]) for n in halves.tolist()])
    for level in (0.05, ALARM_BELOW):
        found = 100 * float(np.mean(p_values < level))
        yield Figure(f"shares: alarms at {level:g}, drawn", found, "%", 100 * level)
    hashed = [mismatch_p_value(hashed_units(n, size.n_units), [1, 1]) for n in range(size.n_hashed)]
    yield Figure("shares: least p of experiments shared out by hash", min(hashed), "p")
    lost = draws.binomial(halves, 1 - LOST_RATIO)
    alarms = [
        mismatch_p_value([n, size.n_units - whole], [1, 1]) < ALARM_BELOW
        for n, whole in zip(lost[:2000].tolist(), halves[:2000].tolist(), strict=True)
    ]
    yield Figure("shares: an arm that loses 2 % found", 100 * float(np.mean(alarms)), "%")


def hashed_units(number: int, n_units: int) -> list[int]:
    """Return the units of each arm of an experiment, by serving's own hash."""
    one = experiment(f"bench{number}")
    arms = [arm_of(one, f"c{unit}") for unit in range(n_units)]
    n_control = sum(arm is not None and arm.name == "control" for arm in arms)
    return [n_control, n_units - n_control]


def many_looks(draws: np.random.Generator, size: Size) -> Iterator[Figure]:
    """Yield how often nothing is taken for something by who looks every day."""
    rule = Sequential(n_planned=size.n_units)
    stopped = peeked = 0
    for _ in range(size.n_looked):
        shoppers = Shoppers.drawn(draws, size.n_units, N_DAYS)
        looks = [revenue_difference(shoppers, day) for day in range(N_DAYS)]
        stopped += any(rule.p_value(look) < ALPHA for look in looks)
        peeked += any(look.p_value() < ALPHA for look in looks)
    ours, naive = (100 * n / size.n_looked for n in (stopped, peeked))
    yield Figure("A/A: stopped within ten daily looks, by t-test", ours, "%", naive)


def revenue_difference(shoppers: Shoppers, day: int) -> Estimate:
    """Return what the treated spent more than control by the end of a day, per unit."""
    control, treated = shoppers.by(day)
    return difference(mean(treated.cents), mean(control.cents))


def planted(draws: np.random.Generator, size: Size) -> Iterator[Figure]:
    """Yield how often +5 % and a harm are found, and when."""
    known, _ = Shoppers.drawn(draws, size.n_units, N_DAYS).by(N_DAYS - 1)
    n_needed = units_needed(mean(known.cents), EFFECT, power=POWER)
    yield Figure("+5 % orders: units for a power of 80 %, stated", float(n_needed), "units")
    n_found = sum(
        revenue_difference(shoppers, N_DAYS - 1).p_value() < ALPHA
        for shoppers in (
            Shoppers.drawn(draws, n_needed, N_DAYS, EFFECT) for _ in range(size.n_looked)
        )
    )
    yield Figure(
        "+5 % orders: found by so many, by power", 100 * n_found / size.n_looked, "%", 80.0
    )
    rule = Sequential(n_planned=size.n_units)
    n_early = sum(
        any(rule.p_value(revenue_difference(each, day)) < ALPHA for day in range(N_DAYS))
        for each in (
            Shoppers.drawn(draws, size.n_units, N_DAYS, EFFECT) for _ in range(size.n_found)
        )
    )
    yield Figure(
        "+5 % orders: found by all units and daily looks", 100 * n_early / size.n_found, "%"
    )
    yield from harmed(draws, size)


def harmed(draws: np.random.Generator, size: Size) -> Iterator[Figure]:
    """Yield how often an arm that orders 10 % less is stopped by its guardrail, and when."""
    days: dict[bool, list[float]] = {True: [], False: []}
    for _ in range(size.n_found):
        worse = Shoppers.drawn(draws, size.n_units, N_DAYS, HARM)
        for guarded, stops in days.items():
            day = first_day(worse, guarded=guarded)
            if day is not None:
                stops.append(day)
    stopped, peeked = (100 * len(days[guarded]) / size.n_found for guarded in (True, False))
    yield Figure("-10 % orders: arm stopped, by t-test", stopped, "%", peeked)
    if days[True] and days[False]:
        when = [float(np.mean(days[guarded])) for guarded in (True, False)]
        yield Figure("-10 % orders: day of the stop, by t-test", when[0], "day", when[1])


def first_day(shoppers: Shoppers, *, guarded: bool) -> float | None:
    """Return the day, from 1, whose evening stops the arm: by its guardrail, or by a t-test."""
    for day in range(N_DAYS):
        looked = shoppers.by(day)
        if breaks(*looked) if guarded else looks_worse(*looked):
            return float(day + 1)
    return None


def breaks(control: Looked, treated: Looked) -> bool:
    """Return whether the analysis says that the guardrail broke."""
    arms = {"control": control.units(), "other": treated.units()}
    design = Design(
        surfaces=["for_you"],
        arms=HALVES,
        guardrails=[Guardrail(metric="orders_per_unit", direction="fall")],
        n_planned=200_000,
    )
    return "other" in analysed(design, arms).breaches()


def looks_worse(control: Looked, treated: Looked) -> bool:
    """Return whether a t-test says that the treated order less."""
    found = difference(mean(treated.orders), mean(control.orders))
    return found.value < 0 and found.p_value() < ALPHA


def covariate(draws: np.random.Generator, size: Size) -> Iterator[Figure]:
    """Yield how much of the variance what was spent before leaves, beside what theory says."""
    control, treated = Shoppers.drawn(draws, size.n_units, N_DAYS).by(N_DAYS - 1)
    arms = [
        Observed(each.cents, np.ones(len(each.cents)), each.before_cents)
        for each in (treated, control)
    ]
    plain = difference(mean(treated.cents), mean(control.cents))
    of_treated, of_control = adjusted(arms)
    left = variance_left(plain, difference(of_treated, of_control))
    both = np.concatenate([treated.cents, control.cents])
    before = np.concatenate([treated.before_cents, control.before_cents])
    theory = 1 - float(np.corrcoef(both, before)[0, 1]) ** 2
    yield Figure("CUPED: variance left, by 1 - correlation^2", 100 * left, "%", 100 * theory)


def interleaved(
    draws: np.random.Generator, n_units: int = 1_000, n_tries: int = 300
) -> Iterator[Figure]:
    """Yield how often a list whose products are chosen 10 % more often is found, by lists as one or two."""
    as_one = as_two = 0
    for _ in range(n_tries):
        taste = draws.gamma(ACTIVITY_SHAPE, 1 / ACTIVITY_SHAPE, n_units)
        first, second = (draws.poisson(2 * taste * factor) for factor in (1.0, 1.1))
        found = preference(first.astype(np.float64), second.astype(np.float64))
        as_one += Estimate(found.value - 0.5, found.standard_error, found.n_units).p_value() < ALPHA
        halves = np.arange(n_units) % 2 == 0
        alone = [draws.poisson(4 * taste[own] * f) for own, f in ((halves, 1.0), (~halves, 1.1))]
        apart = [mean(each.astype(np.float64)) for each in alone]
        as_two += difference(apart[1], apart[0]).p_value() < ALPHA
    ours, reference = (100 * n / n_tries for n in (as_one, as_two))
    yield Figure("interleaved, 1,000 units: +10 % found, by A/B", ours, "%", reference)


def off_policy(
    draws: np.random.Generator, n_units: int = 5_000, n_tries: int = 300
) -> Iterator[Figure]:
    """Yield how often 95 % intervals hold what a policy that was not logged would earn."""
    inside = {"weighted": 0, "self-normalised": 0, "plain mean": 0}
    for _ in range(n_tries):
        context = draws.random(n_units) < 0.5
        chance = np.where(context, 0.8, 0.3)
        action = draws.random(n_units) < chance
        earned = draws.poisson(np.where(action, 2.0, 1.0) + context).astype(np.float64)
        logged, wanted = np.where(action, chance, 1 - chance), action.astype(np.float64)
        for name, found in (
            ("weighted", weighted(earned, logged, wanted)),
            ("self-normalised", self_normalised(earned, logged, wanted)),
            ("plain mean", mean(earned[action])),
        ):
            low, high = found.interval()
            inside[name] += low <= 2.5 <= high
    naive = 100 * inside.pop("plain mean") / n_tries
    for name, n in inside.items():
        yield Figure(f"off-policy, {name}: intervals that hold", 100 * n / n_tries, "%", naive)


def hot_path(n_requests: int = 20_000) -> Iterator[Figure]:
    """Yield what experiments cost a request before it is answered."""
    who = Identity(12345)
    for n in (0, 1, 4):
        own = [experiment(f"e{number}", layer=f"l{number}") for number in range(n)]
        book = ExperimentBook(None, lambda: NOW, by_surface(own))  # type: ignore[arg-type]
        ask = partial(book.trial, "for_you", "home", who)
        seconds = min(repeat(ask, timer=process_time, repeat=5, number=n_requests))
        yield Figure(f"assignment, {n} experiments", 1e6 * seconds / n_requests, "µs")


def experiment(name: str, layer: str = "main") -> Experiment:
    """Return one that halves everybody."""
    return Experiment(
        name=name, experiment_version=1, layer=layer, surfaces=["for_you"], arms=HALVES
    )


if __name__ == "__main__":
    main()
