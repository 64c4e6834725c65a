"""What was served beside the lake's truth of that moment: skew, staleness, and the clicks of each version."""

import datetime as dt
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
from numpy.typing import NDArray

from features.schemas.arrow import arrow_schema
from features.schemas.lake import ProductFeatures, SearchDocument, UserFeatures
from features.schemas.logs import Answer, ClickstreamEvent
from features.schemas.row import Row
from features.schemas.served_features import split, unpack_served
from jobs.partitions import Partitions
from jobs.quality import Bounds, Finding, Model
from models.ids import rows_of
from models.search.signals import COLUMNS as SIGNAL_COLUMNS
from models.search.signals import NAMES as SIGNALS
from models.search.signals import Signals

N_COMPARED = 2_000
"""Answers of a day; of more, evenly many of all hours."""
NEAR = 1e-4
"""Relative: served numbers have single precision."""
CLICKS = ("click", "view", "cart")
SECONDS_AN_HOUR = 3_600
COLUMNS = [
    "event_id", "endpoint", "occurred_at", "customer_id", "product_ids", "index_date", "feature_times",
    "product_feature_names", "product_features", "user_feature_names", "user_features",
]  # fmt: skip
Served = NDArray[np.float32]
Answers = Sequence[Mapping[str, Any]]


@dataclass
class Compared:
    """How many values of each feature were compared, and how many differ."""

    n: Counter[str] = field(default_factory=Counter)
    n_differ: Counter[str] = field(default_factory=Counter)

    def add(self, names: Sequence[str], served: Served, truth: Served) -> None:
        """Count rows of features as they were served beside what they should have been."""
        alike = np.isclose(served, truth, rtol=NEAR, atol=NEAR, equal_nan=True)
        for place, name in enumerate(names):
            self.n[name] += len(served)
            self.n_differ[name] += int((~alike[:, place]).sum())


