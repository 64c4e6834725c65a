"""The one place where customers and products become users and items."""

import datetime as dt

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import Interaction, UserItem
from features.schemas.weights import (
    CART_WEIGHT,
    HALF_LIFE_DAYS,
    PURCHASE_WEIGHT,
    RETURN_WEIGHT,
    VIEW_WEIGHT,
)

N_DIGITS = 9
"""Sums of fractions are rounded here: the order of summation must not show in a rerun."""


def interactions(order_lines: DataFrame, clickstream: DataFrame) -> DataFrame:
    """Count what each known user did with each item, by day known and day it happened.

    Parameters
    ----------
    order_lines, clickstream
        Tables `OrderLine` and `ClickstreamEvent`; guests' rows are left out.

    Returns
    -------
    DataFrame
        Table `Interaction`. Searches and impressions are no interactions.
    """
    clicks = clickstream.where(F.col("kind").isin("view", "cart", "purchase"))
    acts = _acts(order_lines).unionByName(_acts(clicks)).where("user_id is not null")
    counted = acts.groupBy(
        "date", "user_id", "item_id", F.to_date("occurred_at").alias("occurred_on")
    ).agg(
        _count("view").alias("n_views"),
        _count("cart").alias("n_carts"),
        _count("purchase", "sale").alias("n_purchases"),
        _count("return").alias("n_returns"),
        F.max("occurred_at").alias("last_at"),
    )
    return counted.select(*Interaction.model_fields)


def user_items(facts: DataFrame, date: dt.date) -> DataFrame:
    """Weigh and decay all interactions known by the end of `date`, one row per user and item.

    Parameters
    ----------
    facts
        Table `Interaction`; rows known after `date` are ignored, so that a backfill sees no future.

    Returns
    -------
    DataFrame
        Table `UserItem` of `date`. `weight` is a sum of `features.schemas.weights`, halved every
        `HALF_LIFE_DAYS`; it is below zero where returns outweigh the rest.
    """
    known = facts.where(F.col("date") <= date)
    age_days = F.datediff(F.lit(date), "occurred_on")
    decay = F.pow(F.lit(0.5), age_days / HALF_LIFE_DAYS)
    weighed = known.groupBy("user_id", "item_id").agg(
        F.round(F.sum(_weight() * decay), N_DIGITS).alias("weight"),
        F.sum("n_purchases").alias("n_purchases"),
        F.max("last_at").alias("last_at"),
    )
    return weighed.withColumn("date", F.lit(date)).select(*UserItem.model_fields)


def _acts(log: DataFrame) -> DataFrame:
    return log.select(
        F.col("customer_id").alias("user_id"),
        F.col("product_id").alias("item_id"),
        "kind",
        "occurred_at",
        "date",
    )


def _count(*kinds: str) -> Column:
    return F.count_if(F.col("kind").isin(*kinds))


def _weight() -> Column:
    return (
        F.col("n_views") * VIEW_WEIGHT
        + F.col("n_carts") * CART_WEIGHT
        + F.col("n_purchases") * PURCHASE_WEIGHT
        + F.col("n_returns") * RETURN_WEIGHT
    )
