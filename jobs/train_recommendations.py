"""Train, judge and register the recommender: interactions, products, features -> MLflow.

python -m jobs.train_recommendations --date 2024-05-01

The last days before the date are the hold-out: all models are fitted on what was known before it
and rank all items for the users who then bought something new. The best of ALS, content and hybrid
is the challenger; the ranker above it learned from the period before the hold-out. The champion is
judged on the same hold-out by the copy of it that was fitted before its own hold-out. What is
served is fitted again on everything up to the date.
"""

import datetime as dt
import logging
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from features.schemas.lake import Interaction
from features.schemas.logs import ProductVersion
from features.schemas.weights import HOLDOUT_DAYS
from jobs.partitions import Partitions
from jobs.reports import write_report
from jobs.runner import Dates, JobError, Settings, partitions, run
from jobs.training_data import (
    TrainingData,
    data_version,
    day_number,
    from_feature_store,
    training_data,
)
from models import registry
from models.bundle import Bundle, Method, rows_of
from models.evaluation.lists import measures
from models.gate import Decision, decide
from models.ranking.hybrid import HybridRanker
from models.recommender import Fitted, Params, bundle, fit_ranker, fit_retrieval
from models.retrieval.contract import Retriever, Rows

MODEL = "recommender"
K = 10
N_ENOUGH_USERS, MAX_HOLDOUT_DAYS = 50, 112
N_JUDGED_USERS = 10_000
JUDGED_BY = "ndcg"
CANDIDATE_METHODS: tuple[Method, ...] = ("hybrid", "als", "content")
log = logging.getLogger(MODEL)

Scores = dict[str, dict[str, float]]


@dataclass(frozen=True)
class HoldOut:
    """The days (`after`, `last`] and what each of some users first dealt with and bought then."""

    after: dt.date
    last: dt.date
    users: Rows
    relevant: csr_matrix  # (len(users), n_items)
    seen: csr_matrix  # (len(users), n_items), by the end of `after`
    all_relevant: csr_matrix  # (n_users, n_items)


def main(settings: Settings, dates: Dates) -> None:
    """Train for the last of the dates."""
    if not settings.mlflow_tracking_uri:
        raise JobError("MLFLOW_TRACKING_URI is not set: name the MLflow server to register with")
    lake = partitions(settings)
    data = training_data(lake, dates.last, from_feature_store(settings, lake))
    figures = train(settings, lake, data, dates.last, Params())
    write_report(settings.reports, "train_recommendations", dates.last, figures)


def train(
    settings: Settings, lake: Partitions, data: TrainingData, date: dt.date, params: Params
) -> dict[str, Any]:
    """Fit, judge, register and, if the gate lets it, promote; return the figures.

    Raises
    ------
    JobError
        If there is no interaction to learn from, or no purchase to judge by.
    """
    uri = settings.mlflow_tracking_uri
    held = hold_out(data, date)
    before = fitted(data, held.after, params)
    ranker = ranker_before(data, held, params)
    scores = judge_all(before, ranker, held, params)
    method = best_method(scores)
    scores["champion"] = judge_champion(uri, settings.emporium_home, data, held)
    champion = scores["champion"].get(JUDGED_BY)
    decision = decide(
        "NDCG@10", scores[method][JUDGED_BY], scores["popularity"][JUDGED_BY], champion
    )
    show(scores, held, decision)
    now = fitted(data, date, params)
    served = bundle(now, fit_ranker(before, held.all_relevant, params), method, about(date, params))
    copy = bundle(before, ranker, method, about(held.after, params))
    record = registry.TrainingRecord(
        code_version=settings.code_version,
        data_version=data_version(lake, Interaction, ProductVersion),
        date=str(date),
        params={**asdict(params), "method": method, "holdout_after": str(held.after)},
        metrics={
            f"{name}_{key}": value for name, by in scores.items() for key, value in by.items()
        },
    )
    version = register(uri, record, served, copy)
    if decision.promote:
        registry.promote(uri, MODEL, version, decision.sentence)
    return {
        "k": K,
        "holdout_after": str(held.after),
        "n_users": len(held.users),
        "method": method,
        "models": scores,
        "gate": decision.sentence,
        "promoted": decision.promote,
        "version": version,
        "champion": registry.champion_version(uri, MODEL),
    }


def hold_out(data: TrainingData, date: dt.date) -> HoldOut:
    """Return the shortest hold-out, of 14 days doubled up to 112, that judges enough users.

    Raises
    ------
    JobError
        If nobody with a history bought anything new even in the longest.
    """
    n_days = HOLDOUT_DAYS
    while True:
        after = date - dt.timedelta(days=n_days)
        relevant = data.facts.newly_bought(day_number(after), day_number(date))
        users = np.nonzero(np.diff(relevant.indptr))[0]
        if len(users) >= N_ENOUGH_USERS or n_days >= MAX_HOLDOUT_DAYS:
            break
        n_days *= 2
    if not len(users):
        raise JobError(
            f"nobody who was known by {after} bought anything new up to {date}: there is nothing to "
            "judge a recommender by; load more days, then run the DAG again"
        )
    if len(users) > N_JUDGED_USERS:
        users = np.sort(np.random.default_rng(0).choice(users, N_JUDGED_USERS, replace=False))
    seen = data.facts.seen(day_number(after))[users]
    return HoldOut(after, date, users, relevant[users], seen, relevant)


