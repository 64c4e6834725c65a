"""Collect, judge and split the logs: outbox, event streams, files -> raw -> validated + quarantine.

python -m jobs.ingest --date 2024-05-01
"""

import datetime as dt
import logging
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.expectations.reasons import judge
from features.expectations.suite import IS_GOOD
from features.expectations.validation import Validator, open_validator
from features.schemas.column import columns
from features.schemas.logs import (
    LOGS,
    ClickstreamEvent,
    OrderLine,
    ProductVersion,
    Review,
    StockLevel,
)
from features.schemas.row import REJECT, LogRow
from features.transforms.catalogue import mark_unknown_products
from features.transforms.redelivery import (
    LOOK_BACK_DAYS,
    delivered_several_times,
    mark_redelivered,
)
from jobs.lake import Lake, StagedPartitions
from jobs.partitions import count_rows
from jobs.raw import RawBatches
from jobs.raw_reading import read_raw
from jobs.reports import write_report
from jobs.runner import Dates, JobError, Settings, run
from jobs.sources.outbox import Outbox
from jobs.sources.streams import Streams
from jobs.spark import open_lake

REFERS_TO_PRODUCTS = (StockLevel, OrderLine, ClickstreamEvent, Review)
SEVERAL = "_several"
N_LOGS_AT_ONCE = 2
log = logging.getLogger("ingest")


@dataclass(frozen=True)
class SplitLog:
    """A log's rows of the days, written aside, and how many went where."""

    table: str
    n_rows: int
    n_validated: int
    quarantined: dict[str, int]
    validated: StagedPartitions
    quarantine: StagedPartitions

    def __post_init__(self) -> None:
        n_quarantined = self.quarantine.n_rows()
        if (
            n_quarantined != sum(self.quarantined.values())
            or self.n_rows != self.n_validated + n_quarantined
        ):
            raise JobError(
                f"{self.table}: {self.n_rows} rows in, but {self.n_validated} validated and "
                f"{n_quarantined} quarantined: nothing was published; this is a bug, report it"
            )


def main(settings: Settings, dates: Dates) -> None:
    """Ingest the days; publish all logs, or none if one has a critical breach."""
    batches = RawBatches(settings.lake)
    collect(settings, batches, dates.last)
    with batches.reading() as seen:
        ingest(settings, seen, dates)


def ingest(settings: Settings, batches: RawBatches, dates: Dates) -> None:
    """Judge and publish what the raw layer has of the days."""
    refuse_no_orders(batches, dates)
    lake = open_lake(settings, "ingest")
    validator = open_validator(settings.emporium_home.resolve() / "data_docs" / str(dates.last))
    split = split_logs(lake, batches, validator, dates)
    validator.build_docs()
    for done in split:
        done.validated.publish()
        done.quarantine.publish()
    write_report(settings.reports, "ingest", dates.last, figures(split))


def collect(settings: Settings, batches: RawBatches, date: dt.date) -> None:
    """Append what the shop and the API recorded since the last run to the raw layer."""
    with batches.collecting():
        if settings.database_url:
            n_rows = Outbox(settings.database_url).collect(batches, date)
            log.info("collected %d outbox rows", n_rows)
        if settings.redis_url:
            log.info("collected %d events", Streams(settings.redis_url).collect(batches, date))


def refuse_no_orders(batches: RawBatches, dates: Dates) -> None:
    """Refuse a daily run of a shop that takes orders, for a day without any.

    Raises
    ------
    JobError
        If orders are known of other days, the run is for one day, and it has none. A run over
        several days may hold closed days.
    """
    days = batches.days(OrderLine.table)
    if dates.first == dates.last and days and dates.last not in days:
        raise JobError(
            f"order_lines: no order was recorded on {dates.last}, the last are of {days[-1]}: "
            "check the shop and the outbox; if the shop was closed, run a range that holds the day"
        )


def split_logs(
    lake: Lake, batches: RawBatches, validator: Validator, dates: Dates
) -> list[SplitLog]:
    """Split the catalogue, then the other logs, which refer to it, two at a time.

    Spark plans a log's many small queries on one core: a second log keeps the other one busy.
    """
    products = split_log(lake, batches, validator, ProductVersion, dates, [])
    others = [row for row in LOGS if row is not ProductVersion]
    with ThreadPoolExecutor(N_LOGS_AT_ONCE) as pool:
        found = pool.map(
            lambda row: split_log(lake, batches, validator, row, dates, products), others
        )
        return [*products, *(done for log_of in found for done in log_of)]


def split_log(
    lake: Lake,
    batches: RawBatches,
    validator: Validator,
    row: type[LogRow],
    dates: Dates,
    split: list[SplitLog],
) -> list[SplitLog]:
    """Judge a log's raw rows and write good and bad ones aside; nothing if there are no raw rows.

    Parameters
    ----------
    split
        The logs that this run has split before: the catalogue is one of them.

    Raises
    ------
    JobError
        If a column is missing, or the log's suite fails.
    """
    raw = read_raw(batches, lake.spark, row.table, dates.first, dates.last)
    if raw is None:
        return []
    scratch = lake.partitions.staging("quarantine", row.table)
    judged = judge_log(lake, raw, row, dates, split, scratch)
    claimed = not_turned_away(judged)
    verdict = validator.verdict(claimed, row, rows_required=row is OrderLine)
    if verdict.failures:
        validator.build_docs()
        raise JobError(
            f"{'; '.join(verdict.failures[:3])}. Nothing was published; read {validator.docs}/"
            "index.html, mend the producer and run the days again"
        )
    n_rows = batches.n_rows(row.table, dates.first, dates.last)
    done = write_aside(lake, judged, row, dates, n_rows)
    shutil.rmtree(scratch)
    log.info("%s: %d rows, %d validated", row.table, done.n_rows, done.n_validated)
    return [done]


