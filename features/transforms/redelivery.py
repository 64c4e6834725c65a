"""Find events that were delivered twice."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.expectations.reasons import with_reason

SEEN_BEFORE = "event_id: delivered before"
LOOK_BACK_DAYS = 7


def mark_redelivered(judged: DataFrame, earlier: DataFrame) -> DataFrame:
    """Give all but the first delivery of an event a reason.

    Parameters
    ----------
    judged
        Rows with `event_id`, `date`, `raw`, `reasons`.
    earlier
        Validated rows of the days before, column `event_id`.

    Notes
    -----
    The first delivery is the one of the earliest date; which of several on one date does not
    matter when they are equal and is settled by a hash of their text when they are not.
    """
    place = F.struct("date", F.xxhash64("raw"), F.monotonically_increasing_id())
    placed = judged.withColumn("_place", place)
    # Only ids are shuffled, and only the few that come twice are joined back.
    never = F.lit(None).cast(placed.schema["_place"].dataType)
    ids = placed.select("event_id", "_place").unionByName(
        earlier.select("event_id", never.alias("_place"))
    )
    several = (
        ids.where("event_id is not null")
        .groupBy("event_id")
        .agg(
            F.min("_place").alias("_first"),
            F.count(F.lit(1)).alias("_n"),
            F.count_if(F.col("_place").isNull()).alias("_n_earlier"),
        )
        .where("_n > 1")
        .drop("_n")
    )
    marked = placed.join(F.broadcast(several), "event_id", "left")
    again = (F.col("_n_earlier") > 0) | (F.col("_place") > F.col("_first"))
    return with_reason(marked, F.coalesce(again, F.lit(False)), SEEN_BEFORE).select(  # noqa: FBT003
        *judged.columns
    )
