"""Simulated events through the Spark jobs, beside DuckDB computing the same rows in the same run.

python -m bench.pipeline [--events 10000000] [--quick] [--json FILE]

A job's time is that of its process, with Spark's start; the lines `sessions` and `co_purchases`
are the two steps alone, in a session that is up and has its Python workers. DuckDB reads the same validated Parquet with the
same number of threads and writes its results; any row that differs fails the run. Peak memory is
the sum over the job's processes (proportional set size), looked at four times a second.
"""

import datetime as dt
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pyspark.sql import functions as F  # noqa: N812

from bench.pipeline_sql import JOBS, DuckPipeline
from bench.table import Figure, parser, report
from bench.watch import REPOSITORY, say, watched
from features.schemas.lake import CoPurchase
from features.schemas.logs import ClickstreamEvent
from jobs import build_lists
from jobs.build_daily_facts import write_sessions
from jobs.lake import Lake
from jobs.partitions import Partitions
from jobs.raw import RawBatches
from jobs.runner import Dates, Settings
from jobs.spark import open_lake

LAST_DAY = dt.date(2026, 1, 31)
N_DAYS = 120
N_EVENTS_AT_SCALE_1 = 1_000_000
"""Rows of the clickstream that a simulated scale of 1 has in 120 days, or a little more."""


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--driver-memory", default="3g", help="of each job's JVM")
    options.add_argument("--scratch", type=Path, help="folder for the run; default: temporary")
    args = options.parse_args()
    n_events = 150_000 if args.quick else args.events
    with tempfile.TemporaryDirectory(dir=args.scratch, prefix="bench-") as folder:
        figures = run(Path(folder), n_events, args.driver_memory)
    report(figures, args.json)
    wrong = [figure.name for figure in figures if figure.unit == "differ" and figure.value]
    if wrong:
        sys.exit(f"FAILED: Spark and DuckDB differ in {', '.join(wrong)}")


def run(home: Path, n_events: int, driver_memory: str) -> list[Figure]:
    """Simulate, run the jobs and the reference, and compare."""
    settings = Settings(emporium_home=home, database_url="", redis_url="", spark_master="local[2]")
    figures = [simulated(settings, n_events)]
    first, last = LAST_DAY - dt.timedelta(days=N_DAYS - 1), LAST_DAY
    spans = {
        "ingest": ["--from", str(first), "--to", str(last)],
        "build_daily_facts": ["--from", str(first), "--to", str(last)],
        "build_features": ["--date", str(last)],
        "build_lists": ["--date", str(last)],
    }
    timed: dict[str, tuple[float, float]] = {}
    for job, span in spans.items():
        timed[job] = submit(home, job, span, driver_memory)
        say(f"{job}: {timed[job][0]:.1f} s, {timed[job][1] / 1e9:.2f} GB")
    duck = DuckPipeline(settings.lake, home / "duckdb", last, "3GB")
    reference = {
        table: duck.seconds(table, query) for of in JOBS.values() for table, query in of.items()
    }
    for job, (seconds, n_bytes) in timed.items():
        other = sum(reference[table] for table in JOBS.get(job, {})) or None
        figures.append(Figure(job, seconds, "s", other))
        figures.append(Figure(f"{job}: peak memory", n_bytes / 1e9, "GB"))
    figures += steps(settings, Dates(first, last), reference)
    for table in reference:
        n_rows, n_differ = duck.n_differences(table)
        figures.append(Figure(f"{table}: rows", n_rows, "rows"))
        figures.append(Figure(f"{table}: rows that differ", n_differ, "differ"))
    return figures


def simulated(settings: Settings, n_events: int) -> Figure:
    """Write a shop of at least `n_events` clicks as the raw layer."""
    shop = settings.emporium_home / "shop"
    scale = n_events / N_EVENTS_AT_SCALE_1
    command = [sys.executable, "-m", "simulator", "--out", str(shop), "--scale", f"{scale:.4f}"]
    command += ["--days", str(N_DAYS), "--last-day", str(LAST_DAY)]
    seconds, _ = watched(command, settings.emporium_home)
    say(f"simulated in {seconds:.0f} s")
    batches = RawBatches(settings.lake)
    batches.adopt("simulator", shop / "raw")
    shutil.rmtree(shop)
    n_rows = batches.n_rows(ClickstreamEvent.table, dt.date.min, dt.date.max)
    if n_rows < n_events:
        sys.exit(f"FAILED: {n_rows:,} events simulated, {n_events:,} wanted; raise --events")
    return Figure("events", n_rows, "rows")


def submit(home: Path, job: str, span: list[str], driver_memory: str) -> tuple[float, float]:
    """Run a job as Airflow does and return its seconds and peak bytes."""
    command = [
        str(Path(sys.executable).parent / "spark-submit"),
        *("--master", "local[2]", "--driver-memory", driver_memory),
        *("--conf", "spark.log.level=WARN"),
        str(REPOSITORY / "jobs" / f"{job}.py"),
        *span,
    ]
    return watched(command, home)


def steps(settings: Settings, dates: Dates, reference: dict[str, float]) -> list[Figure]:
    """Time sessions and co-purchases alone, each and together."""
    lake = open_lake(settings, "bench")
    lake.spark.range(2).repartition(2).mapInArrow(lambda batches: batches, "id bigint").collect()
    aside = Lake(lake.spark, Partitions(settings.emporium_home / "steps"))
    sessions = _seconds(lambda: write_sessions(lake, aside.partitions, dates))
    pairs = _seconds(lambda: _write_pairs(lake, aside, dates.last))
    lake.spark.stop()
    other = reference["sessions"], reference["co_purchases"]
    return [
        Figure("sessions", sessions, "s", other[0]),
        Figure("co_purchases", pairs, "s", other[1]),
        Figure("sessions and co_purchases", sessions + pairs, "s", sum(other)),
    ]


def _write_pairs(lake: Lake, aside: Lake, day: dt.date) -> None:
    found = build_lists.known_baskets(lake.partitions, day)
    scratch = aside.partitions.staging("derived", "baskets")
    found.save(scratch)
    pairs = build_lists.spread_co_purchases(lake, scratch, len(found.item_ids))
    dated = pairs.withColumn("date", F.lit(day)).select(*CoPurchase.model_fields)
    aside.write(CoPurchase, dated, day, day)


def _seconds(act: Callable[[], None]) -> float:
    start = time.monotonic()
    act()
    return time.monotonic() - start


if __name__ == "__main__":
    main()
