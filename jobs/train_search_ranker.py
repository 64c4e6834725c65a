"""Teach, judge and register the order of searches: clickstream, product_features, search index -> MLflow.

python -m jobs.train_search_ranker --date 2024-05-01

The searches of the last week judge, those of the four weeks before it teach; of each counts what its words find. A product's features are those of the
newest day before the search; a look counts the more, the less its place is examined. The learned order serves if it
beats the formula and popularity on the same searches and, where people graded answers (`judgments.csv`), lowers
nothing there; else what served stays, at first the formula.

What is registered is taught again by all searches up to the date.
"""

import datetime as dt
import logging
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from features.schemas.lake import ProductFeatures
from features.schemas.logs import ClickstreamEvent
from jobs.index_gate import BadJudgmentsError, lowered, read_judgments
from jobs.index_versions import IndexVersions
from jobs.partitions import Partitions
from jobs.reading import data_version
from jobs.reports import write_report
from jobs.runner import Dates, JobError, Settings, partitions, run
from jobs.shown_searches import has_signals, shown_searches, signals_before
from models import registry
from models.evaluation.intervals import Interval
from models.gate import Decision, unless_older
from models.search.behaviour import Find, Finds, examination
from models.search.card import SearchCardFacts, search_card
from models.search.formula import FormulaOrder
from models.search.index import BadIndexError, Index
from models.search.judgments import Grades
from models.search.learned import LearnedOrder
from models.search.placing import N_WEIGHED
from models.search.query import Search
from models.search.teaching import (
    K,
    Searches,
    Values,
    decided,
    joined,
    judged,
    means,
    prepared,
    taught,
)

MODEL = "search_ranker"
N_JUDGED_DAYS, N_TAUGHT_DAYS = 7, 28
N_TAUGHT, N_JUDGED = 20_000, 10_000
"""Searches, the last ones."""
N_ENOUGH_TAUGHT, N_ENOUGH_JUDGED = 500, 100
log = logging.getLogger(MODEL)


@dataclass(frozen=True)
class Lists:
    """Searches that teach, and later ones that judge."""

    earlier: Searches
    later: Searches

    @property
    def counts(self) -> dict[str, int]:
        """How many there are, by name."""
        return {
            "n_taught_searches": len(self.earlier.shown),
            "n_judged_searches": len(self.later.shown),
        }

    @property
    def are_enough(self) -> bool:
        """Whether there are enough to learn from and to judge by."""
        n_taught, n_judged = self.counts.values()
        return n_taught >= N_ENOUGH_TAUGHT and n_judged >= N_ENOUGH_JUDGED


def main(settings: Settings, dates: Dates) -> None:
    """Teach up to the last of the dates."""
    if not settings.mlflow_tracking_uri:
        raise JobError("MLFLOW_TRACKING_URI is not set: name the MLflow server to register with")
    lake = partitions(settings)
    try:
        index = Index.open(IndexVersions(settings.index).current)
        grades = read_judgments(settings.judgments)
    except (BadIndexError, BadJudgmentsError) as error:
        raise JobError(f"{error}; run the DAG build_search_index, or mend the file") from error
    lists = read_lists(lake, index, dates.last)
    figures = train(settings, lake, index, grades, lists, dates.last)
    write_report(settings.reports, "train_search_ranker", dates.last, figures)


def read_lists(lake: Partitions, index: Index, date: dt.date) -> Lists:
    """Read the searches of the weeks up to the date of which something was looked at."""
    first = date - dt.timedelta(days=N_JUDGED_DAYS - 1)
    begin = first - dt.timedelta(days=N_TAUGHT_DAYS)
    days = [
        day
        for day in lake.days("validated", ClickstreamEvent.table)
        if begin <= day <= date and has_signals(lake, day)
    ]
    whole = shown_searches(lake, [day for day in days if day < first])
    later = shown_searches(lake, [day for day in days if day >= first])
    examined = examination(whole)

    find, known = finder(index), signals_before(lake)
    return Lists(
        prepared(whole, find, known, examined, N_TAUGHT),
        prepared(later, find, known, examined, N_JUDGED),
    )


