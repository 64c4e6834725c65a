"""Find events that were delivered twice."""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from features.expectations.reasons import with_reason

SEEN_BEFORE = "event_id: delivered before"
LOOK_BACK_DAYS = 7


def delivered_several_times(rows: DataFrame, earlier: DataFrame) -> DataFrame:
    """Return the `event_id`s that more than one of the rows has, of both tables together."""
    ids = rows.select("event_id").unionByName(earlier.select("event_id"))
    several = ids.where("event_id is not null").groupBy("event_id").count().where("count > 1")
    return several.select("event_id")


def mark_redelivered(judged: DataFrame, earlier: DataFrame) -> DataFrame:
    """Give a good row whose event counted before, at most `LOOK_BACK_DAYS` ago, a reason.

    Parameters
    ----------
    judged
        Rows with `event_id`, `date`, `raw`, `reasons`, judged in every other respect: a row with a
        reason against it never counted, so that the producer may send it again, mended. Rows whose
        id is not `delivered_several_times` need not be among them.
    earlier
        Validated rows of the `LOOK_BACK_DAYS` days before, columns `event_id` and `date`.

    Notes
    -----
    A day's rows are judged alike whether the day is run alone or in a range. Which of several
    rows of one day counts does not matter when they are equal and is settled by a hash of their
    text when they are not.
    """
    is_good = F.size("reasons") == 0
    good = judged.where(is_good)
    known = earlier.select("event_id", "date").join(good, "event_id", "left_semi")
    return judged.where(~is_good).unionByName(_mark(good, known))


def _mark(rows: DataFrame, known: DataFrame) -> DataFrame:
    """Walk through each event's deliveries in order, those already published first."""
    both = rows.withColumn("_place", F.xxhash64("raw")).unionByName(
        known.withColumn("_is_known", F.lit(1)), allowMissingColumns=True
    )
    in_order = Window.partitionBy("event_id").orderBy("date", "_place")
    so_far = F.collect_list("date").over(in_order.rowsBetween(Window.unboundedPreceding, 0))
    placed = both.withColumn("_dates", so_far).where("_is_known is null")
    return with_reason(placed, ~_counts(F.col("_dates")), SEEN_BEFORE).select(*rows.columns)


def _counts(dates: Column) -> Column:
    """Return whether the last of an event's deliveries counts: none did in the days before it."""

    def step(state: Column, date: Column) -> Column:
        last = state["last"]
        counts = last.isNull() | (F.datediff(date, last) > LOOK_BACK_DAYS)
        return F.struct(F.when(counts, date).otherwise(last).alias("last"), counts.alias("counts"))

    start = F.struct(
        F.lit(None).cast("date").alias("last"),
        F.lit(False).alias("counts"),  # noqa: FBT003
    )
    return F.aggregate(dates, start, step)["counts"]
