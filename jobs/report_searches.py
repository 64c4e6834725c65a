"""Report on searches: clickstream -> search_queries, reformulations, and a page for people.

python -m jobs.report_searches --date 2024-05-01
"""

import datetime as dt

from features.schemas.lake import Reformulation, SearchQuery
from features.schemas.logs import ClickstreamEvent
from features.transforms.searches import WINDOW_DAYS, reformulations, search_queries, searches
from jobs.lake import Lake
from jobs.reports import write_page
from jobs.runner import Dates, Settings, run
from jobs.search_page import page
from jobs.spark import open_lake


def main(settings: Settings, dates: Dates) -> None:
    """Rebuild both tables' partitions of the days, and the page of the last."""
    lake = open_lake(settings, "report_searches")
    for day in dates.days():
        build(lake, day)
    queries, tried = (
        [row.asDict() for row in lake.read(table, dates.last, dates.last).collect()]
        for table in (SearchQuery, Reformulation)
    )
    write_page(
        settings.reports, "searches", dates.last, page(queries, tried, dates.last, WINDOW_DAYS)
    )


def build(lake: Lake, day: dt.date) -> None:
    """Rebuild the partitions of a day."""
    first = day - dt.timedelta(days=WINDOW_DAYS - 1)
    found = searches(lake.read(ClickstreamEvent, first, day)).cache()
    try:
        lake.write(SearchQuery, search_queries(found, day), day, day)
        lake.write(Reformulation, reformulations(found, day), day, day)
    finally:
        found.unpersist()


if __name__ == "__main__":
    run(main, __doc__)
