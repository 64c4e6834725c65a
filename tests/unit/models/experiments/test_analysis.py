"""What an experiment says so far (models.evaluation.experiments.analysis)."""

import math

import numpy as np
import pytest

from features.schemas.experiments import Arm, Design, Guardrail, Treatment
from models.evaluation.experiments.analysis import PREFERENCE, ArmUnits, analysed

HALVES = [Arm(name=name, share_basis_points=5000) for name in ("control", "other")]
NONE = np.zeros(0)


def design(*guardrails, metrics=("conversion_ratio",), arms=HALVES):
    return Design(
        surfaces=["for_you"],
        arms=arms,
        metrics=list(metrics),
        guardrails=list(guardrails),
        n_planned=2000,
    )


def units(n_units, n_orders=0, revenue_cents=0, latencies=None, **more):
    """So many units, of which the first `n_orders` ordered once for `revenue_cents` each."""
    ordered = (np.arange(n_units) < n_orders).astype(float)
    zero = np.zeros(n_units)
    counts = {
        "n_exposures": np.ones(n_units),
        "latency_ms": latencies if latencies is not None else zero,
        "n_impressions": zero,
        "n_clicks": zero,
        "n_orders": ordered,
        "has_ordered": ordered,
        "revenue_cents": revenue_cents * ordered,
        "returned_cents": zero,
    }
    given = {"before": {}, "first_credits": zero, "second_credits": zero, **more}
    return ArmUnits(
        counts, latencies=counts["latency_ms"], latency_units=np.arange(n_units), **given
    )


def of(analysis, arm, metric):
    [found] = [each for each in analysis.findings if (each.arm, each.metric) == (arm, metric)]
    return found


def test_an_arms_metric_stands_beside_controls():
    arms = {"control": units(1000, 100), "other": units(1000, 110)}

    found = of(analysed(design(), arms), "other", "conversion_ratio")

    assert found.value.value == pytest.approx(0.11)
    assert found.lift.value == pytest.approx(0.1)
    assert found.difference.standard_error == pytest.approx(
        math.sqrt((0.09 + 0.11 * 0.89) / 999), rel=1e-3
    )
    assert found.verdict == "undecided"
    assert of(analysed(design(), arms), "control", "conversion_ratio").verdict == "control"


@pytest.mark.parametrize(
    ("n_orders", "metric", "verdict"),
    [(200, "conversion_ratio", "better"), (30, "conversion_ratio", "worse")],
)
def test_what_is_sure_at_all_looks_is_decided(n_orders, metric, verdict):
    arms = {"control": units(1000, 100), "other": units(1000, n_orders)}

    assert of(analysed(design(), arms), "other", metric).verdict == verdict


def test_less_time_is_better():
    draws = np.random.default_rng(1)
    arms = {
        name: units(1000, latencies=draws.normal(mean, 2, 1000))
        for name, mean in (("control", 20), ("other", 15))
    }
    analysis = analysed(design(metrics=["latency_mean_ms", "latency_p95_ms"]), arms)

    assert of(analysis, "other", "latency_mean_ms").verdict == "better"
    assert of(analysis, "other", "latency_p95_ms").verdict == "better"
    assert of(analysis, "other", "latency_p95_ms").value.value == pytest.approx(
        15 + 1.64 * 2, rel=0.02
    )


FALL = Guardrail(metric="conversion_ratio", direction="fall", worst_ratio=0.1)
SLOW = Guardrail(metric="latency_mean_ms", direction="rise", worst_ratio=0.2)


@pytest.mark.parametrize(
    ("n_orders", "breaches"),
    [(100, {}), (75, {}), (20, {"other": ["conversion_ratio"]}), (300, {})],
)
def test_a_guardrail_breaks_once_the_metric_is_surely_worse_than_is_allowed(n_orders, breaches):
    arms = {"control": units(1000, 100), "other": units(1000, n_orders)}

    assert analysed(design(FALL), arms).breaches() == breaches


def test_a_guardrail_is_held_whether_or_not_its_metric_is_shown():
    draws = np.random.default_rng(2)
    arms = {
        name: units(1000, 100, latencies=draws.normal(mean, 2, 1000))
        for name, mean in (("control", 20), ("other", 30))
    }

    assert analysed(design(FALL, SLOW), arms).breaches() == {"other": ["latency_mean_ms"]}


def test_units_that_are_missing_make_all_verdicts_untrustworthy_but_a_breach():
    arms = {"control": units(1000, 100), "other": units(800, 200)}

    analysis = analysed(design(FALL), arms)
    harmed = analysed(design(FALL), arms | {"other": units(800, 5)})

    assert analysis.is_broken
    assert of(analysis, "other", "conversion_ratio").verdict == "broken"
    assert harmed.breaches() == {"other": ["conversion_ratio"]}


def test_a_stopped_arm_is_left_out_where_units_by_arm_are_judged():
    shares = (("control", 4000), ("a", 3000), ("b", 3000))
    three = design(arms=[Arm(name=name, share_basis_points=share) for name, share in shares])
    arms = {"control": units(4000), "a": units(3000), "b": units(300)}

    assert analysed(three, arms).is_broken
    assert not analysed(three, arms, stopped=["b"]).is_broken


def test_an_interleaved_arm_tells_which_list_its_units_prefer():
    beside = Arm(name="other", share_basis_points=5000, beside=Treatment(model="challenger"))
    clicks = {"first_credits": np.zeros(600), "second_credits": np.ones(600)}
    clicks["first_credits"][:200] = 2
    arms = {"control": units(600), "other": units(600, **clicks)}

    found = of(analysed(design(arms=[HALVES[0], beside]), arms), "other", PREFERENCE)

    assert found.value.value == pytest.approx(2 / 3)
    assert found.verdict == "better"


def test_nobody_yet_decides_nothing():
    analysis = analysed(design(FALL), {"control": units(0), "other": units(0)})

    assert {each.verdict for each in analysis.findings} == {"control", "undecided"}
    assert not analysis.is_broken
