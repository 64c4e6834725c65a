"""What an experiment says so far: each metric of each arm beside the control's, and what follows."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.schemas.experiments import LOWER_IS_BETTER, Design, Guardrail, Metric
from models.evaluation.experiments.cuped import Observed, adjusted, variance_left
from models.evaluation.experiments.interleaving import preference
from models.evaluation.experiments.mismatch import ALARM_BELOW, mismatch_p_value
from models.evaluation.experiments.quantiles import quantile
from models.evaluation.experiments.ratios import NAN, Estimate, Values, difference, ratio, relative
from models.evaluation.experiments.sequential import ALPHA, Sequential

Verdict = Literal["control", "better", "worse", "undecided", "breach", "broken"]
PREFERENCE = "preference"
LATENCY_P95 = 0.95

ONE = "one"
"""A denominator of 1 for each unit."""


@dataclass(frozen=True)
class Parts:
    """Which counts of units a metric is the ratio of, and which of before tells most of it."""

    numerator: str
    denominator: str
    before: str


PARTS: Mapping[str, Parts] = {
    "ctr": Parts("n_clicks", "n_impressions", "n_clicks"),
    "conversion_ratio": Parts("has_ordered", ONE, "has_ordered"),
    "orders_per_unit": Parts("n_orders", ONE, "n_orders"),
    "revenue_per_unit_cents": Parts("revenue_cents", ONE, "revenue_cents"),
    "return_ratio": Parts("returned_cents", "revenue_cents", "returned_cents"),
    "latency_mean_ms": Parts("latency_ms", "n_exposures", "n_exposures"),
}


@dataclass(frozen=True)
class ArmUnits:
    """What an arm's units did since they were exposed, and before the experiment.

    Parameters
    ----------
    counts, before
        Name -> array of shape (n_units,): `n_exposures`, `n_impressions`, `n_clicks`, `n_orders`,
        `has_ordered`, `revenue_cents`, `returned_cents`, and `latency_ms` in all.
    latencies, latency_units : arrays of shape (n_exposures,)
        Of each answer, and the unit's place.
    first_credits, second_credits : arrays of shape (n_units,)
        Clicks on what counts for each way of an interleaved arm.
    model_version
        That the arm's last answer was given by; None without a model, or without answers.
    """

    counts: Mapping[str, Values]
    before: Mapping[str, Values]
    latencies: Values
    latency_units: np.ndarray
    first_credits: Values
    second_credits: Values
    model_version: str | None = None

    @property
    def n_units(self) -> int:
        """How many units were exposed."""
        return len(self.counts["n_exposures"])

    def observed(self, metric: Metric) -> Observed:
        """Return what a ratio is made of."""
        parts = PARTS[metric]
        ones = np.ones(self.n_units)
        known = {**self.counts, ONE: ones}
        before = self.before.get(parts.before, np.zeros(self.n_units))
        return Observed(known[parts.numerator], known[parts.denominator], before)


@dataclass(frozen=True)
class Finding:
    """A metric of an arm; `lift`, `difference` and `freed` are against control's, nan for control itself.

    `freed` is the difference by CUPED; `bounds` and `freed_bounds` hold at all looks together.
    """

    arm: str
    metric: str
    is_control: bool
    value: Estimate
    lift: Estimate
    difference: Estimate
    freed: Estimate
    variance_left: float
    bounds: tuple[float, float]
    freed_bounds: tuple[float, float]
    sequential_p_value: float
    verdict: Verdict


@dataclass(frozen=True)
class Analysis:
    """All findings of one version of an experiment, and whether units came to arms as they should."""

    findings: Sequence[Finding]
    mismatch_p_value: float

    @property
    def is_broken(self) -> bool:
        """Whether units by arm are not as they were shared out."""
        return self.mismatch_p_value < ALARM_BELOW

    def breaches(self) -> dict[str, list[str]]:
        """Return the metrics whose guardrail broke, by arm."""
        found: dict[str, list[str]] = {}
        for each in self.findings:
            if each.verdict == "breach":
                found.setdefault(each.arm, []).append(each.metric)
        return found


NOTHING = Estimate(NAN, NAN, 0)
NO_BOUNDS = (-math.inf, math.inf)


def analysed(
    design: Design,
    arms: Mapping[str, ArmUnits],
    stopped: Sequence[str] = (),
    alpha: float = ALPHA,
) -> Analysis:
    """Return what the arms' units say.

    Parameters
    ----------
    arms
        By name, one for each arm of the design.
    stopped
        Arms that get no units any more: they are left out where units by arm are judged.
    alpha
        Of each metric and, for guardrails, of all of them and all arms together.
    """
    told = [arm for arm in design.arms if arm.name not in stopped]
    p_value = mismatch_p_value(
        [arms[arm.name].n_units for arm in told], [arm.share_basis_points for arm in told]
    )
    metrics = list(dict.fromkeys([*design.metrics, *(each.metric for each in design.guardrails)]))
    findings = [
        finding
        for metric in metrics
        for finding in _of_metric(design, arms, metric, alpha, is_broken=p_value < ALARM_BELOW)
    ]
    interleaved = [arm.name for arm in design.arms if arm.beside]
    preferences = [_preference(name, arms[name], design, alpha) for name in interleaved]
    return Analysis([*findings, *preferences], p_value)


def _of_metric(
    design: Design, arms: Mapping[str, ArmUnits], metric: Metric, alpha: float, *, is_broken: bool
) -> Iterator[Finding]:
    names = [arm.name for arm in design.arms]
    values = [_value(arms[name], metric) for name in names]
    freed = _freed([arms[name] for name in names], metric, values)
    yield _control(names[0], metric, values[0])
    rule = Sequential(alpha, design.n_planned)
    guard = _guard(design, metric, alpha)
    for name, value, own in zip(names[1:], values[1:], freed[1:], strict=True):
        plain, less_noisy = difference(value, values[0]), difference(own, freed[0])
        bounds = rule.bounds(plain)
        yield Finding(
            arm=name,
            metric=metric,
            is_control=False,
            value=value,
            lift=relative(value, values[0]),
            difference=plain,
            freed=less_noisy,
            variance_left=variance_left(plain, less_noisy),
            bounds=bounds,
            freed_bounds=rule.bounds(less_noisy),
            sequential_p_value=rule.p_value(plain),
            verdict=_verdict(
                metric,
                rule.bounds(less_noisy),
                is_breach=guard is not None and guard.is_broken_by(value, values[0]),
                is_broken=is_broken,
            ),
        )


@dataclass(frozen=True)
class Guard:
    """A guardrail and the rule by which it is held."""

    guardrail: Guardrail
    rule: Sequential

    def is_broken_by(self, value: Estimate, control: Estimate) -> bool:
        """Return whether the metric is surely worse than is allowed, however often one looks."""
        if self.guardrail.direction == "fall":
            allowed = difference(value, control, -self.guardrail.worst_ratio)
            return self.rule.bounds(allowed)[1] < 0
        allowed = difference(value, control, self.guardrail.worst_ratio)
        return self.rule.bounds(allowed)[0] > 0


def _guard(design: Design, metric: Metric, alpha: float) -> Guard | None:
    """Return a metric's guardrail; all guardrails and arms share the chance of a false stop."""
    n_shared = len(design.guardrails) * (len(design.arms) - 1)
    for each in design.guardrails:
        if each.metric == metric:
            return Guard(each, Sequential(alpha / n_shared, design.n_planned))
    return None


