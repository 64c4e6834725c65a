"""Run a job's `main` for its dates: the edge where arguments and settings are read."""

import argparse
import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import dataclass

from jobs.partitions import Partitions, days_between
from jobs.settings import Settings

__all__ = ["Dates", "JobError", "Settings", "parse_dates", "partitions", "run"]


@dataclass(frozen=True)
class Dates:
    """The days a job (re)builds, both inclusive; `first == last` for a daily run."""

    first: dt.date
    last: dt.date
    every_days: int = 1

    def days(self) -> list[dt.date]:
        """Return the days in order: `last` and every so many before it, down to `first`."""
        return days_between(self.first, self.last)[:: -self.every_days][::-1]


class JobError(Exception):
    """The job can't go on; the message is one sentence that says what to do."""


def run(main: Callable[[Settings, Dates], None], description: str | None) -> None:
    """Parse `--date` or `--from`/`--to` and call `main`; a `JobError` ends it with its sentence."""
    dates = parse_dates(description, sys.argv[1:])
    try:
        main(Settings(), dates)
    except JobError as error:
        sys.exit(f"FAILED: {error}")


def parse_dates(description: str | None, arguments: list[str]) -> Dates:
    """Return the days named by `--date D` or `--from D --to D`."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--date", type=dt.date.fromisoformat, help="UTC day to build")
    parser.add_argument("--from", dest="first", type=dt.date.fromisoformat, help="first UTC day")
    parser.add_argument("--to", dest="last", type=dt.date.fromisoformat, help="last UTC day")
    parser.add_argument("--every", type=int, default=1, help="only every so many days, last one in")
    args = parser.parse_args(arguments)
    if args.date and (args.first or args.last):
        parser.error("give --date, or --from and --to")
    first, last = args.first or args.date or args.last, args.last or args.date
    if first is None or last is None or first > last:
        parser.error("give --date, or --from and --to in order")
    return Dates(first, last, max(1, args.every))


def partitions(settings: Settings) -> Partitions:
    """Open the lake's folders."""
    return Partitions(settings.lake)
