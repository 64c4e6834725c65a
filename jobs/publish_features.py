"""Push the newest features to serving: derived tables -> Feast -> Redis.

python -m jobs.publish_features --date 2024-05-01
"""

import datetime as dt
import logging
import sys

from features.schemas.lake import UserFeatures
from features.schemas.row import Row
from features.store.definitions import USER_RECENT, VIEWS
from features.store.opening import FeatureStore, apply_definitions, open_store
from jobs.partitions import Partitions
from jobs.reports import write_report
from jobs.runner import Dates, JobError, Settings, partitions, run

log = logging.getLogger("publish_features")


def main(settings: Settings, dates: Dates) -> None:
    """Materialise each view's newest day, whatever day the run is for.

    A backfill of a past day thus never takes serving back in time.
    """
    lake = partitions(settings)
    newest = {row: newest_day(lake, row) for row in VIEWS}
    store = open_store(settings.feast, settings.redis_url, overwrite=True)
    apply_definitions(store, settings.lake)
    pushed = {row.table: materialize(store, lake, row, day) for row, day in newest.items()}
    log.info("pushed %s", pushed)
    write_report(settings.reports, "publish_features", dates.last, pushed)


def newest_day(lake: Partitions, row: type[Row]) -> dt.date:
    """Return the newest published day of a table.

    Raises
    ------
    JobError
        If there is none.
    """
    days = lake.days("derived", row.table)
    if not days:
        raise JobError(f"{row.table} has no partition yet: run the DAG build_features first")
    return days[-1]


def materialize(store: FeatureStore, lake: Partitions, row: type[Row], day: dt.date) -> int:
    """Write one day's rows of a view to the online store and return how many there are.

    Feast's own `materialize` reads the view's whole history to find each entity's last row; here the
    newest partition holds them all, so only that is read.
    """
    rows = lake.read(row, day, day).drop_columns(["date"]).to_pandas()
    store.write_to_online_store(row.table, df=rows)
    if row is UserFeatures:
        recent = rows[["user_id", "recent_item_ids", "available_at"]]
        store.write_to_online_store(USER_RECENT, df=recent)
    return len(rows)


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
