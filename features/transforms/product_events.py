"""Counts per product, day known and day it happened: what trending and product features sum up."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

KEYS = ["date", "product_id", "occurred_on"]
COUNTS = ["n_views", "n_carts", "n_units", "n_returns", "n_orders"]


def daily_product_events(clickstream: DataFrame, demand: DataFrame) -> DataFrame:
    """Count views and carts of everybody, guests too, and units sold and given back.

    Parameters
    ----------
    clickstream
        Table `ClickstreamEvent`.
    demand
        Table `DailyDemand`.

    Returns
    -------
    DataFrame
        Columns `KEYS` and `COUNTS`, one row per key.
    """
    clicks = (
        clickstream.where(F.col("kind").isin("view", "cart"))
        .groupBy("date", "product_id", F.to_date("occurred_at").alias("occurred_on"))
        .agg(
            F.count_if(F.col("kind") == "view").alias("n_views"),
            F.count_if(F.col("kind") == "cart").alias("n_carts"),
        )
    )
    sales = demand.select(
        "date",
        "product_id",
        F.col("demand_date").alias("occurred_on"),
        F.col("n_units_sold").alias("n_units"),
        F.col("n_units_returned").alias("n_returns"),
        "n_orders",
    )
    return clicks.join(sales, KEYS, "full").fillna(0, subset=COUNTS).select(*KEYS, *COUNTS)
