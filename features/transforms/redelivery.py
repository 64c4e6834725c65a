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
    several = (
        placed.groupBy("event_id")
        .agg(F.min("_place").alias("_first"), F.count(F.lit(1)).alias("_n"))
        .where("_n > 1")
        .drop("_n")
    )
    known = earlier.select("event_id").distinct().withColumn("_known", F.lit(True))  # noqa: FBT003
    marked = placed.join(several, "event_id", "left").join(known, "event_id", "left")
    again = F.col("_known").isNotNull() | (F.col("_place") > F.col("_first"))
    return with_reason(marked, F.coalesce(again, F.lit(False)), SEEN_BEFORE).select(  # noqa: FBT003
        *judged.columns
    )
