"""Searches of the clickstream with what they showed, and what was known of products before each day."""

import datetime as dt
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.schemas.lake import ProductFeatures
from features.schemas.logs import ClickstreamEvent
from jobs.partitions import Partitions
from jobs.reading import EPOCH, day_number
from models.ranking.shown import IN_THE_CART, LOOKED_AT
from models.search.behaviour import MAX_POSITION, ShownSearches, together
from models.search.signals import COLUMNS, NO_SIGNALS, Signals

SURFACE = "search"
CLICKS = [
    "kind",
    "session_id",
    "customer_id",
    "occurred_at",
    "event_id",
    "query",
    "product_id",
    "surface",
    "position",
]
KINDS = ["impression", "view", "cart"]
MAX_AGE_DAYS = 14
"""Features of a product may be this many days old."""
KEPT = [name for name in COLUMNS if name not in ("brand", "in_stock")]
N_KEPT_DAYS = 4

Ids = NDArray[np.int64]


def shown_searches(lake: Partitions, days: Sequence[dt.date]) -> ShownSearches:
    """Return the searches of some days; what was shown without a place is left out.

    A day's partition is looked at by itself: of a search whose events became known on two days, the part before
    the break counts.
    """
    return together([_of_day(lake, day) for day in days])


def _of_day(lake: Partitions, day: dt.date) -> ShownSearches:
    clicks = lake.read(ClickstreamEvent, day, day, CLICKS)
    follows = pc.and_(
        pc.equal(clicks["surface"], SURFACE), pc.is_in(clicks["kind"], pa.array(KINDS))
    )
    is_search = pc.and_(pc.equal(clicks["kind"], "search"), pc.is_valid(clicks["query"]))
    acts = clicks.append_column("later", pc.fill_null(follows, False))  # noqa: FBT003
    acts = acts.filter(pc.or_kleene(follows, is_search))
    return searches_of(acts, day_number(day))


def searches_of(acts: pa.Table, day: int) -> ShownSearches:
    """Return searches of a table of `CLICKS` and `later`, which is false for searches.

    What follows in a session belongs to its last search.
    """
    ordered = acts.sort_by(
        [(name, "ascending") for name in ("session_id", "occurred_at", "later", "event_id")]
    )
    is_search = ~ordered["later"].to_numpy()
    sessions = pc.rank(ordered["session_id"], tiebreaker="dense").to_numpy().astype(np.int64)
    last = np.maximum.accumulate(np.where(is_search, np.arange(len(is_search)), -1))
    belongs = (last >= 0) & (sessions[last] == sessions) & ~is_search
    kinds = ordered["kind"].to_numpy()
    products = np.asarray(pc.fill_null(ordered["product_id"], -1).to_numpy(), np.int64)
    positions = np.asarray(pc.fill_null(ordered["position"], 0).to_numpy(), np.int64)
    found = last * (products.max(initial=0) + 2) + products
    shown = np.nonzero(belongs & (kinds == "impression") & (positions > 0) & (products > 0))[0]
    _, first = np.unique(
        found[shown], return_index=True
    )  # shown again, as when a page is loaded anew
    shown = shown[first]
    outcome = np.zeros(len(shown), np.int64)
    for kind, worth in (("view", LOOKED_AT), ("cart", IN_THE_CART)):
        outcome[np.isin(found[shown], found[belongs & (kinds == kind)])] = worth
    searches, search = np.unique(last[shown], return_inverse=True)
    return ShownSearches(
        search=search,
        product=products[shown],
        position=np.minimum(positions[shown], MAX_POSITION),
        outcome=outcome,
        queries=ordered["query"].take(searches).to_pylist(),
        days=np.full(len(searches), day),
        users=pc.fill_null(ordered["customer_id"].take(searches), 0).to_numpy(),
    )


def signals_before(lake: Partitions) -> Callable[[int], Signals]:
    """Return what gives the signals that were known before a day (counted from 1970), none if they were too old."""
    built = np.array([day_number(day) for day in lake.days("derived", ProductFeatures.table)])

    @lru_cache(maxsize=N_KEPT_DAYS)
    def of_partition(number: int) -> Signals:
        day = EPOCH + dt.timedelta(days=number)
        table = lake.read(ProductFeatures, day, day, [*KEPT, "n_available"])
        stock = pc.greater(table["n_available"], 0)
        table = table.append_column("in_stock", stock)
        nobody = pa.nulls(len(table), pa.string())
        return Signals.of_table(table.append_column("brand", nobody))

    def before(number: int) -> Signals:
        usable = built[(built < number) & (built >= number - MAX_AGE_DAYS)]
        return of_partition(int(usable.max())) if len(usable) else NO_SIGNALS

    return before


def has_signals(lake: Partitions, day: dt.date) -> bool:
    """Return whether features of products were known before a day, and not too old."""
    ages = [(day - built).days for built in lake.days("derived", ProductFeatures.table)]
    return any(1 <= age <= MAX_AGE_DAYS for age in ages)
