"""Hold the lake against the shop's own tables: orders to the cent, stock to the unit, of each day.

python -m jobs.reconcile_shop --date 2024-05-01

What is validated counts, and what is in quarantine: it came. Any difference fails the job, which names the rows: the
first ones in its sentence, all of them in `reports/reconcile_shop/<day>.csv`.
"""

import csv
import datetime as dt
import io
import logging
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from jobs.reports import write_report, write_whole
from jobs.runner import Dates, JobError, Settings, partitions, run
from jobs.shop_told import Rows, ToldLevels, told
from jobs.shop_truth import PlaceLevel, ShopTruth, SoldLine

JOB = "reconcile_shop"
N_NAMED = 5
COMPARED = (
    "order_id",
    "line_number",
    "product_id",
    "kind",
    "quantity",
    "unit_price_cents",
    "currency",
)
log = logging.getLogger(JOB)


@dataclass(frozen=True)
class Difference:
    """A row that the shop and the lake do not tell alike."""

    day: dt.date
    what: str
    event_id: str
    product_id: int | None
    warehouse_id: int | None
    shop: str
    lake: str

    def __str__(self) -> str:
        """Return it in a few words."""
        place = f" in warehouse {self.warehouse_id}" if self.warehouse_id is not None else ""
        told = f": shop {self.shop or 'nothing'}, lake {self.lake or 'nothing'}"
        return f"{self.what} {self.event_id} (product {self.product_id}{place}){told}"


def main(settings: Settings, dates: Dates) -> None:
    """Compare each day, write what differs, and fail if anything does.

    Raises
    ------
    JobError
        If there is no shop, or anything differs.
    """
    if not settings.database_url:
        raise JobError("set DATABASE_URL: without the shop's database there is nothing to compare")
    truth, days = ShopTruth(settings.database_url), dates.days()
    levels_of = {day: truth.levels(day) for day in days}
    lake = told(partitions(settings), days[0], [each for of in levels_of.values() for each in of])
    for day, levels in levels_of.items():
        lines, told_lines = truth.lines(day), lake.lines(day)
        found = [*of_lines(day, lines, told_lines), *of_levels(day, levels, lake.levels(day))]
        write_report(settings.reports, JOB, day, figures(lines, told_lines, levels, found))
        write_whole(settings.reports / JOB / f"{day}.csv", as_csv(found))
        log.info("%s: %d lines, %d places, %d differ", day, len(lines), len(levels), len(found))
        if found:
            raise JobError(sentence(day, found, settings.reports / JOB))


def sentence(day: dt.date, found: Sequence[Difference], folder: Path) -> str:
    """Return what differs, the first rows by name."""
    named = "; ".join(str(each) for each in found[:N_NAMED])
    more = f"; and {len(found) - N_NAMED} more" if len(found) > N_NAMED else ""
    return (
        f"{day}: {len(found)} rows differ between the shop and the lake: {named}{more}. All are in "
        f"{folder}/{day}.csv. If ingest has not run for the day, run it; what is still missing then was lost"
    )


def of_lines(day: dt.date, sold: Iterable[SoldLine], told: Rows) -> Iterator[Difference]:
    """Yield the lines that differ: missing, different, or unknown to the shop."""
    known = {line.event_id: line for line in sold}
    for event_id, line in known.items():
        shop, lake = _compared(asdict(line)), _compared(told.get(event_id, {}))
        if shop != lake:
            yield Difference(day, "order line", event_id, line.product_id, None, shop, lake)
    for event_id, row in told.items():
        if event_id not in known:
            product_id = row.get("product_id")
            yield Difference(day, "order line", event_id, product_id, None, "", _compared(row))


def _compared(row: Mapping[str, Any]) -> str:
    """Return what of a line must be alike; nothing of a row that is not there."""
    return " ".join(f"{name}={row.get(name)}" for name in COMPARED) if row else ""


def of_levels(day: dt.date, levels: Iterable[PlaceLevel], told: ToldLevels) -> Iterator[Difference]:
    """Yield the places whose level differs between ledger, what the shop told, and the lake."""
    for level in levels:
        if level.is_unsettled:
            continue
        found = _loaded(level, told) if level.event_id is None else _told(level, told)
        if found is not None:
            event_id = level.event_id or "-"
            place = (level.product_id, level.warehouse_id)
            yield Difference(day, "stock level", event_id, *place, f"{level.n_units} units", found)


def _told(level: PlaceLevel, told: ToldLevels) -> str | None:
    """Return what the lake has instead of a level that the shop told; None if it is right."""
    right = {level.n_units} if level.is_open else {level.n_units, 0}
    row = told.by_event.get(level.event_id or "")
    if row is None:
        return ""
    if level.n_told not in right:
        return f"{level.n_told} units, as the shop told"
    n_there = row["n_available_there"]
    return None if n_there == level.n_told else f"{n_there} units"


def _loaded(level: PlaceLevel, told: ToldLevels) -> str | None:
    """Return what the lake has instead of a level that the shop told nothing of; None if it is right.

    A log's level is of all warehouses together, and a log without levels was loaded with made-up ones.
    """
    if not level.is_loaded:
        return ""
    last = told.last_by_product.get(level.product_id)
    return None if last is None or last == level.n_units else f"{last} units"


def figures(
    sold: Sequence[SoldLine], told: Rows, levels: Sequence[PlaceLevel], found: Sequence[Difference]
) -> dict[str, Any]:
    """Return the sums of both sides, and how many rows differ."""
    return {
        "n_lines": {"shop": len(sold), "lake": len(told)},
        "cents": {
            "shop": cents([asdict(line) for line in sold]),
            "lake": cents(told.values()),
        },
        "n_places": len(levels),
        "n_unsettled": sum(level.is_unsettled for level in levels),
        "units": sum(level.n_units for level in levels),
        "n_differences": len(found),
        "products": sorted({each.product_id for each in found if each.product_id is not None})[
            :100
        ],
    }


def cents(lines: Iterable[Mapping[str, Any]]) -> int:
    """Return what lines come to: what was sold less what was given back."""
    return sum(
        (1 if line["kind"] == "sale" else -1) * line["quantity"] * line["unit_price_cents"]
        for line in lines
        if isinstance(line["quantity"], int) and isinstance(line["unit_price_cents"], int)
    )


def as_csv(found: Iterable[Difference]) -> str:
    """Return the differences as a file, a line each."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([field.name for field in fields(Difference)])
    writer.writerows([getattr(each, field.name) for field in fields(Difference)] for each in found)
    return text.getvalue()


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
