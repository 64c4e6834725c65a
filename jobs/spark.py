"""The Spark session of a job."""

import os
import sys

from pyspark import SparkConf
from pyspark.sql import SparkSession

from jobs.lake import Lake
from jobs.runner import Settings, partitions

QUICK_JAVA = (
    "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:ReservedCodeCacheSize=240m -XX:MetaspaceSize=192m"
)
"""For processes of minutes: compile quickly, with room for all that is compiled.

Without the sizes Java would look again and again for code and classes that can go, and compile what went anew.
"""

DEFAULTS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
    "spark.sql.parquet.compression.codec": "zstd",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "200000",
    "spark.sql.execution.arrow.pyspark.enabled": "true",
    # Listing a few hundred days is quicker here than as a Spark job.
    "spark.sql.sources.parallelPartitionDiscovery.threshold": "2000",
    # A bootstrapping range of days is some big files: more, smaller tasks keep all cores busy to the end.
    "spark.sql.files.minPartitionNum": "8",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    # PySpark would ask the JVM several times at each call of a column's, to name its line in an error; a job's
    # traceback names it too.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
}

# Little data is read before a query over it would be compiled, and before eight tasks are started.
SMALL_LAKE_BYTES = 12_000_000
FOR_SMALL_LAKES = {
    "spark.sql.codegen.wholeStage": "false",
    "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.sql.files.minPartitionNum": "2",
    # Nor is it worth to compile well what Java runs a few thousand times.
    "spark.driver.extraJavaOptions": QUICK_JAVA,
}


def spark_session(settings: Settings, name: str) -> SparkSession:
    """Return the session: its master is spark-submit's, or the setting's under plain Python."""
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # noqa: TID251 - Spark reads it there
    conf = SparkConf()
    of_size = FOR_SMALL_LAKES if partitions(settings).is_below(SMALL_LAKE_BYTES) else {}
    for key, value in (DEFAULTS | of_size).items():
        conf.setIfMissing(key, value)
    conf.setIfMissing("spark.master", settings.spark_master)
    return SparkSession.builder.config(conf=conf).appName(name).getOrCreate()


def open_lake(settings: Settings, name: str) -> Lake:
    """Start Spark and open the lake with it."""
    return Lake(spark_session(settings, name), partitions(settings))
