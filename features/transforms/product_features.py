"""What is known of each product at the end of each day."""

import datetime as dt
from dataclasses import dataclass

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import ProductFeatures
from features.transforms.looks import look_ratio
from features.transforms.search_documents import last_level
from features.transforms.time import end_of, known_within

WINDOW_DAYS = 28
# Pseudo-counts: a product nobody looked at converts as the average one in 20 does.
PRIOR_ORDERS, PRIOR_VIEWS = 1.0, 20.0
# One that nobody bought is taken for bought again by one buyer in 20, and given back one time in 20:
# a judgement, of the order of what shops report. Twenty buyers say as much as it does.
PRIOR_REBUYERS, PRIOR_BUYERS = 1.0, 20.0
PRIOR_RETURNED, PRIOR_SOLD = 1.0, 20.0
# A product's stars begin at the shop's mean, as if five reviews had given it; the shop's begins at
# the middle of the scale, as if one had.
PRIOR_REVIEWS, MIDDLE_RATING = 5.0, 3.0


@dataclass(frozen=True)
class Opinions:
    """What became of products, by `product_id` and `as_of`.

    Parameters
    ----------
    verdicts, shop_stars
        Of the functions of these names; the latter by `as_of` alone.
    looks
        Of `looks.look_ratios`.
    """

    verdicts: DataFrame
    shop_stars: DataFrame
    looks: DataFrame


def product_features(
    daily_events: DataFrame,
    opinions: Opinions,
    versions: DataFrame,
    stock: DataFrame,
    dates: DataFrame,
) -> DataFrame:
    """Sum each product's events over the 7 and 28 days that end on each day.

    Parameters
    ----------
    daily_events
        Of `daily_product_events`, from `WINDOW_DAYS` before the first day on at least.
    opinions
        For the same days.
    versions
        Table `ProductVersion`: price and category are those known at the end of each day.
    stock
        Table `StockLevel`, the whole history: the last level known at the end of each day counts.
    dates
        Of `days`: the days to build.

    Returns
    -------
    DataFrame
        Table `ProductFeatures`, one row per product in the catalogue and day. An event counts in
        the windows of its own day, from the day it was known on.
    """
    recent = known_within("occurred_on", WINDOW_DAYS)
    windowed = daily_events.join(F.broadcast(dates), recent)
    sums = windowed.groupBy("product_id", "as_of").agg(
        _sum("n_views", 7).alias("n_views_7d"),
        _sum("n_views", 28).alias("n_views_28d"),
        _sum("n_carts", 28).alias("n_carts_28d"),
        _sum("n_units", 7).alias("n_units_7d"),
        _sum("n_units", 28).alias("n_units_28d"),
        _sum("n_returns", 28).alias("n_returns_28d"),
        _sum("n_orders", 28).alias("n_orders_28d"),
    )
    listed = catalogue_by_day(versions, dates)
    keys = ["product_id", "as_of"]
    joined = listed.join(sums, keys, "left").join(opinions.verdicts, keys, "left").fillna(0)
    joined = joined.join(F.broadcast(_shop_ratings(opinions.shop_stars)), "as_of", "left")
    joined = joined.join(opinions.looks, keys, "left").join(
        _last_levels(stock, dates), keys, "left"
    )
    built = joined.withColumns(
        {
            "conversion_ratio": _smoothed("n_orders_28d", "n_views_28d", PRIOR_ORDERS, PRIOR_VIEWS),
            "rebuy_ratio": _smoothed("n_rebuyers", "n_buyers", PRIOR_REBUYERS, PRIOR_BUYERS),
            "return_ratio": _smoothed("n_returned", "n_sold", PRIOR_RETURNED, PRIOR_SOLD),
            "mean_rating": _smoothed(
                "n_stars",
                "n_reviews",
                PRIOR_REVIEWS * F.coalesce("shop_rating", F.lit(MIDDLE_RATING)),
                PRIOR_REVIEWS,
            ),
            "look_ratio": look_ratio(),
            "category_price_ratio": F.col("price_cents") / _median_of_category("price_cents"),
            "available_at": end_of(F.col("as_of")),
            "category_id": F.when(F.col("category_id") > 0, F.col("category_id")),
            "date": F.col("as_of"),
        }
    )
    return built.select(*ProductFeatures.model_fields)


def days(spark: SparkSession, first: dt.date, last: dt.date, every_days: int = 1) -> DataFrame:
    """Return a DataFrame of `last` and every so many days before it, column `as_of`."""
    back = F.expr(f"interval -{every_days} days")
    span = F.sequence(F.lit(last), F.lit(first), back)
    return spark.range(1).select(F.explode(span).alias("as_of"))


def catalogue_by_day(versions: DataFrame, dates: DataFrame) -> DataFrame:
    """Return price and category of each product as known at the end of each day."""
    newest = Window.partitionBy("product_id", "as_of").orderBy(
        F.desc("occurred_at"), F.desc("event_id")
    )
    known = versions.join(F.broadcast(dates), F.col("date") <= F.col("as_of"))
    last = known.withColumn("_n", F.row_number().over(newest)).where("_n = 1")
    return last.select("product_id", "as_of", "price_cents", "category_id")


def _median_of_category(name: str) -> Column:
    # Category 0 is that of all products without one.
    return F.percentile(name, F.lit(0.5)).over(Window.partitionBy("as_of", "category_id"))


def _last_levels(stock: DataFrame, dates: DataFrame) -> DataFrame:
    known = stock.join(F.broadcast(dates), F.col("date") <= F.col("as_of"))
    return known.groupBy("product_id", "as_of").agg(last_level().alias("n_available"))


def _shop_ratings(shop_stars: DataFrame) -> DataFrame:
    """Return the mean of all reviews of the shop on each day, `shop_rating`."""
    rating = _smoothed("n_stars", "n_reviews", MIDDLE_RATING, 1.0)
    return shop_stars.select("as_of", rating.alias("shop_rating"))


def _smoothed(part: str, whole: str, prior_part: Column | float, prior_whole: float) -> Column:
    return (F.col(part) + prior_part) / (F.col(whole) + prior_whole)


def _sum(name: str, n_days: int) -> Column:
    recent = F.datediff("as_of", "occurred_on") < n_days
    return F.sum(F.when(recent, F.col(name)).otherwise(0))
