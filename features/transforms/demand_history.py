"""What happened to each product, as one relation: sales, returns, stock levels and versions side by side.

All that is needed to rebuild a product's demand then lies in one place after one shuffle.
"""

import datetime as dt

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from features.transforms.demand import sold_lines

SALE, RETURN, LEVEL, VERSION = "sale", "return", "level", "version"
COLUMNS = {
    "product_id": "bigint",
    "kind": "string",
    "date": "date",
    "occurred_at": "timestamp",
    "recorded_at": "timestamp",
    "event_id": "string",
    "units": "bigint",
    "cents": "bigint",
    "warehouse_id": "bigint",
    "n_there": "bigint",
    "is_sold": "boolean",
    "category_id": "bigint",
    "seller_id": "bigint",
    "is_listed": "boolean",
}


def movements(
    order_lines: DataFrame,
    clickstream: DataFrame,
    stock_levels: DataFrame,
    versions: DataFrame,
    first: dt.date,
) -> DataFrame:
    """Return sales and returns by hour, and levels and versions one by one.

    Parameters
    ----------
    order_lines, clickstream
        Logs of the days that matter, partitions from `first` on.
    stock_levels, versions
        Logs from their beginning. What was known before `first` matters by its last row alone.
    first
        Of the days that are looked at.

    Returns
    -------
    DataFrame
        `COLUMNS`; what a kind of row has not is null. `units` are sold, returned or can be sold then;
        `cents` are the revenue of the units or a version's price.
    """
    parts = (
        _sales(order_lines, clickstream),
        _levels(_recent_or_last(stock_levels, first, "product_id", "warehouse_id")),
        _versions(_recent_or_last(versions, first, "product_id")),
    )
    found = parts[0]
    for part in parts[1:]:
        found = found.unionByName(part, allowMissingColumns=True)
    return found.select(*(F.col(name).cast(kind) for name, kind in COLUMNS.items()))


def _sales(order_lines: DataFrame, clickstream: DataFrame) -> DataFrame:
    hour = F.date_trunc("hour", "occurred_at")
    revenue = F.sum(F.col("quantity") * F.col("unit_price_cents"))
    return (
        sold_lines(order_lines, clickstream)
        .groupBy("product_id", "kind", "date", hour.alias("occurred_at"))
        .agg(F.sum("quantity").alias("units"), revenue.alias("cents"))
    )


def _levels(stock_levels: DataFrame) -> DataFrame:
    return stock_levels.select(
        *_told(LEVEL),
        F.col("n_available").alias("units"),
        F.when(F.col("n_available_there").isNotNull(), F.col("warehouse_id")).alias("warehouse_id"),
        F.col("n_available_there").alias("n_there"),
        (F.col("reason") == "sold").alias("is_sold"),
    )


def _versions(versions: DataFrame) -> DataFrame:
    return versions.select(
        *_told(VERSION),
        F.col("price_cents").alias("cents"),
        "category_id",
        "seller_id",
        (F.col("status") == "published").alias("is_listed"),
    )


def _told(kind: str) -> list[Column]:
    names = ("product_id", "date", "occurred_at", "recorded_at", "event_id")
    return [F.lit(kind).alias("kind"), *(F.col(name) for name in names)]


def _recent_or_last(log: DataFrame, first: dt.date, *keys: str) -> DataFrame:
    """Return the rows known from `first` on, and of those before the last of each key."""
    newest = F.struct("occurred_at", "recorded_at", "event_id")
    row = F.max_by(F.struct(*log.columns), newest).alias("row")
    last = log.where(F.col("date") < first).groupBy(*keys).agg(row).select("row.*")
    return log.where(F.col("date") >= first).unionByName(last)


def oddities(
    order_lines: DataFrame, versions: DataFrame, first: dt.date, n_corrected_days: int
) -> DataFrame:
    """Return what makes no sense, row by row; all of it survives in the table.

    Parameters
    ----------
    order_lines, versions
        Logs up to the last day, the versions from their beginning.
    first
        The first day that is asked about: what became known from then on.
    n_corrected_days
        A row that became known later than this after it happened changes nothing any more.

    Returns
    -------
    DataFrame
        Columns `reason`, `product_id`, `date` (known on), `what`.
    """
    of_days = order_lines.where(F.col("date") >= first)
    parts = (
        _more_back_than_sold(of_days),
        _several_currencies(order_lines, first),
        _too_late(of_days, n_corrected_days),
        _moved_categories(versions, first),
    )
    found = parts[0]
    for part in parts[1:]:
        found = found.unionByName(part)
    return found


def _oddity(reason: str, what: Column) -> list[Column]:
    return [F.lit(reason).alias("reason"), F.col("product_id"), F.col("date"), what.alias("what")]


def _more_back_than_sold(lines: DataFrame) -> DataFrame:
    signed = F.when(F.col("kind") == "sale", F.col("quantity")).otherwise(-F.col("quantity"))
    day = F.to_date("occurred_at").alias("day")
    net = lines.groupBy("product_id", "date", day).agg(F.sum(signed).alias("net"))
    what = F.format_string("%d units net on %s", "net", F.col("day").cast("string"))
    return net.where("net < 0").select(*_oddity("more given back than sold", what))


def _several_currencies(lines: DataFrame, first: dt.date) -> DataFrame:
    so_far = Window.partitionBy("product_id").orderBy("date")
    by_day = lines.groupBy("product_id", "date").agg(F.collect_set("currency").alias("currencies"))
    seen = F.array_sort(F.array_distinct(F.flatten(F.collect_set("currencies").over(so_far))))
    known = by_day.withColumn("seen", seen).where("size(seen) > 1").where(F.col("date") >= first)
    return known.select(*_oddity("several currencies", F.array_join("seen", ", ")))


def _too_late(lines: DataFrame, n_corrected_days: int) -> DataFrame:
    day = F.to_date("occurred_at")
    late = lines.where(F.datediff("date", day) > n_corrected_days)
    what = F.format_string("%s %s of %s", "kind", "event_id", day.cast("string"))
    return late.select(*_oddity("known too late to count", what))


def _moved_categories(versions: DataFrame, first: dt.date) -> DataFrame:
    in_order = Window.partitionBy("product_id").orderBy("occurred_at", "recorded_at", "event_id")
    before = versions.withColumn("was", F.lag("category_id").over(in_order))
    moved = before.where("was <> category_id").where(F.col("date") >= first)
    what = F.format_string("from category %d to %d", "was", "category_id")
    return moved.select(*_oddity("in another category", what))
