"""Train, judge and register the recommender: interactions, products, features -> MLflow.

python -m jobs.train_recommendations --date 2024-05-01

Two windows of days lie before the date: (start, after] and, of the same length, the hold-out
(after, date]. In each, models fitted on what was known before it rank all items for the users who
then bought something new.

* The first chooses: the families of `models.families` are fitted before it, blended and ranked, and
  the simplest of the best is the challenger. Blend and ranker are taught by half of its users and
  judged by the others.
* The hold-out only judges: the challenger, popularity and the champion meet there for the gate.
  The champion is judged by the copy of it that was fitted before its own hold-out. All figures are
  shown; none of them chooses anything.

What is served is fitted again on everything up to the date, its order taught by the hold-out.
"""

import datetime as dt
import logging
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from features.schemas.feature_sets import RECOMMENDER
from features.schemas.lake import Interaction
from features.schemas.logs import ClickstreamEvent, ProductVersion
from features.schemas.weights import HOLDOUT_DAYS
from jobs.partitions import Partitions
from jobs.reading import data_version, day_number
from jobs.reports import write_report
from jobs.runner import Dates, JobError, Settings, partitions, run
from jobs.training_data import (
    TrainingData,
    from_feature_store,
    training_data,
)
from models import registry
from models.bundle import Bundle, bundle
from models.card import CardFacts, card
from models.evaluation.comparison import REFERENCE, judged
from models.evaluation.holdouts import Holdout
from models.evaluation.report import Report, report
from models.evaluation.study import SINGLE, Study, lesson_for, single_study, study, taught_again
from models.evaluation.trials import Problem, Setting, tried
from models.families import nightly_families
from models.gate import Decision, decide, unless_older
from models.ids import rows_of
from models.live import FEATURE_SERVICE, LiveRecommender, live_recommender
from models.ranking.second_stage import TwoStages
from models.recommender import Known
from models.retrieval.histories import Rows
from models.retrieval.saving import BrokenModelError

MODEL = "recommender"
K = 10
JUDGED_BY = "ndcg"
SHOWN = ("recall", "ndcg", "map", "mrr", "novelty", "diversity")
SEED = 0
N_ENOUGH_USERS = 50
HOLDOUT_LENGTHS = tuple(HOLDOUT_DAYS * times for times in (1, 2, 4, 8))
"""In days."""
N_JUDGED_USERS = 10_000
log = logging.getLogger(MODEL)


@dataclass(frozen=True)
class Window:
    """The days (`after`, `last`] and what was first dealt with and bought then.

    `relevant` has shape (n_users, n_items); `users` are those to be judged.
    """

    after: dt.date
    last: dt.date
    users: Rows
    relevant: csr_matrix

    @property
    def rule(self) -> str:
        """Return what the window judges by, for people."""
        return f"new purchases after {self.after}, up to {self.last}"


@dataclass(frozen=True)
class Judgement:
    """What a challenger came to on the hold-out."""

    found: Study
    before: TwoStages
    known: Known
    holdout: Holdout
    after: dt.date
    reports: Mapping[str, Report]


def main(settings: Settings, dates: Dates) -> None:
    """Train for the last of the dates."""
    if not settings.mlflow_tracking_uri:
        raise JobError("MLFLOW_TRACKING_URI is not set: name the MLflow server to register with")
    lake = partitions(settings)
    data = training_data(lake, dates.last, from_feature_store(settings, lake))
    figures = train(settings, lake, data, dates.last)
    write_report(settings.reports, "train_recommendations", dates.last, figures)


def train(
    settings: Settings, lake: Partitions, data: TrainingData, date: dt.date
) -> dict[str, Any]:
    """Choose, judge, register and, if the gate lets it, promote; return the figures.

    Raises
    ------
    JobError
        If there is no interaction to learn from, or no purchase to judge by.
    """
    uri = settings.mlflow_tracking_uri
    held = hold_out(data, date)
    earlier = window_before(data, held)
    found = chosen_on(data, earlier)
    made = judgement(data, found, held)
    scores = {name: means(report) for name, report in made.reports.items()}
    champion = judge_champion(uri, settings.emporium_home, data, made)
    decision = decide(
        "NDCG@10",
        scores[found.chosen_name][JUDGED_BY],
        scores[REFERENCE][JUDGED_BY],
        champion.get(JUDGED_BY),
    )
    decision = unless_older(decision, str(date), registry.champion_date(uri, MODEL))
    show(found, scores, held, decision)
    kept = record(settings, lake, made, date)
    page = card(card_facts(made, kept, decision), made.reports)
    version = register(uri, kept, bundles(data, made, date), decision, page)
    if decision.promote:
        registry.promote(uri, MODEL, version, decision.sentence)
    return {
        "k": K,
        "holdout_after": str(held.after),
        "n_users": len(held.users),
        "method": found.chosen_name,
        "chosen_on": {
            "after": earlier.after,
            "last": earlier.last,
            "n_users": len(earlier.users),
            "because": found.reason,
            "models": {
                kind: {JUDGED_BY: float(each.mean())} for kind, each in found.values.items()
            },
        },
        "models": {**scores, "champion": champion},
        "gate": decision.sentence,
        "promoted": decision.promote,
        "version": version,
        "champion": registry.champion_version(uri, MODEL),
    }


