"""Products as the search index holds them."""

import datetime as dt

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import SearchDocument


def search_documents(
    products: DataFrame, stock_levels: DataFrame, scores: DataFrame, date: dt.date
) -> DataFrame:
    """Return table `SearchDocument`: one row per published product.

    Parameters
    ----------
    products
        The catalogue as of `date`.
    stock_levels
        Table `StockLevel`; the last level known by the end of `date` counts.
    scores
        Of `popularity_scores` as of `date`.
    """
    known = stock_levels.where(F.col("date") <= date)
    stock = known.groupBy("product_id").agg((last_level() > 0).alias("in_stock"))
    popular = scores.select(
        F.col("item_id").alias("product_id"), F.col("score").alias("popularity")
    )
    listed = products.where("status = 'published'").drop("date")
    joined = listed.join(stock, "product_id", "left").join(popular, "product_id", "left")
    filled = joined.withColumns(
        {
            "in_stock": F.coalesce("in_stock", F.lit(True)),  # noqa: FBT003
            "popularity": F.coalesce("popularity", F.lit(0.0)),
            "date": F.lit(date),
        }
    )
    return filled.select(*SearchDocument.model_fields)


def last_level() -> Column:
    """Return the stock level of a group's last movement."""
    return F.max_by("n_available", F.struct("occurred_at", "recorded_at", "event_id"))
