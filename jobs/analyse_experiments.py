"""Say what experiments came to: exposures, clickstream, order_lines -> experiment_results, pages, stops.

python -m jobs.analyse_experiments --date 2024-05-01

An arm whose guardrail is broken is stopped: with `SHOP_URL` and an operator's `SHOP_OPERATOR_EMAIL` and
`SHOP_OPERATOR_PASSWORD` the shop is told; without, the report says that it was not. If such an arm serves
the champion by name, the champion goes back to the version before, in the registry.
"""

import datetime as dt
import logging
import math
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from features.schemas.arrow import arrow_schema
from features.schemas.experiments import WHOLE, Arm
from features.schemas.lake import ExperimentResult
from jobs.experiment_log import KnownExperiment, known_experiments
from jobs.experiment_page import page
from jobs.experiment_units import units_of
from jobs.partitions import Partitions
from jobs.reports import write_report, write_whole
from jobs.runner import Dates, JobError, Settings, partitions, run
from jobs.shop_desk import ShopDesk, ShopDeskError, shop_desk
from models.evaluation.experiments.analysis import Analysis, ArmUnits, Finding, analysed
from models.evaluation.experiments.policies import PolicyValue, logged, policy_values

MODEL = "recommender"
log = logging.getLogger("analyse_experiments")


@dataclass(frozen=True)
class Analysed:
    """A version of an experiment, what its arms' units say, and how many units crossed."""

    known: KnownExperiment
    arms: Mapping[str, ArmUnits]
    analysis: Analysis
    n_crossed: int


def main(settings: Settings, dates: Dates) -> None:
    """Analyse the experiments of each day; stop what breaks its guardrails by the last of them."""
    lake = partitions(settings)
    found: list[Analysed] = []
    for day in dates.days():
        found = [analysed_by(lake, known, day) for known in known_experiments(lake, day)]
        rows = [row for each in found for row in results(each, day)]
        schema = arrow_schema(ExperimentResult)
        lake.write(ExperimentResult, pa.Table.from_pylist(rows, schema=schema), day)
    stops = stopped(settings, found)
    write_pages(settings, lake, found, stops, dates.last)
    figures = {_label(each): told(each) for each in found} | {"stopped": stops}
    write_report(settings.reports, "analyse_experiments", dates.last, figures)


def analysed_by(lake: Partitions, known: KnownExperiment, day: dt.date) -> Analysed:
    """Return what a version of an experiment came to by the end of a day."""
    arms, n_crossed = units_of(lake, known, day)
    experiment = known.experiment
    found = analysed(experiment, arms, list(experiment.stopped_arms))
    if found.is_broken:
        log.warning(
            "%s: units by arm are not as they were shared out (p = %.1e): do not trust it",
            experiment.name,
            found.mismatch_p_value,
        )
    return Analysed(known, arms, found, n_crossed)


def stopped(settings: Settings, found: list[Analysed]) -> list[dict[str, str]]:
    """Stop each arm that runs and whose guardrail broke; return what was done.

    Raises
    ------
    JobError
        If the shop can't be told; results are written by then.
    """
    breaches = [
        (each, arm, metrics)
        for each in found
        if each.known.is_running
        for arm, metrics in each.analysis.breaches().items()
        if arm not in each.known.experiment.stopped_arms
    ]
    if not breaches:
        return []
    try:
        with shop_desk(settings) as desk:
            return [_stop(settings, desk, *breach) for breach in breaches]
    except ShopDeskError as error:
        raise JobError(f"a guardrail broke and the shop was not told: {error}") from error


def _stop(
    settings: Settings, desk: ShopDesk | None, each: Analysed, arm: str, metrics: list[str]
) -> dict[str, str]:
    name = each.known.experiment.name
    reason = f"guardrail: {', '.join(sentence(each, arm, metric) for metric in metrics)}"[:500]
    log.warning("%s, arm %s: %s", name, arm, reason)
    path = f"/api/v1/experiments/{name}/arms/{arm}/stop"
    done = {"experiment": name, "arm": arm, "reason": reason}
    done["told"] = f"nobody: SHOP_URL is not set, stop it by POST {path}"
    if desk:
        desk.stop_arm(name, arm, reason)
        done["told"] = "the shop"
    [served] = [one for one in each.known.experiment.arms if one.name == arm]
    rolled_back = _roll_back(settings, served, each.arms[arm], f"experiment {name}, {reason}")
    return done | ({"champion": rolled_back} if rolled_back else {})


