"""The same jobs on executors that are processes of their own (a master is a setting)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest

from tests.spark.some_jobs import JOBS
from tests.tiny_shop import DAYS, filled

pytestmark = pytest.mark.spark
REPOSITORY = Path(__file__).parents[2]
# Three JVMs start for a few rows: none of them lives long enough for the optimising compiler.
QUICK = (
    "spark.driver.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.executor.extraJavaOptions=-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.shuffle.partitions=2",
    "spark.sql.files.minPartitionNum=2",
)


def submit(home, *arguments):
    """`spark-submit` jobs, in one application, to two executors of one core each."""
    environment = os.environ | {
        "EMPORIUM_HOME": str(home),
        "DATABASE_URL": "",
        "REDIS_URL": "",
        "SPARK_HOME": str(Path(pyspark.__file__).parent),
        "PYSPARK_PYTHON": sys.executable,
        "PYTHONPATH": str(REPOSITORY),
    }
    command = [
        str(Path(sys.executable).parent / "spark-submit"),
        *("--master", "local-cluster[2,1,2048]", "--driver-memory", "1g"),
        *("--conf", "spark.executor.memory=1g"),
        *("--conf", "spark.log.level=WARN"),
        *(part for option in QUICK for part in ("--conf", option)),
        str(Path(__file__).with_name("some_jobs.py")),
        *arguments,
    ]
    done = subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def assert_executors_build_the_same(built_home, home, layers, jobs, tables):
    """Let jobs build the days from what the layers have; each row of each table is the same."""
    for layer in layers:
        shutil.copytree(built_home.lake / layer, home / "lake" / layer, symlinks=True)

    submit(home, str(DAYS[0]), str(DAYS[1]), *jobs)

    found, expected = filled(home / "lake"), filled(built_home.lake)
    of_last_day = {
        (layer, table, day)
        for layer, table, day in expected
        if day == str(DAYS[1]) and table in tables
    }
    assert found.keys() >= of_last_day
    assert {table for _, table, _ in of_last_day} == tables
    for partition, rows in found.items():
        assert rows == expected[partition], partition


def test_two_jobs_give_the_same_rows_on_separate_executors(built_home, tmp_path):
    """Those whose rows executors make in Python, Spark shuffles, and executors write."""
    assert_executors_build_the_same(
        built_home,
        tmp_path,
        ["validated"],
        ["build_daily_facts", "build_lists"],
        {"interactions", "daily_demand", "co_purchases", "trending"},
    )


@pytest.mark.long
def test_all_jobs_give_the_same_rows_on_separate_executors(built_home, tmp_path):
    tables = {table for _, table, day in filled(built_home.lake) if day == str(DAYS[1])}

    assert_executors_build_the_same(built_home, tmp_path, ["raw"], JOBS, tables)