def _value(arm: ArmUnits, metric: Metric) -> Estimate:
    if metric == "latency_p95_ms":
        return quantile(arm.latencies, arm.latency_units, LATENCY_P95)
    observed = arm.observed(metric)
    return ratio(observed.numerators, observed.denominators)


def _freed(
    arms: Sequence[ArmUnits], metric: Metric, values: Sequence[Estimate]
) -> Sequence[Estimate]:
    """Return the values by CUPED; a quantile stays as it is."""
    if metric not in PARTS:
        return values
    return adjusted([arm.observed(metric) for arm in arms])


def _control(name: str, metric: str, value: Estimate) -> Finding:
    return Finding(
        arm=name,
        metric=metric,
        is_control=True,
        value=value,
        lift=NOTHING,
        difference=NOTHING,
        freed=NOTHING,
        variance_left=NAN,
        bounds=NO_BOUNDS,
        freed_bounds=NO_BOUNDS,
        sequential_p_value=NAN,
        verdict="control",
    )


def _preference(name: str, arm: ArmUnits, design: Design, alpha: float) -> Finding:
    """Return whether an interleaved arm's units prefer its second way; `difference` is from one half."""
    rule = Sequential(alpha, design.n_planned)
    value = preference(arm.first_credits, arm.second_credits)
    away = Estimate(value.value - 0.5, value.standard_error, value.n_units)
    bounds = rule.bounds(away)
    return Finding(
        arm=name,
        metric=PREFERENCE,
        is_control=False,
        value=value,
        lift=NOTHING,
        difference=away,
        freed=away,
        variance_left=NAN,
        bounds=bounds,
        freed_bounds=bounds,
        sequential_p_value=rule.p_value(away),
        verdict=_verdict(PREFERENCE, bounds, is_breach=False, is_broken=False),
    )


def _verdict(
    metric: str, bounds: tuple[float, float], *, is_breach: bool, is_broken: bool
) -> Verdict:
    if is_breach:
        return "breach"
    if is_broken:
        return "broken"
    if bounds[0] <= 0 <= bounds[1] or math.isnan(bounds[0]):
        return "undecided"
    is_higher = bounds[0] > 0
    return "better" if is_higher != (metric in LOWER_IS_BETTER) else "worse"
