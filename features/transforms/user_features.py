"""What is known of each user at the end of each day."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import UserFeatures
from features.transforms.product_features import catalogue_by_day
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


def units_kept(order_lines: DataFrame) -> DataFrame:
    """Sum what known customers kept of the items they gave any back of, by day known.

    Returns
    -------
    DataFrame
        Columns `user_id`, `item_id`, `date`, `n_kept`: units bought less units given back.
    """
    lines = order_lines.where("customer_id is not null").select(
        F.col("customer_id").alias("user_id"),
        F.col("product_id").alias("item_id"),
        "date",
        "kind",
        F.when(F.col("kind") == "sale", F.col("quantity"))
        .otherwise(-F.col("quantity"))
        .alias("n_units"),
    )
    touched = lines.where("kind = 'return'").select("user_id", "item_id").distinct()
    of_these = lines.join(touched, ["user_id", "item_id"], "left_semi")
    return of_these.groupBy("user_id", "item_id", "date").agg(F.sum("n_units").alias("n_kept"))


def user_features(
    orders: DataFrame, kept: DataFrame, facts: DataFrame, versions: DataFrame, dates: DataFrame
) -> DataFrame:
    """Sum up each user's orders and interactions as known at the end of each day.

    Parameters
    ----------
    orders
        Of `user_orders`, the whole history.
    kept
        Of `units_kept`, the whole history.
    facts
        Table `Interaction`, the whole history.
    versions
        Table `ProductVersion`, the whole history: items' categories are those known each day.
    dates
        Of `product_features.days`: the days to build.

    Returns
    -------
    DataFrame
        Table `UserFeatures`, one row per user who did anything by then, and day.
    """
    days = F.broadcast(dates)
    known = F.col("date") <= F.col("as_of")
    acts = facts.join(days, known)
    listed = catalogue_by_day(versions, dates).where("category_id is not null")
    joined = _acted(acts)
    for of_user in (
        _bought(orders.join(days, known)),
        _bought_items(acts, kept.join(days, known)),
        _favourite_category(acts, listed),
    ):
        joined = joined.join(of_user, ["user_id", "as_of"], "left")
    built = joined.withColumns(
        {
            "n_orders_28d": _or_zero("n_orders_28d"),
            "n_orders_all": _or_zero("n_orders_all"),
            "spend_cents_all": _or_zero("spend_cents_all"),
            "mean_price_cents": F.coalesce("mean_price_cents", F.lit(0.0)),
            "days_since_last_order": F.coalesce(
                F.datediff("as_of", "last_order_on").cast("bigint"), F.lit(-1).cast("bigint")
            ),
            "last_order_day": F.unix_date("last_order_on").cast("bigint"),
            "bought_item_ids": F.coalesce("bought_item_ids", F.array().cast("array<bigint>")),
            "available_at": end_of(F.col("as_of")),
            "date": F.col("as_of"),
        }
    )
    return built.select(*UserFeatures.model_fields)


def _acted(acts: DataFrame) -> DataFrame:
    """Return views of the last 28 days and the items last looked at, newest first."""
    per_item = acts.groupBy("user_id", "as_of", "item_id").agg(
        F.max("last_at").alias("last_at"), _recent("n_views").alias("n_views_28d")
    )
    return (
        _placed(per_item)
        .groupBy("user_id", "as_of")
        .agg(F.sum("n_views_28d").alias("n_views_28d"), _newest().alias("recent_item_ids"))
    )


def _bought_items(acts: DataFrame, kept: DataFrame) -> DataFrame:
    """Return the items last bought, newest first, without those given back to the last unit.

    The moment is the last act of the day of the last purchase: facts know no finer one.
    """
    keys = ["user_id", "as_of", "item_id"]
    purchases = acts.where("n_purchases > 0").groupBy(keys).agg(F.max("last_at").alias("last_at"))
    given_back = kept.groupBy(keys).agg(F.sum("n_kept").alias("n_kept")).where("n_kept <= 0")
    placed = _placed(purchases.join(given_back, keys, "left_anti"))
    return placed.groupBy("user_id", "as_of").agg(_newest().alias("bought_item_ids"))


def _placed(per_item: DataFrame) -> DataFrame:
    """Add each item's place in its user's order by `last_at`, 1 for the newest."""
    of_user = Window.partitionBy("user_id", "as_of").orderBy(F.desc("last_at"), "item_id")
    return per_item.withColumn("place", F.row_number().over(of_user))


def _newest() -> Column:
    """Return the items of the first `N_RECENT` places, in order."""
    near = F.when(F.col("place") <= N_RECENT, F.struct("place", "item_id"))
    return F.transform(F.array_sort(F.collect_list(near)), lambda one: one["item_id"])


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
