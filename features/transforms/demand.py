"""Units sold per product and day."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import DailyDemand


def daily_demand(order_lines: DataFrame, clickstream: DataFrame) -> DataFrame:
    """Sum units by product, by day known and day of the sale.

    Returns
    -------
    DataFrame
        Table `DailyDemand`.
    """
    sold = F.when(F.col("kind") == "sale", F.col("quantity")).otherwise(0)
    returned = F.when(F.col("kind") == "return", F.col("quantity")).otherwise(0)
    summed = (
        sold_lines(order_lines, clickstream)
        .groupBy("date", "product_id", F.to_date("occurred_at").alias("demand_date"))
        .agg(
            F.sum(sold).alias("n_units_sold"),
            F.sum(returned).alias("n_units_returned"),
            F.count_distinct(F.when(F.col("kind") == "sale", F.col("order_id"))).alias("n_orders"),
            F.sum(sold * F.col("unit_price_cents")).alias("revenue_cents"),
        )
    )
    return summed.select(*DailyDemand.model_fields)


def sold_lines(order_lines: DataFrame, clickstream: DataFrame) -> DataFrame:
    """Return all sales and returns.

    A logged click of kind `purchase` counts as one unit at the price shown (or none): shops whose
    orders are not in the log have nothing better.
    """
    lines = order_lines.select(
        "date", "product_id", "occurred_at", "kind", "order_id", "quantity", "unit_price_cents"
    )
    clicks = clickstream.where("kind = 'purchase'").select(
        "date",
        "product_id",
        "occurred_at",
        F.lit("sale").alias("kind"),
        F.xxhash64("session_id", "occurred_at").alias("order_id"),
        F.lit(1).cast("bigint").alias("quantity"),
        F.coalesce("price_shown_cents", F.lit(0)).cast("bigint").alias("unit_price_cents"),
    )
    return lines.unionByName(clicks)
