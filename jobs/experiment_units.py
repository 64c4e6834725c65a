"""What each unit of an experiment did: exposures, clickstream and order lines of the lake, as arrays.

An event is a unit's by the rule that put it into its arm (`serving.experiments.assignment.unit_of`): by
customer, else visitor, else session, or the browser first. Where that names nobody who was exposed, any
other of its ids that came with an exposure does, and an order's customer is who was met in the clickstream
as such a visitor. What came before a unit's first exposure is not counted.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.schemas.experiments import Experiment
from features.schemas.logs import ClickstreamEvent, Exposure, OrderLine
from jobs.experiment_log import KnownExperiment
from jobs.partitions import Partitions, days_between
from models.evaluation.experiments.analysis import ArmUnits
from models.evaluation.experiments.ratios import Values

BEFORE_DAYS = 28
"""What units did so long before the experiment began is taken out of its metrics."""

Known = Mapping[str, dict[Any, int]]
IDS = {"c": "customer_id", "v": "visitor_id", "s": "session_id"}
"""By the sign that a unit's id begins with."""

FIRST_ID = {
    "customer": ("customer_id", "visitor_id", "session_id"),
    "visitor": ("visitor_id", "session_id", "customer_id"),
}
LIST_KINDS = {"impression": "n_impressions", "view": "n_clicks"}
"""A view tells the list that it came from; a `click` is told beside it, and would count twice."""

CLICK_COLUMNS = [
    "occurred_at", "kind", "customer_id", "visitor_id", "session_id", "product_id", "surface", "slot",
]  # fmt: skip
COUNTS = (
    "n_exposures", "latency_ms", "n_impressions", "n_clicks", "n_orders", "has_ordered", "revenue_cents",
    "returned_cents",
)  # fmt: skip


@dataclass(frozen=True)
class Exposed:
    """Units in the order of their codes.

    Parameters
    ----------
    rows
        Exposures of one version, by time, with the columns `unit` (code) and `at`.
    arm_names, first_at
        Of each unit.
    known, known_at_first
        Column -> id -> code: of all exposures, and of each unit's first.
    n_crossed
        Units that were seen in two arms, which are left out.
    """

    rows: pd.DataFrame
    arm_names: np.ndarray
    first_at: pd.Series
    known: Known
    known_at_first: Known
    n_crossed: int

    @property
    def n_units(self) -> int:
        """How many units."""
        return len(self.arm_names)


def units_of(
    lake: Partitions, known: KnownExperiment, date: dt.date
) -> tuple[dict[str, ArmUnits], int]:
    """Return each arm's units as known by the end of a day, and how many were seen in two arms."""
    experiment, first_day = known.experiment, known.starts_at.date()
    exposed = exposed_units(_exposures(lake, experiment, first_day, date))
    counts = _during(lake, known, exposed, date)
    before = _before(lake, experiment, exposed, first_day)
    arms = {arm.name: _arm(exposed, arm.name, counts, before) for arm in experiment.arms}
    return arms, exposed.n_crossed


def _during(
    lake: Partitions, known: KnownExperiment, exposed: Exposed, date: dt.date
) -> dict[str, Values]:
    """Return what units did from their first exposure to the experiment's end, and whose lists they chose from."""
    first_day, end, ids = known.starts_at.date(), _end(known, date), exposed.known
    counts = _zeros(exposed)
    counts["n_exposures"] = _sum(exposed.rows["unit"], None, exposed.n_units)
    counts["latency_ms"] = _sum(exposed.rows["unit"], exposed.rows["latency_ms"], exposed.n_units)
    clicks = []
    for day in days_between(first_day, date):
        events = _events(lake, day, known.experiment, ids)
        _learn(ids, events)
        clicks.append(_within(events, exposed, end))
        _add_list_events(counts, clicks[-1], known.experiment)
    _add_orders(counts, _within(_lines(lake, first_day, date, ids), exposed, end))
    credits_ = _credits(exposed, pd.concat(clicks), known.experiment)
    return counts | dict(zip(("first_credits", "second_credits"), credits_, strict=True))


