"""The catalogue as of a day, from the log of product versions."""

import datetime as dt

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from features.expectations.reasons import with_reason

NOT_IN_CATALOGUE = "product_id: not in the catalogue"


def catalogue(versions: DataFrame, date: dt.date) -> DataFrame:
    """Return the last version of each product known by the end of `date`.

    Versions of one moment are settled by `event_id`, so that a rerun picks the same.
    """
    last = Window.partitionBy("product_id").orderBy(F.desc("occurred_at"), F.desc("event_id"))
    known = versions.where(F.col("date") <= date)
    return known.withColumn("_n", F.row_number().over(last)).where("_n = 1").drop("_n")


def mark_unknown_products(judged: DataFrame, versions: DataFrame) -> DataFrame:
    """Give rows whose product was not in the catalogue by the end of their day a reason."""
    since = versions.groupBy("product_id").agg(F.min("date").alias("_since"))
    joined = judged.join(F.broadcast(since), "product_id", "left")
    unknown = F.col("product_id").isNotNull() & (
        F.col("_since").isNull() | (F.col("_since") > F.col("date"))
    )
    return with_reason(joined, unknown, NOT_IN_CATALOGUE).select(*judged.columns)
