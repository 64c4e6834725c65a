"""What is wanted now: decayed demand, over the whole shop and within each category."""

import datetime as dt

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import CategoryLists, Trending
from features.schemas.weights import CART_WEIGHT, PURCHASE_WEIGHT, VIEW_WEIGHT
from features.transforms.time import end_of

HALF_LIFE_DAYS = 2.0
WINDOW_DAYS = 14
N_BEST = 50
WHOLE_SHOP = 0


def popularity_scores(daily_events: DataFrame, date: dt.date) -> DataFrame:
    """Return `item_id` and `score`: weighted events of the last `WINDOW_DAYS`, halved every two days.

    Parameters
    ----------
    daily_events
        Of `daily_product_events`; rows known or dated after `date` are ignored.
    date
        As of the end of this day.
    """
    age_days = F.datediff(F.lit(date), "occurred_on")
    recent = daily_events.where(F.col("date") <= date).where(age_days.between(0, WINDOW_DAYS - 1))
    weight = (
        F.col("n_views") * VIEW_WEIGHT
        + F.col("n_carts") * CART_WEIGHT
        + F.col("n_units") * PURCHASE_WEIGHT
    )
    # Rounded, so that the order of summation decides no tie in a rerun.
    decayed = F.round(F.sum(weight * F.pow(F.lit(0.5), age_days / HALF_LIFE_DAYS)), 9)
    scored = recent.groupBy(F.col("product_id").alias("item_id")).agg(decayed.alias("score"))
    return scored.where("score > 0")


def trending(
    scores: DataFrame, products: DataFrame, date: dt.date, n_best: int = N_BEST
) -> DataFrame:
    """Rank published products by score, over all and within each category.

    Parameters
    ----------
    scores
        Of `popularity_scores`.
    products
        The catalogue as of `date`.
    n_best
        Products kept per category.

    Returns
    -------
    DataFrame
        Table `Trending` of `date`. Ties go to the smaller product id.
    """
    listed = products.where("status = 'published'").select(
        F.col("product_id").alias("item_id"), "category_id"
    )
    scored = scores.join(listed, "item_id")
    everywhere = scored.withColumn("category_id", F.lit(WHOLE_SHOP).cast("bigint"))
    both = everywhere.unionByName(scored.where("category_id is not null"))
    best = Window.partitionBy("category_id").orderBy(F.desc("score"), "item_id")
    ranked = both.withColumn("rank", F.row_number().over(best).cast("bigint"))
    dated = ranked.where(F.col("rank") <= n_best).withColumn("date", F.lit(date))
    return dated.select(*Trending.model_fields)


def category_lists(ranked: DataFrame, date: dt.date) -> DataFrame:
    """Return table `CategoryLists`: each category's trending products as one list."""
    in_order = F.array_sort(F.collect_list(F.struct("rank", "item_id")))
    lists = ranked.groupBy("category_id").agg(
        F.transform(in_order, lambda place: place["item_id"]).alias("trending_ids")
    )
    dated = lists.withColumns({"date": F.lit(date), "available_at": end_of(F.lit(date))})
    return dated.select(*CategoryLists.model_fields)
