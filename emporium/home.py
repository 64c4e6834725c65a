"""A home that has data, opened to be read: where its lake is and which days it has."""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from emporium.databases import SetupError
from emporium.settings import Settings
from features.schemas.lake import DailyDemand
from jobs.index_versions import IndexVersions
from jobs.partitions import Partitions, layer_of
from jobs.settings import Settings as JobSettings


@dataclass(frozen=True)
class Home:
    """A home's lake and the first and last day of which everything was derived."""

    root: Path
    lake: Partitions
    first_day: dt.date
    last_day: dt.date

    @property
    def index(self) -> Path:
        """Folder of the search index that serves."""
        return IndexVersions(JobSettings(emporium_home=self.root).index).current


def open_home(settings: Settings | None = None) -> Home:
    """Return the home that `EMPORIUM_HOME` names; the platform need not run.

    Raises
    ------
    SetupError
        If no run of the DAGs has derived anything there.
    """
    root = (settings or Settings()).home
    lake = Partitions(JobSettings(emporium_home=root).lake)
    days = lake.days(layer_of(DailyDemand), DailyDemand.table)
    if not days:
        raise SetupError(
            f"{lake.root} has no days: `emporium demo` makes some, or name another home by EMPORIUM_HOME"
        )
    return Home(root, lake, days[0], days[-1])
