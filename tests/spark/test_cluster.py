"""The same jobs on executors that are processes of their own (a master is a setting)."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pyspark
import pytest

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
    """`spark-submit` every job, in one application, to two executors of one core each."""
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
        str(Path(__file__).with_name("all_jobs.py")),
        *arguments,
    ]
    done = subprocess.run(
        command, cwd=home, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]


def test_the_jobs_give_the_same_rows_on_separate_executors(built_home, tmp_path):
    shutil.copytree(built_home.lake / "raw", tmp_path / "lake" / "raw", symlinks=True)

    submit(tmp_path, str(DAYS[0]), str(DAYS[1]))

    found, expected = filled(tmp_path / "lake"), filled(built_home.lake)
    of_last_day = {partition for partition in expected if partition[2] == str(DAYS[1])}
    assert found.keys() >= of_last_day
    for partition, rows in found.items():
        assert rows == expected[partition], partition