def chosen_on(data: TrainingData, window: Window) -> Study:
    """Choose on a window that the models are fitted before.

    Nothing to choose by (no interaction before it, no user in it) leaves the first family alone.
    """
    families = nightly_families()
    if not data.facts.weights(day_number(window.after)).nnz or not len(window.users):
        return single_study(Setting(families[0], families[0].settings[0]))
    known = data.known(window.after)
    problem = problem_of(known, cut(data, known, window))
    return study(problem, tried(problem, families, 0, log.info), SEED, log.info)


def cut(data: TrainingData, known: Known, window: Window) -> Holdout:
    """Return the window as a hold-out of what was known before it."""
    shown = data.facts.lists(day_number(window.after), day_number(window.last))
    return known.holdout(window.relevant, window.users, window.rule, shown)


def problem_of(known: Known, holdout: Holdout) -> Problem:
    """Return what is tried for on a hold-out."""
    return Problem(holdout, known.items, known.facts, K, time.monotonic)


def judgement(data: TrainingData, found: Study, held: Window) -> Judgement:
    """Fit what was chosen on what was known before the hold-out, and judge it there."""
    known = data.known(held.after)
    before = fitted(found, known, held.after)
    holdout = cut(data, known, held)
    reports = judged(found, before, holdout, known.items, K)
    return Judgement(found, before, known, holdout, held.after, reports)


def fitted(found: Study, known: Known, day: dt.date) -> TwoStages:
    """Fit the study's models.

    Raises
    ------
    JobError
        If there is nothing to learn from.
    """
    try:
        return found.fit(known.histories, known.items, known.facts)
    except ValueError as error:
        raise JobError(f"known by {day}: {error}") from error


def bundles(data: TrainingData, made: Judgement, date: dt.date) -> tuple[LiveRecommender, Bundle]:
    """Return what is served, and the copy fitted before the hold-out."""
    known, newest, kind = data.known(date), made.found, made.found.chosen
    if kind != SINGLE:
        lesson = lesson_for(problem_of(made.known, made.holdout), made.before.models, SEED)
        newest = taught_again(made.found, lesson)
    about = {"fitted_on": str(date), FEATURE_SERVICE: RECOMMENDER.service}
    served = live_recommender(known, fitted(newest, known, date), kind, about)
    copy = bundle(made.known, made.before, kind, {"fitted_on": str(made.after)})
    return served, copy


def record(
    settings: Settings, lake: Partitions, made: Judgement, date: dt.date
) -> registry.TrainingRecord:
    """Return what is kept beside the model."""
    found = made.found
    params = {
        f"{setting.name}.{name}": value
        for setting in found.members
        for name, value in setting.params.items()
    }
    metrics = {name: means(report) for name, report in made.reports.items()}
    return registry.TrainingRecord(
        code_version=settings.code_version,
        data_version=data_version(lake, Interaction, ProductVersion, ClickstreamEvent),
        date=str(date),
        params={**params, "method": found.chosen_name, "holdout": made.holdout.rule},
        metrics=flat(metrics),
        feature_service=RECOMMENDER.service,
        feature_views=RECOMMENDER.views,
    )


def card_facts(made: Judgement, kept: registry.TrainingRecord, decision: Decision) -> CardFacts:
    """Return what the version's card tells beside the figures."""
    found = made.found
    return CardFacts(
        date=kept.date,
        code_version=kept.code_version,
        data_version=kept.data_version,
        chosen=found.chosen_name,
        reason=found.reason,
        members=[setting.words for setting in found.members],
        rule=made.holdout.rule,
        n_users=len(made.holdout.users),
        n_known_users=len(made.known.user_ids),
        n_items=len(made.known.item_ids),
        k=K,
        gate=decision.sentence,
    )


def means(report: Report) -> dict[str, float]:
    """Return a report's means by name."""
    values = {name: report.measures[name].mean for name in SHOWN}
    return {**values, "coverage": report.coverage}


