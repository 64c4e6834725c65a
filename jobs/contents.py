"""What the lake holds, for who looks at it for the first time: tables, days, rows, and what was refused."""

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from typing import Literal

import pandas as pd
import pyarrow.compute as pc
import pyarrow.dataset as ds

from features.schemas.lake import DERIVED
from features.schemas.logs import LOGS
from features.schemas.row import Row
from jobs.partitions import Layer, Partitions, count_rows

BY_LAYER: Mapping[Literal["validated", "derived"], tuple[type[Row], ...]] = {
    "validated": LOGS,
    "derived": DERIVED,
}


def contents(lake: Partitions) -> pd.DataFrame:
    """Return a row for each table that has days: layer, table, n_days, first_day, last_day, n_rows."""
    rows = []
    for layer, tables in BY_LAYER.items():
        for table in tables:
            by_day = rows_by_day(lake, layer, table.table)
            if by_day:
                span = (len(by_day), min(by_day), max(by_day), sum(by_day.values()))
                rows.append((layer, table.table, *span))
    names = ["layer", "table", "n_days", "first_day", "last_day", "n_rows"]
    return pd.DataFrame(rows, columns=names)


def rows_by_day(lake: Partitions, layer: Layer, table: str) -> dict[dt.date, int]:
    """Return how many rows a table has of each day, by the files' footers."""
    folder = lake.folder(layer, table)
    return {
        day: count_rows((folder / f"date={day}").glob("*.parquet"))
        for day in lake.days(layer, table)
    }


def quarantined(lake: Partitions, log: type[Row]) -> dict[str, int]:
    """Return how many rows of a log were refused, by reason, most frequent first; a row may have several."""
    files = [str(file) for file in lake.folder("quarantine", log.table).glob("date=*/*.parquet")]
    if not files:
        return {}
    reasons = ds.dataset(files, format="parquet").to_table(columns=["reasons"])["reasons"]
    return dict(Counter(pc.list_flatten(reasons).to_pylist()).most_common())
