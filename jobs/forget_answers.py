"""Remove what was answered more than 30 days before the day: raw, validated, quarantine, kept versions, stream.

python -m jobs.forget_answers --date 2024-05-31

Answers tell what persons were shown. The one exception to raw rows being kept for ever; a batch's folder stays,
for its name is the memory of what was collected.
"""

import datetime as dt
import logging
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from redis import Redis

from features.schemas.logs import Answer
from jobs.raw import RawBatches
from jobs.reports import write_report
from jobs.runner import Dates, Settings, run

KEPT_DAYS = 30
PUBLISHED = (
    f"validated/{Answer.table}",
    f"quarantine/{Answer.table}",
    f".versions/validated/{Answer.table}",
    f".versions/quarantine/{Answer.table}",
)
RAW = (f"raw/*/{Answer.table}",)
log = logging.getLogger("forget_answers")


def main(settings: Settings, dates: Dates) -> None:
    """Remove the days that are over 30 days before the last one."""
    before = dates.last - dt.timedelta(days=KEPT_DAYS)
    n_folders = remove(settings.lake, PUBLISHED, before)
    batches = RawBatches(settings.lake)
    with batches.collecting(), batches.unread() as is_unread:
        if is_unread:
            n_folders += remove(settings.lake, RAW, before)
        else:
            log.warning("somebody reads raw rows: they stay until the next run")
    n_entries = trim(settings.redis_url, before) if settings.redis_url else 0
    log.info("removed %d days' folders and %d entries", n_folders, n_entries)
    figures = {"n_folders": n_folders, "n_entries": n_entries, "before": str(before)}
    write_report(settings.reports, "forget_answers", dates.last, figures)


def remove(lake: Path, places: Sequence[str], before: dt.date) -> int:
    """Remove the folders of days before one, and return how many."""
    folders = list(days_before(lake, places, before))
    for folder in folders:
        shutil.rmtree(folder)
    return len(folders)


def days_before(lake: Path, places: Sequence[str], before: dt.date) -> Iterator[Path]:
    """Yield the folders of days before one; a kept version's name goes on behind the day."""
    for place in places:
        for folder in sorted(lake.glob(f"{place}/date=*")):
            if dt.date.fromisoformat(folder.name.removeprefix("date=")[:10]) < before:
                yield folder


def trim(redis_url: str, before: dt.date) -> int:
    """Remove the stream's entries of before a day, collected or not; return how many."""
    first = int(dt.datetime.combine(before, dt.time(), dt.UTC).timestamp() * 1000)
    with Redis.from_url(redis_url) as redis:
        return int(redis.xtrim(Answer.table, minid=first, approximate=False))


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
