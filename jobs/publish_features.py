"""Push the newest features to serving: derived tables -> Feast -> Redis, and packed beside it.

python -m jobs.publish_features --date 2024-05-01
"""

import datetime as dt
import logging
import os
import sys
from dataclasses import dataclass

import pyarrow as pa
from redis import Redis

from features.schemas.lake import UserFeatures
from features.schemas.row import Row
from features.store.definitions import PUSHED, PUSHED_TTL, VIEWS
from features.store.materialising import Materialising
from features.store.opening import FeatureStore, apply_definitions, open_store
from features.store.packed import PACKED
from features.store.packed_lists import PACKED_LISTS, packed_lists
from features.store.packed_redis import PackedFeatures
from features.store.user_lists import UserLists
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
    with Redis.from_url(settings.redis_url) as redis:
        written_by = Materialising(
            settings.feast, settings.redis_url, settings.publishing_processes or n_cores()
        )
        online = Online(store, PackedFeatures(redis), written_by)
        pushed = {
            row.table: online.write(row, lake.read(row, day, day)) for row, day in newest.items()
        }
    log.info("pushed %s", pushed)
    write_report(settings.reports, "publish_features", dates.last, pushed)


def n_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


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


@dataclass(frozen=True)
class Online:
    """The online store: Feast's rows, and the same packed beside them."""

    store: FeatureStore
    packed: PackedFeatures
    rows: Materialising

    def write(self, row: type[Row], rows: pa.Table) -> int:
        """Write one day's rows of a view and return how many there are.

        Feast's own `materialize` reads the view's whole history to find each entity's last row;
        here the newest partition holds them all, so only that is read.
        """
        self.rows.write(self.store, row.table, rows.drop_columns(["date"]))
        if row in PACKED:
            self.packed.write_all(PACKED[row], rows)
        if row in PACKED_LISTS:
            self.packed.write_lists(packed_lists(row, rows), PUSHED_TTL)
        if row is UserFeatures:
            for view in PUSHED:
                UserLists(view, self.store, self.packed).publish(rows)
        return len(rows)


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
