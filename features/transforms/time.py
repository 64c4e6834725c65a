"""Days and moments."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812


def known_within(occurred_on: str, n_days: int) -> Column:
    """Return whether a row was known by the end of `as_of` and is of the `n_days` that end then.

    Parameters
    ----------
    occurred_on
        The column of the day it happened; the day it was known on is `date`.
    """
    age_days = F.datediff("as_of", occurred_on)
    return (F.col("date") <= F.col("as_of")) & age_days.between(0, n_days - 1)


def end_of(day: Column) -> Column:
    """Return the first moment after a day: from then on a picture of that day may be used."""
    return F.date_add(day, 1).cast("timestamp")
