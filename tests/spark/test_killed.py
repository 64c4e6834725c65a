"""A job killed at any moment leaves old rows or new ones in every partition, and its rerun is right."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.schemas.logs import ClickstreamEvent, OrderLine
from jobs import (
    build_daily_facts,
    build_features,
    build_lists,
    build_search_documents,
    ingest,
    report_searches,
)
from jobs.partitions import Partitions
from tests.spark.conftest import on
from tests.tiny_shop import DAYS, append, click, contents

pytestmark = pytest.mark.spark
REPOSITORY = Path(__file__).parents[2]
_, DAY, _ = DAYS
FIRST_TABLE = {
    ingest: "validated/order_lines",
    build_daily_facts: "derived/interactions",
    build_features: "derived/product_features",
    build_lists: "derived/co_purchases",
    build_search_documents: "derived/search_documents",
    report_searches: "derived/search_queries",
}


def change_inputs(settings):
    """Let the day's rows be others than those the published tables were built from."""
    more = [click(DAY, 300 + n, 7, "view", 1 + n % 6) for n in range(20)]
    append(settings.lake, DAY, {"clickstream": more})
    lake = Partitions(settings.lake)
    lines = lake.read(OrderLine, DAY, DAY)
    moved = with_values(lines, "order_id", [n + 100_000 for n in lines["order_id"].to_pylist()])
    lake.write(OrderLine, pa.concat_tables([lines, moved]), DAY)
    clicks = lake.read(ClickstreamEvent, DAY, DAY)
    asked = clicks.filter(pc.equal(clicks["kind"], "search"))
    named = with_values(asked, "event_id", [f"{each}-2" for each in asked["event_id"].to_pylist()])
    otherwise = with_values(named, "query", ["other thing"] * len(asked))
    lake.write(ClickstreamEvent, pa.concat_tables([clicks, clicks.slice(0, 30), otherwise]), DAY)


def with_values(table, name, values):
    place = table.schema.get_field_index(name)
    return table.set_column(place, name, pa.array(values, table.schema.field(name).type))


def copy(settings, folder):
    shutil.copytree(settings.emporium_home, folder, symlinks=True)
    return settings.model_copy(update={"emporium_home": folder})


def moments(settings, job):
    """Conditions, early to late: has begun to write, has written rows, has published a table."""
    lake = Partitions(settings.lake)
    layer, table = FIRST_TABLE[job].split("/")
    staging = settings.lake / ".staging" / layer / table
    before = lake.versions(layer, table)
    return {
        "begun": lambda: any(staging.glob("*")),
        "written": lambda: any(staging.glob("*/**/*.parquet")),
        "published": lambda: lake.versions(layer, table) != before,
    }


def kill_when(ready, settings, job) -> int:
    """Run the job as a user would, kill -9 it and its children at the moment; the exit status."""
    environment = os.environ | {
        "EMPORIUM_HOME": str(settings.emporium_home),
        "SPARK_MASTER": "local[1]",
        "DATABASE_URL": "",
        "REDIS_URL": "",
    }
    command = [sys.executable, "-m", job.__name__, "--date", str(DAY)]
    log = settings.emporium_home / "job.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        while not ready() and process.poll() is None:
            time.sleep(0.002)
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        status = process.wait()
    assert status in (-signal.SIGKILL, 0), log.read_text()[-3000:]
    return status


def assert_survives(settings, job, moment, tmp_path) -> int:
    old = contents(settings.lake)
    reference = copy(settings, tmp_path / f"reference-{moment}")
    job.main(reference, on(DAY))
    new = contents(reference.lake)
    assert new != old, "the inputs did not change: the test would see nothing"

    status = kill_when(moments(settings, job)[moment], settings, job)

    left = contents(settings.lake)
    assert left.keys() >= old.keys()
    for partition, rows in left.items():
        assert rows in (old.get(partition), new[partition]), partition
    if moment != "published" and status:
        assert left == old
    job.main(settings, on(DAY))
    assert contents(settings.lake) == new
    return status


@pytest.mark.long
def test_a_job_killed_between_two_tables_leaves_each_old_or_new(built, tmp_path):
    change_inputs(built)

    status = assert_survives(built, build_daily_facts, "published", tmp_path)

    assert status == -signal.SIGKILL


def test_a_job_killed_while_it_writes_leaves_everything_as_it_was(built, tmp_path):
    change_inputs(built)

    status = assert_survives(built, build_daily_facts, "written", tmp_path)

    assert status == -signal.SIGKILL


@pytest.mark.long
def test_every_job_survives_a_kill_at_every_moment(built, tmp_path):
    """15 kills; a job that ended before the kill reached it counts for none."""
    change_inputs(built)
    statuses = [
        assert_survives(
            copy(built, tmp_path / f"{job.__name__}-{moment}"), job, moment, tmp_path / job.__name__
        )
        for job in FIRST_TABLE
        for moment in ("begun", "written", "published")
    ]

    assert statuses.count(-signal.SIGKILL) >= 10
