"""What the lake has of what the shop told: order lines, and levels of stock."""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from features.schemas.logs import OrderLine, StockLevel
from features.schemas.row import LogRow
from jobs.partitions import Partitions
from jobs.shop_truth import PlaceLevel, start_of

OF_THE_SHOP = re.compile(r"(sale|return)-\d+-\d+(-\d+)?")
"""Ids of lines' events that the shop makes; loaded logs have others."""
IS_LINE = pc.match_substring_regex(ds.field("event_id"), "^(sale|return)-")
TOTAL_COLUMNS = ["product_id", "n_available", "occurred_at", "recorded_at"]
Row = Mapping[str, Any]
Rows = Mapping[str, Row]
"""Rows of a log by their event's id."""


@dataclass(frozen=True)
class ToldLevels:
    """Levels in the lake: the rows of events, and the last total of each product that was loaded."""

    by_event: Rows
    last_by_product: Mapping[int, int]


@dataclass(frozen=True)
class ShopTold:
    """The lake's rows of some days and what came later, read once.

    Parameters
    ----------
    totals
        Levels of loaded products, all warehouses together, in the order they were.
    """

    all_lines: Rows
    by_event: Rows
    totals: Sequence[Row]

    def lines(self, day: dt.date) -> Rows:
        """Return the lines of what happened on a day, whenever they were told."""
        return {
            event_id: row
            for event_id, row in self.all_lines.items()
            if day_of(row["occurred_at"]) == day
        }

    def levels(self, day: dt.date) -> ToldLevels:
        """Return the levels of a day; totals are those at its end."""
        end = start_of(day + dt.timedelta(days=1))
        last = {
            row["product_id"]: row["n_available"] for row in self.totals if row["occurred_at"] < end
        }
        return ToldLevels(self.by_event, last)


def told(lake: Partitions, first: dt.date, levels: Iterable[PlaceLevel]) -> ShopTold:
    """Read what the lake has from a day on of the shop's lines, and of some places' levels."""
    events, loaded = set(), set()
    for level in levels:
        if level.event_id is not None:
            events.add(level.event_id)
        elif level.is_loaded:
            loaded.add(level.product_id)
    lines = rows_since(lake, OrderLine, first, IS_LINE)
    wanted = ds.field("event_id").isin(sorted(events))
    return ShopTold(
        {event_id: row for event_id, row in lines.items() if OF_THE_SHOP.fullmatch(event_id)},
        rows_since(lake, StockLevel, first, wanted) if events else {},
        totals(lake, sorted(loaded)) if loaded else [],
    )


def totals(lake: Partitions, product_ids: Sequence[int]) -> Sequence[Row]:
    """Return all levels of some products in the order they were."""
    days = lake.days("validated", StockLevel.table)
    if not days:
        return []
    wanted = ds.field("product_id").isin(product_ids)
    rows = lake.read(StockLevel, None, days[-1], TOTAL_COLUMNS, wanted)
    ordered = rows.sort_by([("occurred_at", "ascending"), ("recorded_at", "ascending")])
    return list(ordered.to_pylist())


def rows_since(lake: Partitions, row: type[LogRow], day: dt.date, where: Any) -> Rows:  # noqa: ANN401 - an expression
    """Return a log's rows of a day's partition and later ones; validated before quarantined ones."""
    days = [each for each in lake.days("validated", row.table) if each >= day]
    validated = lake.read(row, day, days[-1], where=where).to_pylist() if days else []
    refused = [
        each
        for file in _quarantined(lake, row, day)
        for each in typed(row, pq.read_table(file, partitioning=None), where)
    ]
    return {each["event_id"]: each for each in (*refused, *validated)}


def _quarantined(lake: Partitions, row: type[LogRow], day: dt.date) -> Iterator[Path]:
    for each in lake.days("quarantine", row.table):
        if each >= day:
            folder = lake.folder("quarantine", row.table) / f"date={each}"
            yield from sorted(folder.glob("*.parquet"))


def typed(row: type[LogRow], text: pa.Table, where: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401
    """Yield quarantined rows, their text as numbers where it is one."""
    if "event_id" not in text.column_names:
        return
    for each in text.filter(where).to_pylist():
        yield {name: number(each.get(name)) for name in row.model_fields if name != "date"}


def number(text: str | None) -> str | int | None:
    """Return a whole number if the text is one."""
    return int(text) if text is not None and re.fullmatch(r"-?\d{1,18}", text) else text


def day_of(moment: dt.datetime | str | None) -> dt.date | None:
    """Return the UTC day of a moment, also of one that is text; None if it is none."""
    try:
        at = dt.datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    except ValueError:
        return None
    return at.astimezone(dt.UTC).date() if at is not None else None