def finder(index: Index) -> Find:
    """Return what has enough of a text's words, by the index."""

    @cache
    def find(text: str) -> Finds:
        found = index.listed(Search(text), n_first=N_WEIGHED)
        ids, values = found.product_ids[: found.n_full], found.values[: found.n_full]
        return Finds(np.array(ids, np.int64), np.array(values), len(found.parts))

    return find


def train(
    settings: Settings,
    lake: Partitions,
    index: Index,
    grades: Mapping[str, Grades],
    lists: Lists,
    date: dt.date,
) -> dict[str, Any]:
    """Teach, judge, register and, if the gate lets it, promote; return the figures."""
    if not lists.are_enough:
        told = (
            f"not taught: {N_ENOUGH_TAUGHT} searches of which something was looked at are needed to teach and "
            f"{N_ENOUGH_JUDGED} to judge by; what served stays"
        )
        log.info(told)
        return {**lists.counts, "gate": told, "promoted": False}
    values = judged(lists.later, taught(lists.earlier))
    whole = taught(joined(lists.earlier, lists.later))
    decision = gate(settings, index, grades, values, whole, date)
    ndcg = means(values)
    show(ndcg, decision)
    kept = record(settings, lake, date, lists, ndcg)
    version = register(settings.mlflow_tracking_uri, whole, kept, ndcg, decision)
    if decision.promote:
        registry.promote(settings.mlflow_tracking_uri, MODEL, version, decision.sentence)
    return {
        **lists.counts,
        "k": K,
        "models": {
            name: {"ndcg": each.mean, "from": each.low, "to": each.high}
            for name, each in ndcg.items()
        },
        "gate": decision.sentence,
        "promoted": decision.promote,
        "version": version,
    }


def gate(
    settings: Settings,
    index: Index,
    grades: Mapping[str, Grades],
    values: Mapping[str, Values],
    learned: LearnedOrder,
    date: dt.date,
) -> Decision:
    """Decide by the searches, then by people's grades; never for a day before the champion's."""
    decision = decided(values)
    if decision.promote:
        loss = lowered(index, grades, FormulaOrder(), learned)
        if loss:
            decision = Decision(promote=False, sentence=f"kept out: {loss}")
    champion = registry.champion_date(settings.mlflow_tracking_uri, MODEL)
    return unless_older(decision, str(date), champion)


def record(
    settings: Settings, lake: Partitions, date: dt.date, lists: Lists, ndcg: Mapping[str, Interval]
) -> registry.TrainingRecord:
    """Return what is kept beside the order."""
    return registry.TrainingRecord(
        code_version=settings.code_version,
        data_version=data_version(lake, ClickstreamEvent, ProductFeatures),
        date=str(date),
        params=lists.counts,
        metrics={f"{name.replace(' ', '_')}_ndcg": each.mean for name, each in ndcg.items()},
    )


def register(
    uri: str,
    learned: LearnedOrder,
    kept: registry.TrainingRecord,
    ndcg: Mapping[str, Interval],
    decision: Decision,
) -> str:
    """Log a run with the order and its card, and return the model's new version."""
    page = search_card(
        SearchCardFacts(
            date=kept.date,
            code_version=kept.code_version,
            data_version=kept.data_version,
            rule=f"searches of the {N_JUDGED_DAYS} days up to {kept.date}",
            n_taught=int(kept.params["n_taught_searches"]),
            n_judged=int(kept.params["n_judged_searches"]),
            gate=decision.sentence,
        ),
        ndcg,
    )
    with tempfile.TemporaryDirectory() as folder:
        learned.save(Path(folder) / "model")
        (Path(folder) / "card.md").write_text(page)
        run_id = registry.log_run(uri, MODEL, kept, Path(folder))
    return registry.register(uri, MODEL, run_id, decision.sentence, page)


def show(ndcg: Mapping[str, Interval], decision: Decision) -> None:
    """Print what each order comes to, and the gate's word."""
    for name, each in ndcg.items():
        log.info("%-12s nDCG@%d %.4f [%.4f, %.4f]", name, K, each.mean, each.low, each.high)
    log.info(decision.sentence)


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