def not_turned_away(judged: DataFrame) -> DataFrame:
    """Return the rows that claim to be rows of the log.

    A line that a loader itself turned away says nothing about the producer; a file may be full of
    them (products without a price, say) and its other rows sound.
    """
    if REJECT not in judged.select("raw.*").columns:
        return judged
    return judged.where(F.col(f"raw.{REJECT}").isNull())


def judge_log(
    lake: Lake,
    raw: DataFrame,
    row: type[LogRow],
    dates: Dates,
    split: list[SplitLog],
    scratch: Path,
) -> DataFrame:
    """Return the raw rows with typed columns, the reasons against each, and `is_good`.

    `raw`, the text as it came, is null in good rows: nobody reads it there.
    """
    raw = complete(raw, row)
    first = dates.first
    earlier = lake.read(row, first - dt.timedelta(LOOK_BACK_DAYS), first - dt.timedelta(1))
    several = lake.keep(delivered_several_times(raw, earlier), scratch / "several")
    judged = judge(raw, row)
    if row in REFERS_TO_PRODUCTS:
        judged = mark_unknown_products(judged, known_products(lake, dates, split))
    text_type = judged.select("raw.*").schema
    if count_rows((scratch / "several").glob("*.parquet")):
        every = with_redelivered(lake, judged, several, earlier, scratch)
    else:
        every = lake.keep(with_text(judged, F.size("reasons") > 0), scratch / "judged")
    return every.withColumns(
        {"raw": F.from_json("raw", text_type), IS_GOOD: F.size("reasons") == 0}
    )


def with_redelivered(
    lake: Lake, judged: DataFrame, several: DataFrame, earlier: DataFrame, scratch: Path
) -> DataFrame:
    """Return the judged rows with a reason against those that were delivered before."""
    judged = judged.join(F.broadcast(several.withColumn(SEVERAL, F.lit(1))), "event_id", "left")
    is_read = (F.size("reasons") > 0) | F.col(SEVERAL).isNotNull()
    judged = lake.keep(with_text(judged, is_read), scratch / "judged")
    marked = mark_redelivered(judged.where(F.col(SEVERAL).isNotNull()), earlier)
    marked = lake.keep(marked, scratch / "marked")
    return judged.where(F.col(SEVERAL).isNull()).unionByName(marked).drop(SEVERAL)


def with_text(judged: DataFrame, is_read: Column) -> DataFrame:
    """Turn `raw` into one JSON text, null where nobody reads it.

    It is kept in three quarters of the time that a struct of many nulls takes.
    """
    return judged.withColumn("raw", F.when(is_read, F.to_json("raw")))


def complete(raw: DataFrame, row: type[LogRow]) -> DataFrame:
    """Add the optional columns that no batch has.

    Raises
    ------
    JobError
        If a column that must not be null is missing altogether.
    """
    missing = [column for column in columns(row) if column.name not in raw.columns]
    required = [column.name for column in missing if not column.nullable]
    if required:
        raise JobError(
            f"{row.table}: column {', '.join(required)} is missing in the raw rows: mend the producer "
            "or the file, then run the day again"
        )
    return raw.withColumns({c.name: F.lit(None).cast("string") for c in missing})


def known_products(lake: Lake, dates: Dates, split: list[SplitLog]) -> DataFrame:
    """Return the product versions published before the days and those split in this run."""
    known = lake.read(ProductVersion, None, dates.first - dt.timedelta(days=1))
    known = known.select("product_id", "date")
    for done in split:
        if done.table == ProductVersion.table:
            new = lake.spark.read.parquet(done.validated.folder)
            known = known.unionByName(new.select("product_id", "date"))
    return known


def write_aside(
    lake: Lake, judged: DataFrame, row: type[LogRow], dates: Dates, n_rows: int
) -> SplitLog:
    """Write the good rows typed and the bad ones as they came, and count what was written."""
    bad = judged.where(~F.col(IS_GOOD))
    validated = judged.where(IS_GOOD).select(*row.model_fields)
    quarantined = bad.select("raw.*", "reasons", "date")
    by_reason: list[Any] = bad.groupBy(F.element_at("reasons", 1)).count().collect()
    staged = lake.stage("validated", row.table, validated, dates.first, dates.last)
    staged_bad = lake.stage("quarantine", row.table, quarantined, dates.first, dates.last)
    return SplitLog(
        row.table,
        n_rows,
        staged.n_rows(),
        dict(by_reason),
        staged,
        staged_bad,
    )


def figures(split: list[SplitLog]) -> dict[str, Any]:
    """Return the run's counts by table."""
    return {
        done.table: {
            "n_rows": done.n_rows,
            "n_validated": done.n_validated,
            "quarantined": done.quarantined,
        }
        for done in split
    }


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
