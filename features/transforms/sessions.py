"""Cut the clickstream of a day into visits.

Works on Arrow tables, not on Spark columns: sorting one day of events in memory costs a fraction of
a window function's shuffle (`bench/pipeline.py`). The job maps it over days.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.schemas.arrow import arrow_schema
from features.schemas.lake import Session

GAP_SECONDS = 30 * 60
COLUMNS = ["session_id", "customer_id", "kind", "occurred_at"]
COUNTED = {
    "search": "n_searches",
    "impression": "n_impressions",
    "view": "n_views",
    "cart": "n_carts",
}


def sessions(events: pa.Table, date: pa.Scalar) -> pa.Table:
    """Return the visits in one day's events.

    A visit is a visitor's events in time order with no gap of `GAP_SECONDS` or more. A customer is
    one visitor whatever the client's session; a guest is known by the client's session alone.

    Parameters
    ----------
    events
        Columns `COLUMNS` of one partition of `ClickstreamEvent`.
    date
        The partition's day (date32).

    Returns
    -------
    pa.Table
        Table `Session`.
    """
    visitors, names = _visitors(events)
    at = events["occurred_at"].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()).to_numpy()
    order = np.lexsort((at, visitors))
    first = _starts(visitors[order], at[order])
    last = np.append(first[1:], len(order))[: len(first)] - 1
    started = pa.array(at[order][first], pa.timestamp("us", tz="UTC"))
    visitor = names.take(pa.array(visitors[order][first]))
    counts = {
        name: np.add.reduceat(pc.equal(events["kind"], kind).to_numpy()[order].astype(int), first)
        if len(first)
        else np.zeros(0, int)
        for kind, name in COUNTED.items()
    }
    seconds = pc.cast(pc.divide(started.cast(pa.int64()), 1_000_000), pa.string())
    found = {
        "session_key": pc.binary_join_element_wise(visitor, seconds, "-"),
        "visitor_id": visitor,
        "user_id": events["customer_id"].take(pa.array(order[first])),
        "started_at": started,
        "ended_at": pa.array(at[order][last], pa.timestamp("us", tz="UTC")),
        "n_events": last - first + 1,
        **counts,
        "date": pa.repeat(date, len(first)),
    }
    schema = arrow_schema(Session)
    return pa.table({name: found[name] for name in schema.names}, schema=schema)


def _visitors(events: pa.Table) -> tuple[NDArray[np.int64], pa.Array]:
    """Return each event's visitor as a number, and the visitors' names by number."""
    customer = pc.cast(events["customer_id"], pa.string())
    customer = pc.binary_join_element_wise("c", customer, "")
    guest = pc.binary_join_element_wise("s", events["session_id"], "")
    visitor = pc.coalesce(customer, guest).combine_chunks().dictionary_encode()
    return visitor.indices.to_numpy().astype(np.int64), visitor.dictionary


def _starts(visitors: NDArray[np.int64], at: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return where, in sorted events, a visit begins."""
    if not len(visitors):
        return np.zeros(0, np.int64)
    other = np.diff(visitors) != 0
    late = np.diff(at) >= GAP_SECONDS * 1_000_000
    return np.concatenate([[0], np.flatnonzero(other | late) + 1])