def hold_out(data: TrainingData, date: dt.date) -> Window:
    """Return the shortest hold-out of `HOLDOUT_LENGTHS` that judges enough users.

    Where none does (a small shop, a short history), it is the one that judges most.

    Raises
    ------
    JobError
        If nobody with a history bought anything new in any of them.
    """
    best: Window | None = None
    for n_days in HOLDOUT_LENGTHS:
        held = window(data, date - dt.timedelta(days=n_days), date)
        if best is None or len(held.users) > len(best.users):
            best = held
        if len(best.users) >= N_ENOUGH_USERS:
            break
    if best is None or not len(best.users):
        raise JobError(
            f"nobody who was known {HOLDOUT_LENGTHS[0]} days before {date} or earlier bought anything "
            "new since: there is nothing to judge a recommender by; load more days, then run again"
        )
    return best


def window_before(data: TrainingData, held: Window) -> Window:
    """Return the window that ends where the hold-out begins and is as long."""
    return window(data, held.after - (held.last - held.after), held.after)


def window(data: TrainingData, after: dt.date, last: dt.date) -> Window:
    """Return what users newly bought in the days (`after`, `last`]; of many users, some are judged."""
    relevant = data.facts.newly_bought(day_number(after), day_number(last))
    users = np.nonzero(np.diff(relevant.indptr))[0]
    if len(users) > N_JUDGED_USERS:
        users = np.sort(np.random.default_rng(SEED).choice(users, N_JUDGED_USERS, replace=False))
    return Window(after, last, users, relevant)


def judge_champion(uri: str, home: Path, data: TrainingData, made: Judgement) -> dict[str, float]:
    """Return the champion's measures on the hold-out; empty if none can be judged fairly.

    It can't where it was fitted on days of this hold-out (a backfill of an earlier day).
    """
    folder = registry.download_champion(uri, MODEL, home / "models" / MODEL, "holdout_fit")
    if folder is None:
        return {}
    try:
        champion = Bundle.load(folder)
    except BrokenModelError as error:
        log.warning("the champion can't be judged: %s", error)
        return {}
    if dt.date.fromisoformat(champion.metadata["fitted_on"]) > made.after:
        log.info("the champion has seen this hold-out: it is not judged by it")
        return {}
    return means(report(champion_lists(champion, data, made.holdout), made.holdout, None, SEED))


def champion_lists(champion: Bundle, data: TrainingData, held: Holdout) -> Rows:
    """Return what the champion would show the users, as item rows of the data, -1 where nothing."""
    users = rows_of(champion.user_ids, data.user_ids[held.users])
    known = users >= 0
    items_of_champion = rows_of(champion.item_ids, data.item_ids)
    seen = translated(held.asked.seen, items_of_champion, len(champion.item_ids))
    found, _ = champion.recommend(np.maximum(users, 0), seen, K)
    popular, _ = champion.popular(K)
    ids = champion.item_ids[np.maximum(found, 0)]
    ids = np.where(found >= 0, ids, -1)
    ids[~known] = -1
    ids[~known, : len(popular)] = popular  # what serving falls back to
    return rows_of(data.item_ids, ids.ravel()).reshape(ids.shape)


def translated(matrix: csr_matrix, columns: Rows, n_columns: int) -> csr_matrix:
    """Return the matrix with its columns moved to `columns`; -1 drops one."""
    cells = matrix.tocoo()
    moved = columns[cells.col]
    kept = moved >= 0
    where = (cells.row[kept], moved[kept])
    return coo_matrix((cells.data[kept], where), (matrix.shape[0], n_columns)).tocsr()


def register(
    uri: str,
    record: registry.TrainingRecord,
    made: tuple[LiveRecommender, Bundle],
    decision: Decision,
    page: str,
) -> str:
    """Log a run with both bundles and its card, and return the model's new version.

    `made` are what is served and the copy fitted before the hold-out.
    """
    served, copy = made
    with tempfile.TemporaryDirectory() as folder:
        served.save(Path(folder) / "model")
        copy.save(Path(folder) / "holdout_fit")
        (Path(folder) / "card.md").write_text(page)
        run_id = registry.log_run(uri, MODEL, record, Path(folder))
    return registry.register(uri, MODEL, run_id, decision.sentence, page)


def flat(scores: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Return the measures by one name each, as MLflow wants them."""
    return {f"{name}_{key}": value for name, by in scores.items() for key, value in by.items()}


def show(
    found: Study, scores: Mapping[str, Mapping[str, float]], held: Window, decision: Decision
) -> None:
    """Print the choice, the models' measures on the hold-out and the gate's word."""
    log.info("method: %s, because %s", found.chosen_name, found.reason)
    log.info("hold-out: %s, %d users", held.rule, len(held.users))
    log.info("%-20s" + "%10s" * 5, f"k = {K}", "recall", "ndcg", "map", "mrr", "coverage")
    for name, by in scores.items():
        figures = (by[key] for key in ("recall", "ndcg", "map", "mrr", "coverage"))
        log.info("%-20s" + "%10.4f" * 5, name, *figures)
    log.info(decision.sentence)


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