def _before(
    lake: Partitions, experiment: Experiment, exposed: Exposed, first_day: dt.date
) -> dict[str, Values]:
    """Return what units did on the days before, as far as the first exposure's ids tell.

    An id that came later may have come because of the arm, and then it would be no matter of before.
    """
    counts, since = _zeros(exposed), first_day - dt.timedelta(days=BEFORE_DAYS)
    last = first_day - dt.timedelta(days=1)
    for day in days_between(since, last):
        events = _events(lake, day, experiment, exposed.known_at_first)
        _add_list_events(counts, events, experiment)
    _add_orders(counts, _lines(lake, since, last, exposed.known_at_first))
    return counts


def _zeros(exposed: Exposed) -> dict[str, Values]:
    return {name: np.zeros(exposed.n_units) for name in COUNTS}


def exposed_units(rows: pd.DataFrame) -> Exposed:
    """Return who was exposed, without those who were seen in two arms."""
    n_arms = rows.groupby("unit_id")["arm"].nunique()
    crossed = n_arms.index[n_arms > 1]
    rows = rows[~rows["unit_id"].isin(crossed)].sort_values("at", kind="stable")
    codes, unit_ids = pd.factorize(rows["unit_id"])
    rows = rows.assign(unit=codes)
    first = rows.drop_duplicates("unit")
    return Exposed(
        rows=rows,
        arm_names=first["arm"].to_numpy(),
        first_at=first["at"],
        known=_ids_of(rows, unit_ids),
        known_at_first=_ids_of(first, unit_ids),
        n_crossed=len(crossed),
    )


def _ids_of(rows: pd.DataFrame, unit_ids: pd.Index) -> Known:
    """Return every id that exposures came with, and the unit that it names: first of all its own."""
    known: dict[str, dict[Any, int]] = {}
    for name in IDS.values():
        told = rows[rows[name].notna()].drop_duplicates([name])
        known[name] = dict(zip(told[name].tolist(), told["unit"].tolist(), strict=True))
    for code, unit_id in enumerate(unit_ids):
        prefix, own = unit_id[0], unit_id[1:]
        known[IDS[prefix]][int(own) if prefix == "c" else own] = code
    return known


def _exposures(
    lake: Partitions, experiment: Experiment, first_day: dt.date, date: dt.date
) -> pd.DataFrame:
    where = (pc.field("experiment") == experiment.name) & (
        pc.field("experiment_version") == experiment.experiment_version
    )
    table = lake.read(Exposure, first_day, date, where=where)
    return _frame(table)


def _frame(table: pa.Table) -> pd.DataFrame:
    """Return a table's rows, with `at` as a UTC time without its zone, which is quicker to compare."""
    frame: pd.DataFrame = table.to_pandas()
    return frame.assign(at=frame["occurred_at"].dt.tz_convert(None))


def _events(lake: Partitions, day: dt.date, experiment: Experiment, ids: Known) -> pd.DataFrame:
    """Return a day's events of lists, of exposed units."""
    where = pc.field("kind").isin(list(LIST_KINDS))
    frame = _frame(lake.read(ClickstreamEvent, day, day, CLICK_COLUMNS, where))
    frame = frame.assign(unit=_unit_codes(frame, ids, FIRST_ID[experiment.unit]))
    return frame[frame["unit"] >= 0]


def _learn(ids: Known, events: pd.DataFrame) -> None:
    """Note which customers units turn out to be."""
    told = events[events["customer_id"].notna()].drop_duplicates("customer_id")
    for customer_id, unit in zip(told["customer_id"], told["unit"], strict=True):
        ids["customer_id"].setdefault(int(customer_id), int(unit))


def _lines(lake: Partitions, first: dt.date, last: dt.date, ids: Known) -> pd.DataFrame:
    names = ["occurred_at", "customer_id", "order_id", "kind", "quantity", "unit_price_cents"]
    frame = _frame(lake.read(OrderLine, first, last, names))
    frame = frame.assign(unit=_unit_codes(frame, ids, ("customer_id",)))
    frame = frame[frame["unit"] >= 0]
    return frame.assign(cents=frame["quantity"] * frame["unit_price_cents"])


def _unit_codes(frame: pd.DataFrame, ids: Known, names: Sequence[str]) -> np.ndarray:
    """Return the unit of each row by the first of its ids that names one, -1 where none does."""
    found = np.full(len(frame), -1, np.int64)
    for name in names:
        left = np.nonzero(found < 0)[0]
        codes = frame[name].iloc[left].map(ids[name])
        found[left] = codes.fillna(-1).to_numpy(np.int64)
    return found


