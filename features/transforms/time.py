"""Days and moments."""

from pyspark.sql import Column
from pyspark.sql import functions as F  # noqa: N812


def end_of(day: Column) -> Column:
    """Return the first moment after a day: from then on a picture of that day may be used."""
    return F.date_add(day, 1).cast("timestamp")
