"""Build the documents of the search index: catalogue, stock, popularity, features -> search_documents.

python -m jobs.build_search_documents --date 2024-05-01
"""

import datetime as dt

from features.schemas.lake import DailyDemand, ProductFeatures, SearchDocument
from features.schemas.logs import ClickstreamEvent, ProductVersion, StockLevel
from features.transforms.product_events import daily_product_events
from features.transforms.search_documents import search_documents
from features.transforms.trending import WINDOW_DAYS, popularity_scores
from jobs.lake import Lake
from jobs.runner import Dates, Settings, run
from jobs.spark import open_lake


def main(settings: Settings, dates: Dates) -> None:
    """Rebuild the table's partitions of the days."""
    lake = open_lake(settings, "build_search_documents")
    for day in dates.days():
        build(lake, day)


def build(lake: Lake, day: dt.date) -> None:
    """Rebuild the partition of a day."""
    first = day - dt.timedelta(days=WINDOW_DAYS - 1)
    events = daily_product_events(
        lake.read(ClickstreamEvent, first, day), lake.read(DailyDemand, first, day)
    )
    documents = search_documents(
        lake.read(ProductVersion, None, day),
        lake.read(StockLevel, None, day),
        popularity_scores(events, day),
        lake.read(ProductFeatures, day, day),
        day,
    )
    lake.write(SearchDocument, documents, day, day)


if __name__ == "__main__":
    run(main, __doc__)