def _within(events: pd.DataFrame, exposed: Exposed, end: pd.Timestamp) -> pd.DataFrame:
    """Return what came after the unit's first exposure and before the experiment's end."""
    first = exposed.first_at.to_numpy()[events["unit"].to_numpy()]
    at = events["at"].to_numpy()
    found: pd.DataFrame = events[(at >= first) & (at < end.to_datetime64())]
    return found


def _end(known: KnownExperiment, date: dt.date) -> pd.Timestamp:
    end = dt.datetime.combine(date + dt.timedelta(days=1), dt.time(), dt.UTC)
    return _utc(min(end, known.over_at or end))


def _utc(moment: dt.datetime) -> pd.Timestamp:
    return pd.Timestamp(moment).tz_convert(None)


def _add_list_events(
    counts: dict[str, Values], events: pd.DataFrame, experiment: Experiment
) -> None:
    events = events[_on_lists(events, experiment)]
    for kind, name in LIST_KINDS.items():
        counts[name] += _sum(events["unit"][events["kind"] == kind], None, len(counts[name]))


def _on_lists(events: pd.DataFrame, experiment: Experiment) -> pd.Series:
    """Return which events tell of a list that the experiment is about."""
    on_surface = events["surface"].isin([*experiment.surfaces, *experiment.slots])
    if not experiment.slots:
        return on_surface
    return on_surface & (events["slot"].isna() | events["slot"].isin(experiment.slots))


def _add_orders(counts: dict[str, Values], lines: pd.DataFrame) -> None:
    n_units = len(counts["n_orders"])
    sold, returned = lines[lines["kind"] == "sale"], lines[lines["kind"] == "return"]
    orders = sold.drop_duplicates("order_id")
    counts["n_orders"] += _sum(orders["unit"], None, n_units)
    counts["has_ordered"] = (counts["n_orders"] > 0).astype(np.float64)
    counts["revenue_cents"] += _sum(sold["unit"], sold["cents"], n_units)
    counts["returned_cents"] += _sum(returned["unit"], returned["cents"], n_units)


def _credits(
    exposed: Exposed, clicks: pd.DataFrame, experiment: Experiment
) -> tuple[Values, Values]:
    """Return each unit's clicks on what counted for either way in the last list that showed it."""
    drafted = pd.DataFrame(_drafted(exposed.rows), columns=["at", "unit", "product_id", "team"])
    clicked = clicks[_on_lists(clicks, experiment) & (clicks["kind"] == "view")]
    if drafted.empty or clicked.empty:
        return np.zeros(exposed.n_units), np.zeros(exposed.n_units)
    clicked = clicked[["at", "unit", "product_id"]].astype({"product_id": np.int64})
    drafted = drafted.astype({"at": clicked["at"].dtype})
    both = pd.merge_asof(
        clicked.sort_values("at"), drafted.sort_values("at"), on="at", by=["unit", "product_id"]
    )
    first, second = (
        _sum(both["unit"][both["team"] == team], None, exposed.n_units) for team in (0, 1)
    )
    return first, second


def _drafted(rows: pd.DataFrame) -> Iterator[tuple[pd.Timestamp, int, int, int]]:
    names = ("first_product_ids", "second_product_ids")
    for team, name in enumerate(names):
        told = rows[rows[name].notna()]
        for at, unit, ids in zip(told["at"], told["unit"], told[name], strict=True):
            for product_id in ids.split(",") if ids else ():
                yield at, unit, int(product_id), team


def _arm(
    exposed: Exposed,
    name: str,
    counts: Mapping[str, Values],
    before: Mapping[str, Values],
) -> ArmUnits:
    own = exposed.arm_names == name
    rows = exposed.rows[own[exposed.rows["unit"].to_numpy()]]
    return ArmUnits(
        counts={key: counts[key][own] for key in COUNTS},
        before={key: values[own] for key, values in before.items()},
        latencies=rows["latency_ms"].to_numpy(np.float64),
        latency_units=rows["unit"].to_numpy(),
        first_credits=counts["first_credits"][own],
        second_credits=counts["second_credits"][own],
        model_version=rows["model_version"].iloc[-1] if len(rows) else None,
    )


def _sum(units: pd.Series, values: pd.Series | None, n_units: int) -> Values:
    weights = None if values is None else values.to_numpy(np.float64)
    return np.bincount(units.to_numpy(np.int64), weights, n_units).astype(np.float64)
