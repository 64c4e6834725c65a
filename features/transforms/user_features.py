"""What is known of each user at the end of each day."""

import datetime as dt

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import UserFeatures
from features.transforms.product_features import catalogue_by_day, days
from features.transforms.time import end_of

WINDOW_DAYS = 28
N_RECENT = 20


def user_orders(order_lines: DataFrame) -> DataFrame:
    """Sum the order lines of each known customer by day known and day of the order."""
    sold = order_lines.where("kind = 'sale' and customer_id is not null")
    return sold.groupBy(
        F.col("customer_id").alias("user_id"), "date", F.to_date("occurred_at").alias("occurred_on")
    ).agg(
        F.count_distinct("order_id").alias("n_orders"),
        F.sum("quantity").alias("n_units"),
        F.sum(F.col("quantity") * F.col("unit_price_cents")).alias("spend_cents"),
    )


def user_features(
    orders: DataFrame,
    facts: DataFrame,
    versions: DataFrame,
    first: dt.date,
    last: dt.date,
    every_days: int = 1,
) -> DataFrame:
    """Sum up each user's orders and interactions as known at the end of each day.

    Parameters
    ----------
    orders
        Of `user_orders`, the whole history.
    facts
        Table `Interaction`, the whole history.
    versions
        Table `ProductVersion`, the whole history: items' categories are those known each day.
    first, last, every_days
        The days to build: `last` and every so many days before it, down to `first`.

    Returns
    -------
    DataFrame
        Table `UserFeatures`, one row per user who did anything by then, and day.
    """
    dates = F.broadcast(days(facts.sparkSession, first, last, every_days))
    known = F.col("date") <= F.col("as_of")
    acted = _acted(facts.join(dates, known))
    bought = _bought(orders.join(dates, known))
    favourite = _favourite_category(
        facts.join(dates, known), catalogue_by_day(versions, dates).where("category_id is not null")
    )
    keys = ["user_id", "as_of"]
    joined = acted.join(bought, keys, "left").join(favourite, keys, "left")
    built = joined.withColumns(
        {
            "n_orders_28d": _or_zero("n_orders_28d"),
            "n_orders_all": _or_zero("n_orders_all"),
            "spend_cents_all": _or_zero("spend_cents_all"),
            "mean_price_cents": F.coalesce("mean_price_cents", F.lit(0.0)),
            "days_since_last_order": F.coalesce(
                F.datediff("as_of", "last_order_on").cast("bigint"), F.lit(-1).cast("bigint")
            ),
            "available_at": end_of(F.col("as_of")),
            "date": F.col("as_of"),
        }
    )
    return built.select(*UserFeatures.model_fields)


def _acted(facts: DataFrame) -> DataFrame:
    """Return views of the last 28 days and the items last looked at, newest first."""
    of_user = Window.partitionBy("user_id", "as_of").orderBy(F.desc("last_at"), "item_id")
    per_item = facts.groupBy("user_id", "as_of", "item_id").agg(
        F.max("last_at").alias("last_at"), _recent("n_views").alias("n_views_28d")
    )
    placed = per_item.withColumn("place", F.row_number().over(of_user))
    near = F.when(F.col("place") <= N_RECENT, F.struct("place", "item_id"))
    lists = F.array_sort(F.collect_list(near))
    return placed.groupBy("user_id", "as_of").agg(
        F.sum("n_views_28d").alias("n_views_28d"),
        F.transform(lists, lambda one: one["item_id"]).alias("recent_item_ids"),
    )


def _bought(orders: DataFrame) -> DataFrame:
    return orders.groupBy("user_id", "as_of").agg(
        _recent("n_orders").alias("n_orders_28d"),
        F.sum("n_orders").alias("n_orders_all"),
        F.sum("spend_cents").alias("spend_cents_all"),
        (F.sum("spend_cents") / F.sum("n_units")).alias("mean_price_cents"),
        F.max("occurred_on").alias("last_order_on"),
    )


def _favourite_category(facts: DataFrame, products: DataFrame) -> DataFrame:
    """Return the category a user acted on most, purchases counting five times."""
    categories = products.select(F.col("product_id").alias("item_id"), "as_of", "category_id")
    acts = F.sum(F.col("n_views") + 5 * F.col("n_purchases")).alias("n_acts")
    by_category = (
        facts.join(categories, ["item_id", "as_of"])
        .groupBy("user_id", "as_of", "category_id")
        .agg(acts)
    )
    # max_by with the id behind the count: ties go to the larger id, in every run.
    most = F.max_by("category_id", F.struct("n_acts", "category_id"))
    return by_category.groupBy("user_id", "as_of").agg(most.alias("favourite_category_id"))


def _recent(name: str) -> Column:
    near = F.datediff("as_of", "occurred_on") < WINDOW_DAYS
    return F.sum(F.when(near, F.col(name)).otherwise(0))


def _or_zero(name: str) -> Column:
    return F.coalesce(F.col(name), F.lit(0)).cast("bigint")
