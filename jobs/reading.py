"""What several jobs ask of tables they have read. It loads neither Feast nor Spark, which take seconds."""

import datetime as dt
import hashlib

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.schemas.row import Row
from jobs.partitions import Partitions, layer_of

EPOCH = dt.date(1970, 1, 1)


def newest(versions: pa.Table) -> pa.Table:
    """Return the newest version of each product."""
    ordered = versions.sort_by([("occurred_at", "ascending"), ("event_id", "ascending")])
    return ordered.group_by("product_id", use_threads=False).aggregate(
        [(name, "last") for name in ordered.column_names if name != "product_id"]
    ).rename_columns(
        ["product_id", *(name for name in ordered.column_names if name != "product_id")]
    )  # fmt: skip


def days_since_1970(dates: pa.ChunkedArray) -> NDArray[np.int64]:
    """Return dates as whole numbers."""
    return np.asarray(dates.cast(pa.int32()).to_numpy(), np.int64)


def day_number(day: dt.date) -> int:
    """Return a date as a whole number of days since 1970."""
    return (day - EPOCH).days


def data_version(lake: Partitions, *tables: type[Row]) -> str:
    """Return a name for the published partitions of the tables: another after any new one."""
    digest = hashlib.blake2b(digest_size=8)
    for row in tables:
        for version in lake.versions(layer_of(row), row.table):
            digest.update(version.encode())
    return digest.hexdigest()
