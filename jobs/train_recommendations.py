"""Train, judge and register the recommender: interactions, products, features -> MLflow.

python -m jobs.train_recommendations --date 2024-05-01

Two windows of days lie before the date: (start, after] and, of the same length, the hold-out
(after, date]. In each, models fitted on what was known before it rank all items for the users who
then bought something new.

* The first chooses: the best of ALS, content and hybrid there is the challenger's method. Its
  purchases also teach the ranker, so that for the choice each half of its users is ranked by what
  the other half taught.
* The hold-out only judges: the chosen method, popularity and the champion meet there for the gate.
  The champion is judged by the copy of it that was fitted before its own hold-out. All methods'
  figures are shown; none of them chooses anything.

What is served is fitted again on everything up to the date.
"""

import datetime as dt
import logging
import sys
import tempfile
from dataclasses import asdict
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
from models.bundle import Bundle, rows_of
from models.evaluation.choice import (
    JUDGED_BY,
    Choice,
    K,
    Scores,
    Window,
    choose,
    judge,
    judge_hybrid,
)
from models.evaluation.lists import measures
from models.gate import Decision, decide, unless_older
from models.ranking.hybrid import HybridRanker
from models.recommender import Fitted, Params, bundle, fit_ranker, fit_retrieval
from models.retrieval.contract import Rows

MODEL = "recommender"
N_ENOUGH_USERS = 50
HOLDOUT_LENGTHS = tuple(HOLDOUT_DAYS * times for times in (1, 2, 4, 8))
"""In days."""
N_JUDGED_USERS = 10_000
log = logging.getLogger(MODEL)


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
    earlier = window_before(data, held)
    start = fitted_if_any(data, earlier.after, params)
    choice = choose(start, earlier, params)
    method = choice.method
    before = fitted(data, held.after, params)
    ranker = fit_ranker(start, earlier.all_relevant, params) if start else None
    scores = judge_all(before, ranker, held)
    scores["champion"] = judge_champion(uri, settings.emporium_home, data, held)
    champion = scores["champion"].get(JUDGED_BY)
    decision = decide(
        "NDCG@10", scores[method][JUDGED_BY], scores["popularity"][JUDGED_BY], champion
    )
    decision = unless_older(decision, str(date), registry.champion_date(uri, MODEL))
    show(choice, scores, held, decision)
    now = fitted(data, date, params)
    newest_ranker = fit_ranker(before, held.all_relevant, params) or ranker
    served = bundle(now, newest_ranker, method, about(date, params))
    copy = bundle(before, ranker, method, about(held.after, params))
    record = registry.TrainingRecord(
        code_version=settings.code_version,
        data_version=data_version(lake, Interaction, ProductVersion),
        date=str(date),
        params={**asdict(params), "method": method, "holdout_after": str(held.after)},
        metrics=flat("", scores) | flat("chosen_on_", choice.scores),
    )
    version = register(uri, record, served, copy)
    if decision.promote:
        registry.promote(uri, MODEL, version, decision.sentence)
    return {
        "k": K,
        "holdout_after": str(held.after),
        "n_users": len(held.users),
        "method": method,
        "chosen_on": {
            "after": choice.after,
            "last": choice.last,
            "n_users": choice.n_users,
            "models": choice.scores,
        },
        "models": scores,
        "gate": decision.sentence,
        "promoted": decision.promote,
        "version": version,
        "champion": registry.champion_version(uri, MODEL),
    }


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
    """Return what users newly bought in the days (`after`, `last`]; of many users, some."""
    relevant = data.facts.newly_bought(day_number(after), day_number(last))
    users = np.nonzero(np.diff(relevant.indptr))[0]
    if len(users) > N_JUDGED_USERS:
        users = np.sort(np.random.default_rng(0).choice(users, N_JUDGED_USERS, replace=False))
    seen = data.facts.seen(day_number(after))[users]
    return Window(after, last, users, relevant[users], seen, relevant)


def fitted(data: TrainingData, day: dt.date, params: Params) -> Fitted:
    """Fit the first stage on what was known by the end of the day."""
    try:
        return fit_retrieval(data.known(day), params)
    except ValueError as error:
        raise JobError(f"known by {day}: {error}") from error


def fitted_if_any(data: TrainingData, day: dt.date, params: Params) -> Fitted | None:
    """Fit the first stage as of the day; None if nothing was known by then."""
    return fitted(data, day, params) if data.facts.weights(day_number(day)).nnz else None


def judge_all(before: Fitted, ranker: HybridRanker | None, held: Window) -> Scores:
    """Return each model's measures on the hold-out, by name."""
    scores = judge(before, held)
    if ranker is not None:
        scores["hybrid"] = judge_hybrid(before, ranker, held)
    return scores


def judge_champion(uri: str, home: Path, data: TrainingData, held: Window) -> dict[str, float]:
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


def flat(prefix: str, scores: Scores) -> dict[str, float]:
    """Return the measures by one name each, as MLflow wants them."""
    return {
        f"{prefix}{name}_{key}": value for name, by in scores.items() for key, value in by.items()
    }


def show(choice: Choice, scores: Scores, held: Window, decision: Decision) -> None:
    """Print the models' measures on both windows."""
    if choice.scores:
        log.info("chosen: after %s, up to %s, %d users", choice.after, choice.last, choice.n_users)
        show_measures(choice.scores)
    log.info("method: %s", choice.method)
    log.info("hold-out: after %s, up to %s, %d users", held.after, held.last, len(held.users))
    show_measures(scores)
    log.info(decision.sentence)


def show_measures(scores: Scores) -> None:
    """Print measures beside each other."""
    log.info("%-12s %10s %10s %10s %10s", f"k = {K}", "recall", "ndcg", "mrr", "coverage")
    for name, by in scores.items():
        if by:
            figures = (by[key] for key in ("recall", "ndcg", "mrr", "coverage"))
            log.info("%-12s %10.4f %10.4f %10.4f %10.4f", name, *figures)


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
