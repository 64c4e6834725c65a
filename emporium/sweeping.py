"""Sweeps, from reading what is known to showing what came out; every trial is a run of MLflow's."""

import datetime as dt
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import typer
from rich.console import Console

from emporium import evaluation, outcome
from emporium.table_files import TableFileError
from features.schemas.lake import Interaction
from features.schemas.row import Row
from jobs.partitions import Partitions, layer_of
from jobs.reading import day_number
from jobs.runner import JobError
from jobs.settings import Settings as JobSettings
from jobs.train_recommendations import K, hold_out, problem_of, window_before
from jobs.training_data import training_data
from models import registry
from models.evaluation.comparison import N_CHOOSING_USERS
from models.evaluation.cuts import TooLittleError, cut_of
from models.evaluation.intervals import gain
from models.evaluation.sweep import Plan, SweepTrial, best_of, sweep
from models.evaluation.trials import Family, Params, Problem
from models.families import families, nightly_families
from models.ranking.pair_context import item_facts
from models.recommender import Features
from models.retrieval.histories import Rows
from models.spaces import SPACES

EXPERIMENT = "sweeps"
N_SHOWN = 5
STATUSES = {"finished": "FINISHED", "pruned": "KILLED", "failed": "FAILED"}
NDCG = f"NDCG@{K}"


class SweepError(Exception):
    """The sweep can't be made; the message is one sentence that says what to do."""


@dataclass(frozen=True)
class Asked:
    """What to sweep, for how long, and how files are cut (None: the log decides)."""

    family: str
    plan: Plan
    split: str | None


@dataclass(frozen=True)
class Work:
    """A family, the problem it is swept for, and what to do with a better setting, for people."""

    family: Family
    problem: Problem
    source: str
    use: str


@contextmanager
def reporting(console: Console) -> Iterator[None]:
    """End the command with a sentence where something is wrong with what was asked for."""
    try:
        yield
    except (SweepError, TableFileError, TooLittleError, JobError) as error:
        console.print(f"FAILED: {error}", style="bold", markup=False)
        raise typer.Exit(1) from error


def day_of(text: str | None) -> dt.date | None:
    """Return the day that was asked for, None for the newest.

    Raises
    ------
    SweepError
        If it is no day.
    """
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise SweepError(f"--date {text}: say it as YYYY-MM-DD") from error


def of_shop(asked: Asked, home: Path, date: dt.date | None) -> Work:
    """Return a sweep on the shop's lake: on the window that chooses, before the one that judges.

    Raises
    ------
    SweepError, JobError
        If there is no such family, or nothing to learn from or to judge by.
    """
    lake = Partitions(JobSettings(emporium_home=home).lake)
    days = lake.days(layer_of(Interaction), Interaction.table)
    if not days:
        raise SweepError(f"{lake.root} has no interactions: `emporium demo` makes some")
    day = date or days[-1]
    data = training_data(lake, day, without_features)
    window = window_before(data, hold_out(data, day))
    if not len(window.users) or not data.facts.weights(day_number(window.after)).nnz:
        raise SweepError(f"nobody to choose by before {window.last}: load more days")
    known = data.known(window.after)
    holdout = known.holdout(window.relevant, window.users, window.rule)
    nightly = {each.name: list(each.settings) for each in nightly_families()}
    family = family_of(asked.family)
    family = replace(family, settings=[*nightly.get(family.name, ()), *family.settings])
    use = (
        "make it the family's setting in `nightly_families` of models/families.py; the next"
        " training judges it by the last hold-out, and the gate decides"
    )
    source = f"the shop's lake up to {window.last}"
    return checked(Work(family, problem_of(known, holdout), source, use))


def of_files(asked: Asked, files: evaluation.Files, console: Console) -> Work:
    """Return a sweep on a log in a file.

    Raises
    ------
    SweepError, TableFileError, TooLittleError
        If there is no such family, or nothing to learn from or to judge by.
    """
    family, seed = family_of(asked.family), asked.plan.seed
    log, later = evaluation.read(files, console)
    wishes = evaluation.Wishes(asked.split, None, None, K, asked.plan.seconds, seed)
    cut = cut_of(log, evaluation.rule_of(wishes, files), None, seed, repeats=None)
    _, choosing = evaluation.holdouts(log, later, cut)
    problem = Problem(
        choosing.sample(N_CHOOSING_USERS, seed),
        evaluation.items_of(files, log),
        item_facts(choosing.known),
        K,
        time.monotonic,
    )
    use = (
        "make it the first of the family's settings in models/families.py; `emporium evaluate`"
        " then judges it by the last hold-out"
    )
    return checked(Work(family, problem, files.interactions.name, use))


def family_of(name: str) -> Family:
    """Return a family that can be swept.

    Raises
    ------
    SweepError
        If there is none of that name.
    """
    known = {each.name: each for each in families() if each.name in SPACES}
    if name not in known:
        raise SweepError(f"--family {name}: say one of {', '.join(known)}")
    return known[name]


def checked(work: Work) -> Work:
    """Return the work if the family can be tried on it.

    Raises
    ------
    SweepError
        If it can't.
    """
    reason = work.family.unfit(work.problem.holdout, work.problem.items)
    if reason:
        raise SweepError(f"{work.family.name} can't be tried: {reason}")
    return work