def _roll_back(settings: Settings, arm: Arm, units: ArmUnits, because: str) -> str | None:
    """Undo the champion that an arm served, unless another serves by now; return what was done."""
    if arm.model != "champion":
        return None
    # MLflow takes seconds to import, and hardly any run needs it.
    from models import registry  # noqa: PLC0415

    champion = registry.champion_version(settings.mlflow_tracking_uri, MODEL)
    if champion is None or champion != units.model_version:
        return f"kept: the arm served {units.model_version}, {champion} serves by now"
    try:
        before = registry.roll_back(settings.mlflow_tracking_uri, MODEL, because)
    except registry.NoPreviousVersionError as error:
        return f"kept: {error}"
    return f"rolled back from {champion} to {before}"


def sentence(each: Analysed, arm: str, metric: str) -> str:
    """Return how an arm's metric stands beside the control's, in words."""
    [found] = [one for one in each.analysis.findings if (one.arm, one.metric) == (arm, metric)]
    return f"{metric} {found.value.value:.4g}, {100 * found.lift.value:+.1f} % of control's"


def results(each: Analysed, day: dt.date) -> Iterator[dict[str, Any]]:
    """Yield the rows of `experiment_results`."""
    experiment = each.known.experiment
    for found in each.analysis.findings:
        yield {
            "experiment": experiment.name,
            "experiment_version": experiment.experiment_version,
            "arm": found.arm,
            "metric": found.metric,
            "is_control": found.is_control,
            "n_units": each.arms[found.arm].n_units,
            "mismatch_p_value": each.analysis.mismatch_p_value,
            "verdict": found.verdict,
            "date": day,
            **{name: _finite(value) for name, value in numbers(found).items()},
        }


def numbers(found: Finding) -> dict[str, float]:
    """Return a finding's columns that are numbers, nan and infinite ones as they are."""
    low, high = found.value.interval()
    lift_low, lift_high = found.lift.interval()
    return {
        "value": found.value.value,
        "value_low": low,
        "value_high": high,
        "lift_ratio": found.lift.value,
        "lift_low": lift_low,
        "lift_high": lift_high,
        "p_value": found.difference.p_value(),
        "cuped_difference": found.freed.value,
        "cuped_low": found.freed_bounds[0],
        "cuped_high": found.freed_bounds[1],
        "variance_left_ratio": found.variance_left,
        "sequential_low": found.bounds[0],
        "sequential_high": found.bounds[1],
        "sequential_p_value": found.sequential_p_value,
    }


def told(each: Analysed) -> dict[str, Any]:
    """Return a version's figures for the report."""
    return {
        "state": each.known.state,
        "units": {name: arm.n_units for name, arm in each.arms.items()},
        "n_units_in_two_arms": each.n_crossed,
        "mismatch_p_value": each.analysis.mismatch_p_value,
        "metrics": {
            f"{found.arm} {found.metric}": numbers(found) | {"verdict": found.verdict}
            for found in each.analysis.findings
        },
        "policies": [told_policy(value) for value in policies(each)],
    }


def policies(each: Analysed) -> list[PolicyValue]:
    """Return what other ways of giving out the arms would have earned; nothing where lists were interleaved."""
    arms = each.known.experiment.arms
    if any(arm.beside for arm in arms):
        return []
    shares = {arm.name: arm.share_basis_points / WHOLE for arm in arms}
    return list(policy_values(logged({name: each.arms[name] for name in shares}, shares)))


def told_policy(found: PolicyValue) -> dict[str, Any]:
    """Return a policy's figures for the report."""
    low, high = found.value.interval()
    return {
        "policy": found.policy,
        "revenue_per_unit_cents": found.value.value,
        "low": low,
        "high": high,
        "n_effective": found.n_effective,
    }


def write_pages(
    settings: Settings,
    lake: Partitions,
    found: list[Analysed],
    stops: list[dict[str, str]],
    date: dt.date,
) -> None:
    """Write `reports/experiments/<name>.html` of each experiment's newest version."""
    newest = {each.known.experiment.name: each for each in found}
    for name, each in newest.items():
        own = [stop for stop in stops if stop["experiment"] == name]
        history = history_of(lake, each.known, date)
        html = page(each.known, told(each), history, own, date)
        write_whole(settings.reports / "experiments" / f"{name}.html", html)


def history_of(lake: Partitions, known: KnownExperiment, date: dt.date) -> list[dict[str, Any]]:
    """Return a version's rows of `experiment_results` of all days so far."""
    experiment = known.experiment
    rows = lake.read(ExperimentResult, known.starts_at.date(), date).to_pylist()
    named = (experiment.name, experiment.experiment_version)
    return [row for row in rows if (row["experiment"], row["experiment_version"]) == named]


def _label(each: Analysed) -> str:
    experiment = each.known.experiment
    return f"{experiment.name} · {experiment.experiment_version}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