def fitted(data: TrainingData, day: dt.date, params: Params) -> Fitted:
    """Fit the first stage on what was known by the end of the day."""
    try:
        return fit_retrieval(data.known(day), params)
    except ValueError as error:
        raise JobError(f"known by {day}: {error}") from error


def ranker_before(data: TrainingData, held: HoldOut, params: Params) -> HybridRanker | None:
    """Fit the second stage on the period before the hold-out; None if too little is known."""
    start = held.after - (held.last - held.after)
    if not data.facts.weights(day_number(start)).nnz:
        return None
    bought = data.facts.newly_bought(day_number(start), day_number(held.after))
    return fit_ranker(fitted(data, start, params), bought, params)


def judge_all(before: Fitted, ranker: HybridRanker | None, held: HoldOut, params: Params) -> Scores:
    """Return each model's measures on the hold-out, by name."""
    scores = {}
    models: dict[str, Retriever] = {
        "popularity": before.popularity,
        "als": before.als,
        "content": before.content,
    }
    for name, model in models.items():
        items, _ = model.retrieve(held.users, held.seen, K)
        scores[name] = measures(items, held.relevant)
    if ranker is not None:
        hybrid = bundle(before, ranker, "hybrid", about(held.after, params))
        items, _ = hybrid.recommend(held.users, held.seen, K)
        scores["hybrid"] = measures(items, held.relevant)
    return scores


def best_method(scores: Scores) -> Method:
    """Return the method with the best measure; of equals the first of `CANDIDATE_METHODS`."""
    known = [method for method in CANDIDATE_METHODS if method in scores]
    return max(known, key=lambda method: scores[method][JUDGED_BY])


def judge_champion(uri: str, home: Path, data: TrainingData, held: HoldOut) -> dict[str, float]:
    """Return the champion's measures on the hold-out; empty if none can be judged fairly.

    Its copy from before its own hold-out is judged, unless that has seen this hold-out (after a
    backfill of an earlier day).
    """
    folder = registry.download_champion(uri, MODEL, home / "models" / MODEL, "holdout_fit")
    if folder is None:
        return {}
    champion = Bundle.load(folder)
    if dt.date.fromisoformat(champion.metadata["fitted_on"]) > held.after:
        log.info("the champion has seen this hold-out: it is not judged by it")
        return {}
    users = rows_of(champion.user_ids, data.user_ids[held.users])
    known = users >= 0
    items_of_champion = rows_of(champion.item_ids, data.item_ids)
    seen = translated(held.seen, items_of_champion, len(champion.item_ids))
    found, _ = champion.recommend(np.maximum(users, 0), seen, K)
    popular, _ = champion.popular(K)
    ids = champion.item_ids[np.maximum(found, 0)]
    ids = np.where(found >= 0, ids, -1)
    ids[~known] = -1
    ids[~known, : len(popular)] = popular  # what serving falls back to
    items = rows_of(data.item_ids, ids.ravel()).reshape(ids.shape)
    return measures(items, held.relevant)


def translated(matrix: csr_matrix, columns: Rows, n_columns: int) -> csr_matrix:
    """Return the matrix with its columns moved to `columns`; -1 drops one."""
    cells = matrix.tocoo()
    moved = columns[cells.col]
    kept = moved >= 0
    where = (cells.row[kept], moved[kept])
    return coo_matrix((cells.data[kept], where), (matrix.shape[0], n_columns)).tocsr()


def about(fitted_on: dt.date, params: Params) -> dict[str, object]:
    """Return a bundle's metadata."""
    return {"fitted_on": str(fitted_on), "params": asdict(params)}


def register(uri: str, record: registry.TrainingRecord, served: Bundle, copy: Bundle) -> str:
    """Log a run with both bundles and return the model's new version."""
    with tempfile.TemporaryDirectory() as folder:
        served.save(Path(folder) / "model")
        copy.save(Path(folder) / "holdout_fit")
        run_id = registry.log_run(uri, MODEL, record, Path(folder))
    return registry.register(uri, MODEL, run_id)


def show(scores: Scores, held: HoldOut, decision: Decision) -> None:
    """Print the models' measures beside each other."""
    log.info("hold-out: after %s, up to %s, %d users", held.after, held.last, len(held.users))
    log.info("%-12s %10s %10s %10s %10s", f"k = {K}", "recall", "ndcg", "mrr", "coverage")
    for name, by in scores.items():
        if by:
            figures = (by[key] for key in ("recall", "ndcg", "mrr", "coverage"))
            log.info("%-12s %10.4f %10.4f %10.4f %10.4f", name, *figures)
    log.info(decision.sentence)


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
