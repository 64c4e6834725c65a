"""Use what most jobs use, on nothing: set-up archives the classes that Java loads for it.

spark-submit --driver-java-options -XX:ArchiveClassesAtExit=FILE jobs/warm_up.py

A Spark job of minutes spends a third of its start loading some 15,000 classes; from an archive
(JEP 350, dynamic class data sharing) they come in a moment.
"""

import tempfile
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812


def main(folder: Path) -> None:
    """Write, read, join, rank and aggregate some rows below `folder`."""
    spark = SparkSession.builder.config("spark.ui.enabled", "false").getOrCreate()
    rows = spark.range(100).selectExpr("id", "id % 5 as k", "cast(id as string) as text")
    rows.write.partitionBy("k").parquet(str(folder / "rows"))
    found = spark.read.parquet(str(folder / "rows"))
    passed = found.repartition(2, "k").mapInArrow(lambda batches: batches, found.schema)
    passed.join(F.broadcast(ranked(found)), "k").where("place < 3").collect()
    spark.stop()


def ranked(rows: DataFrame) -> DataFrame:
    """Return the groups `k` by size, with text as JSON and back."""
    groups = rows.groupBy("k").agg(F.count("*").alias("n"), F.collect_list("text").alias("texts"))
    in_order = Window.orderBy(F.desc("n"))
    text = F.from_json(F.to_json(F.struct("texts")), "texts array<string>")
    return groups.select("k", F.row_number().over(in_order).alias("place"), text.alias("all"))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(temporary))
