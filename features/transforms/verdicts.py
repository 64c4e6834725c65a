"""What buyers made of a product: bought it again, gave it back, gave it stars."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.transforms.time import known_within

VERDICT_DAYS = 365


def verdicts(
    facts: DataFrame, demand: DataFrame, reviews: DataFrame, dates: DataFrame
) -> DataFrame:
    """Count what buyers did in the year before each day, and the reviews that stand on that day.

    Parameters
    ----------
    facts, demand
        Tables `Interaction` and `DailyDemand`, from `VERDICT_DAYS` before the first day on at
        least. What guests did counts in units only.
    reviews
        Table `Review`, the whole history.
    dates
        Of `product_features.days`.

    Returns
    -------
    DataFrame
        Columns `product_id`, `as_of`, `n_buyers`, `n_rebuyers` (who bought on two days or more),
        `n_sold` and `n_returned` (units), `n_reviews` and `n_stars` (their sum).
    """
    bought = facts.where("n_purchases > 0").withColumnRenamed("item_id", "product_id")
    by_user = (
        _of_the_year(bought, "occurred_on", dates)
        .groupBy("product_id", "as_of", "user_id")
        .agg(F.count_distinct("occurred_on").alias("n_days"))
    )
    buyers = by_user.groupBy("product_id", "as_of").agg(
        F.count("*").alias("n_buyers"), F.count_if(F.col("n_days") > 1).alias("n_rebuyers")
    )
    units = (
        _of_the_year(demand, "demand_date", dates)
        .groupBy("product_id", "as_of")
        .agg(F.sum("n_units_sold").alias("n_sold"), F.sum("n_units_returned").alias("n_returned"))
    )
    keys = ["product_id", "as_of"]
    return buyers.join(units, keys, "full").join(_published(reviews, dates), keys, "full")


def shop_stars(reviews: DataFrame, dates: DataFrame) -> DataFrame:
    """Return `n_reviews` and `n_stars` of the whole shop by `as_of`, no row where there is none."""
    return (
        _published(reviews, dates)
        .groupBy("as_of")
        .agg(F.sum("n_reviews").alias("n_reviews"), F.sum("n_stars").alias("n_stars"))
    )


def _published(reviews: DataFrame, dates: DataFrame) -> DataFrame:
    """Count the reviews that are published at the end of each day, by their last row known."""
    known = reviews.join(F.broadcast(dates), F.col("date") <= F.col("as_of"))
    last = F.max_by(F.struct("product_id", "status", "rating"), F.struct("occurred_at", "event_id"))
    standing = known.groupBy("review_id", "as_of").agg(last.alias("last"))
    published = standing.select("as_of", "last.*").where("status = 'published'")
    return published.groupBy("product_id", "as_of").agg(
        F.count("*").alias("n_reviews"), F.sum("rating").alias("n_stars")
    )


def _of_the_year(table: DataFrame, day: str, dates: DataFrame) -> DataFrame:
    return table.join(F.broadcast(dates), known_within(day, VERDICT_DAYS))