def without_features(
    _row: type[Row], _entity: str, ids: Rows, columns: tuple[str, ...], _day: dt.date
) -> Features:
    """Return no features: retrieval needs none, and the feature store need not run."""
    return np.full((len(ids), len(columns)), np.nan, np.float32)


def run(work: Work, plan: Plan, tracking_uri: str, console: Console) -> list[SweepTrial]:
    """Sweep, with every trial in MLflow as soon as it is over, and show what came out."""
    name, holdout = work.family.name, work.problem.holdout
    console.print(f"{name} on {work.source}: {holdout.rule}, {len(holdout.asked):,} to judge by")
    about = {"family": name, "holdout": holdout.rule, "source": work.source, **vars(plan)}
    parent = registry.begin_run(tracking_uri, EXPERIMENT, f"{name} sweep", about)
    status = "FAILED"
    made: list[SweepTrial] = []
    try:
        sweep(
            work.problem,
            work.family,
            SPACES[name],
            plan,
            _teller(tracking_uri, parent, console, made),
        )
        status = "FINISHED" if best_of(made) else "FAILED"
    finally:
        best = best_of(made)
        metrics = {"best_ndcg": best.value} if best else {}
        params = _named("best", best.params) if best else {}
        counts = {f"n_{state}": float(_count(made, state)) for state in STATUSES}
        registry.end_run(tracking_uri, parent, {**metrics, **counts}, params, status)
    show(work, made, console)
    return made


def _teller(
    tracking_uri: str, parent: str, console: Console, made: list[SweepTrial]
) -> Callable[[SweepTrial], None]:
    def tell(trial: SweepTrial) -> None:
        made.append(trial)
        registry.log_child(tracking_uri, parent, child_run(trial))
        console.print(line(trial), markup=False)

    return tell


def child_run(trial: SweepTrial) -> registry.ChildRun:
    """Return a trial as MLflow keeps it; the NDCG of a pruned one is of the users who were asked."""
    metrics = {
        "ndcg": trial.value,
        "fit_seconds": trial.fit_seconds,
        "score_seconds": trial.score_seconds,
        "n_users": float(n_asked(trial)),
    }
    name = f"trial {trial.number}"
    return registry.ChildRun(name, trial.params, metrics, STATUSES[trial.state], trial.error)


def figures(trial: SweepTrial) -> dict[str, Any]:
    """Return a trial as JSON."""
    return {
        "number": trial.number,
        "state": trial.state,
        "params": dict(trial.params),
        "ndcg": trial.value,
        "fit_seconds": trial.fit_seconds,
        "score_seconds": trial.score_seconds,
        "n_users": n_asked(trial),
        "error": trial.error,
    }


def n_asked(trial: SweepTrial) -> int:
    """Return by how many users a trial was judged."""
    return int((~np.isnan(trial.values)).sum())


def line(trial: SweepTrial) -> str:
    """Return a trial as a line of progress."""
    seconds = f"fit {trial.fit_seconds:.1f} s, score {trial.score_seconds:.1f} s"
    came_to = {
        "finished": f"{trial.value:.4f}  {seconds}",
        "pruned": f"clearly below the best on the first {n_asked(trial):,} users  {seconds}",
        "failed": trial.error,
    }
    return f"{trial.number:3}  {came_to[trial.state]}  {words(trial.params)}"


def show(work: Work, trials: Sequence[SweepTrial], console: Console) -> None:
    """Print the best trials beside the default, and how to use the best."""
    best = best_of(trials)
    if best is None:
        raise SweepError("no trial came to an end: the lines above say why")
    finished = sorted(
        (trial for trial in trials if trial.state == "finished"), key=lambda one: -one.value
    )
    rows: dict[str, dict[str, float | str]] = {
        f"trial {trial.number}": {
            NDCG: trial.value,
            "fit seconds": f"{trial.fit_seconds:.1f}",
            "score seconds": f"{trial.score_seconds:.1f}",
            "setting": words(trial.params),
        }
        for trial in finished[:N_SHOWN]
    }
    console.print(outcome.matrix(f"{work.family.name}: the best of {len(trials)} trials", rows))
    console.print(_advice(work, best, trials[0]), markup=False)


def _advice(work: Work, best: SweepTrial, default: SweepTrial) -> str:
    if default.state != "finished":
        return f"best: {dict(best.params)}. To use it, {work.use}."
    if best.number == default.number:
        return "nothing was better than the default (trial 0): leave it."
    better = gain(best.values, default.values)
    by = f"{better.mean:+.4f} [{better.low:+.4f}, {better.high:+.4f}]"
    if better.low <= 0:
        return f"{NDCG} against the default (trial 0): {by}: not clearly better, leave the default."
    return (
        f"{NDCG} against the default (trial 0): {by} on the hold-out it was chosen by, so less is to"
        f" be expected of a later one.\nbest: {dict(best.params)}. To use it, {work.use}."
    )


def words(params: Params) -> str:
    """Return settings for people."""
    return ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in params.items()
    )


def _named(prefix: str, params: Params) -> dict[str, float | int | str]:
    return {f"{prefix}.{name}": value for name, value in params.items()}


def _count(trials: Sequence[SweepTrial], state: str) -> int:
    return sum(trial.state == state for trial in trials)