def answers_of(lake: Partitions, day: dt.date) -> Answers:
    """Return answers of a day whose ranking read features, at most about `N_COMPARED`."""
    ranked = ds.field("product_features") != ""
    table = lake.read(Answer, day, day, COLUMNS, ranked).sort_by("event_id")
    every = -(-len(table) // N_COMPARED) or 1
    rows: list[dict[str, Any]] = table.take(
        pa.array(range(0, len(table), every), pa.int64())
    ).to_pylist()
    return rows


def skews(lake: Partitions, answers: Answers, bounds: Bounds) -> Iterator[Finding]:
    """Yield the share of each feature's values that were not served as the lake has them."""
    recommended = [each for each in answers if each["endpoint"] == "recommendations"]
    searched = [each for each in answers if each["endpoint"] != "recommendations"]
    yield from _skews(ProductFeatures.table, "recommender", of_products(lake, recommended), bounds)
    yield from _skews(UserFeatures.table, "recommender", of_users(lake, recommended), bounds)
    yield from _skews(SearchDocument.table, "search", of_searches(lake, searched), bounds)


def _skews(table: str, model: Model, compared: Compared, bounds: Bounds) -> Iterator[Finding]:
    for name, n in compared.n.items():
        n_differ = compared.n_differ[name]
        sentence = f"{n_differ} of {n} values of {table}.{name} were served otherwise than the lake has them"
        yield Finding("skew", f"{table}.{name}", model, n_differ / n, bounds.skew_ratio, sentence)


def of_products(lake: Partitions, answers: Answers) -> Compared:
    """Compare products' features as rankers read them with the partition that they say they are of."""
    found = Compared()
    for (day, names), group in _by_day(
        answers, ProductFeatures.table, "product_feature_names"
    ).items():
        truth = Truth.of(lake, ProductFeatures, "product_id", names, day)
        for answer in group if truth else ():
            ids = [int(each) for each in split(answer["product_ids"])]
            _compare(found, truth, names, ids, unpack_served(answer["product_features"], names))
    return found


def of_users(lake: Partitions, answers: Answers) -> Compared:
    """Compare customers' features as rankers read them with the partition that they say they are of."""
    found = Compared()
    for (day, names), group in _by_day(answers, UserFeatures.table, "user_feature_names").items():
        truth = Truth.of(lake, UserFeatures, "user_id", names, day)
        for answer in group if truth else ():
            served = unpack_served(answer["user_features"], names)
            _compare(found, truth, names, [answer["customer_id"]], served)
    return found


def of_searches(lake: Partitions, answers: Answers) -> Compared:
    """Compare the signals of a search's second stage with the documents that its index was built of.

    What is in stock changes with every sale, which the index follows: it is not compared.
    """
    found = Compared()
    by_day: dict[dt.date, list[Mapping[str, Any]]] = defaultdict(list)
    for answer in answers:
        by_day[dt.date.fromisoformat(answer["index_date"])].append(answer)
    for day, group in by_day.items():
        documents = lake.read(SearchDocument, day, day, [*SIGNAL_COLUMNS])
        if not len(documents):
            continue
        signals = Signals.of_table(documents)
        truth = Truth(signals.product_ids, signals.lifts[:-1])
        for answer in group:
            ids = [int(each) for each in split(answer["product_ids"])]
            served = unpack_served(
                answer["product_features"], split(answer["product_feature_names"])
            )
            _compare(found, truth, SIGNALS, ids, served[:, : len(SIGNALS)])
    return found


@dataclass(frozen=True)
class Truth:
    """Features of a day by rising id, shape (n, n_features)."""

    ids: NDArray[np.int64]
    values: Served

    @classmethod
    def of(
        cls, lake: Partitions, row: type[Row], entity: str, names: Sequence[str], day: dt.date
    ) -> "Truth | None":
        """Return some columns of a day's partition; None if the lake has no such rows or columns."""
        if not set(names) <= set(arrow_schema(row).names):
            return None
        table = lake.read(row, day, day, [entity, *names]).sort_by(entity)
        if not len(table):
            return None
        columns = [pc.cast(table[name], pa.float64(), safe=False).to_numpy() for name in names]
        ids = np.asarray(table[entity].to_numpy(), np.int64)
        return cls(ids, np.column_stack(columns).astype(np.float32))


def _compare(
    found: Compared, truth: Truth | None, names: Sequence[str], ids: Sequence[int], served: Served
) -> None:
    """Compare what was read of those entities that the lake knows."""
    if truth is None:
        return
    rows = rows_of(truth.ids, list(ids))
    read = ~np.isnan(served).all(axis=1) & (rows >= 0)
    if read.any():
        found.add(names, served[read], truth.values[rows[read]])


def _by_day(
    answers: Answers, view: str, column: str
) -> dict[tuple[dt.date, tuple[str, ...]], list[Mapping[str, Any]]]:
    """Return answers by the partition that all they read of a view is of, and by its columns."""
    found: dict[tuple[dt.date, tuple[str, ...]], list[Mapping[str, Any]]] = defaultdict(list)
    for answer in answers:
        names, times = tuple(split(answer[column])), _times(answer).get(view)
        if names and times and times[0] == times[1]:
            found[_partition_of(times[0]), names].append(answer)
    return found


def _times(answer: Mapping[str, Any]) -> dict[str, tuple[float, float]]:
    """Return the earliest and latest time of each view read, seconds since 1970."""
    told = json.loads(answer["feature_times"])
    bounds = {view: at if isinstance(at, list) else [at, at] for view, at in told.items()}
    return {view: (float(first), float(last)) for view, (first, last) in bounds.items()}


def _partition_of(available_at: float) -> dt.date:
    """Return the day whose picture can be used from a moment on: the one that ended then."""
    return dt.datetime.fromtimestamp(available_at - 1, dt.UTC).date()


def staleness(answers: Answers, bounds: Bounds) -> Iterator[Finding]:
    """Yield how old the batch features were that answers read; of half of them, younger."""
    hours: dict[str, list[float]] = defaultdict(list)
    for answer in answers:
        for view, (first, _) in _times(answer).items():
            if view in (ProductFeatures.table, UserFeatures.table):
                hours[view].append((answer["occurred_at"].timestamp() - first) / SECONDS_AN_HOUR)
    for view, ages in hours.items():
        age = float(np.median(ages))
        sentence = f"the features of {view} that rankers read were {age:.0f} hours old"
        yield Finding("stale_feature", view, "recommender", age, bounds.stale_hours, sentence)


@dataclass(frozen=True)
class VersionClicks:
    """What became of the answers of one version: how many there were, and were clicked."""

    version: str
    n_answers: int
    n_clicked: int


def clicks_by_version(
    lake: Partitions, day: dt.date, endpoints: Iterable[str]
) -> list[VersionClicks]:
    """Return what became of a day's answers, by the model or the search's order that made them."""
    columns = ["event_id", "endpoint", "model_version", "search_order"]
    made = lake.read(
        Answer, day, day, columns, ds.field("endpoint").isin(list(endpoints))
    ).to_pylist()
    clicked = set(
        lake.read(ClickstreamEvent, day, day, ["answer_id"], ds.field("kind").isin(CLICKS))[
            "answer_id"
        ].to_pylist()
    )
    shown: Counter[str] = Counter()
    led: Counter[str] = Counter()
    for answer in made:
        version = answer["model_version"] or answer["search_order"] or "no model"
        shown[version] += 1
        led[version] += answer["event_id"] in clicked
    return [VersionClicks(version, n, led[version]) for version, n in sorted(shown.items())]
