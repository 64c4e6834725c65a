"""Products as the search index holds them."""

import datetime as dt

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import SearchDocument
from features.transforms.catalogue import catalogue

COUNTS = ("n_views_28d", "n_carts_28d", "n_units_28d")
RATIOS = ("look_ratio", "conversion_ratio", "category_price_ratio")


def search_documents(
    versions: DataFrame,
    stock_levels: DataFrame,
    scores: DataFrame,
    features: DataFrame,
    date: dt.date,
) -> DataFrame:
    """Return table `SearchDocument`: one row per published product.

    Parameters
    ----------
    versions
        Table `ProductVersion`, the whole history; the last version known by the end of `date` counts.
    stock_levels
        Table `StockLevel`; the last level known by the end of `date` counts.
    scores
        Of `popularity_scores` as of `date`.
    features
        Table `ProductFeatures` of `date`; a product that is not there yet was not looked at, sold nothing
        and has no review, and its ratios are null.
    """
    joined = catalogue(versions, date).where("status = 'published'").drop("date")
    popular = scores.select(
        F.col("item_id").alias("product_id"), F.col("score").alias("popularity")
    )
    judged = features.select("product_id", *COUNTS, *RATIOS, "mean_rating", "n_reviews")
    for more in (_stock(stock_levels, date), popular, judged, _first_days(versions, date)):
        joined = joined.join(more, "product_id", "left")
    n_reviews = F.coalesce("n_reviews", F.lit(0))
    filled = joined.withColumns(
        {
            "in_stock": F.coalesce("in_stock", F.lit(True)),  # noqa: FBT003
            "popularity": F.coalesce("popularity", F.lit(0.0)),
            **{name: F.coalesce(name, F.lit(0)) for name in COUNTS},
            "mean_rating": F.when(n_reviews > 0, F.col("mean_rating")),
            "n_reviews": n_reviews,
            "date": F.lit(date),
        }
    )
    return filled.select(*SearchDocument.model_fields)


def _stock(stock_levels: DataFrame, date: dt.date) -> DataFrame:
    known = stock_levels.where(F.col("date") <= date)
    return known.groupBy("product_id").agg((last_level() > 0).alias("in_stock"))


def _first_days(versions: DataFrame, date: dt.date) -> DataFrame:
    known = versions.where(F.col("date") <= date).where("status = 'published'")
    return known.groupBy("product_id").agg(F.min(F.to_date("occurred_at")).alias("listed_on"))


def last_level() -> Column:
    """Return the stock level of a group's last movement."""
    return F.max_by("n_available", F.struct("occurred_at", "recorded_at", "event_id"))
