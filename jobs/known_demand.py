"""Reading `demand_history` as known by the end of a day."""

import datetime as dt

import pyarrow as pa

from features.schemas.lake import DemandHistory
from jobs.partitions import Partitions


def known_demand(
    lake: Partitions, first: dt.date | None, date: dt.date, columns: list[str] | None = None
) -> pa.Table:
    """Return the rows of all demand days from `first` (or the first there is) to `date`.

    Of a product and day those of the newest partition, all its warehouses together: a day that was
    corrected may have been written for the whole shop before. In no particular order. `columns` must have
    `product_id`, `demand_date` and `date`.
    """
    told = lake.read(DemandHistory, first, date, columns)
    of_day = ["product_id", "demand_date"]
    newest = told.group_by(of_day).aggregate([("date", "max")])
    return told.join(
        newest,
        keys=[*of_day, "date"],
        right_keys=[*of_day, "date_max"],
        join_type="left semi",
    )
