"""Build what models and serving know of users and products: facts -> user_items, user_ and product_features.

python -m jobs.build_features --date 2024-05-01
"""

import datetime as dt

from pyspark.sql import DataFrame

from features.schemas.lake import DailyDemand, Interaction, ProductFeatures, UserFeatures, UserItem
from features.schemas.logs import (
    ClickstreamEvent,
    OrderLine,
    ProductVersion,
    Review,
    StockLevel,
)
from features.schemas.weights import HOLDOUT_DAYS
from features.transforms.interactions import user_items
from features.transforms.looks import look_ratios, shown_places
from features.transforms.product_events import daily_product_events
from features.transforms.product_features import WINDOW_DAYS, Opinions, days, product_features
from features.transforms.user_features import units_kept, user_features, user_orders
from features.transforms.verdicts import VERDICT_DAYS, shop_stars, verdicts
from jobs.lake import Lake
from jobs.runner import Dates, Settings, run
from jobs.spark import open_lake


def main(settings: Settings, dates: Dates) -> None:
    """Rebuild the three tables' partitions of the days.

    `user_items` is the matrix that models are trained on, whole: it is built for the last day and
    for the day before its hold-out begins, not for every day of a range.
    """
    lake = open_lake(settings, "build_features")
    for day in (dates.last - dt.timedelta(days=HOLDOUT_DAYS), dates.last):
        facts = lake.read(Interaction, None, day)
        lake.write(UserItem, user_items(facts, day), day, day)
    build_product_features(lake, dates)
    build_user_features(lake, dates)
    for row in (ProductFeatures, UserFeatures):
        lake.partitions.widen(row)


def build_product_features(lake: Lake, dates: Dates) -> None:
    """Rebuild `product_features` of the days."""
    early = dates.first - dt.timedelta(days=WINDOW_DAYS)
    a_year_ago = dates.first - dt.timedelta(days=VERDICT_DAYS)
    clicks = lake.read(ClickstreamEvent, early, dates.last)
    events = daily_product_events(clicks, lake.read(DailyDemand, early, dates.last))
    wanted, reviews = _days(lake, dates), lake.read(Review, None, dates.last)
    judged = verdicts(
        lake.read(Interaction, a_year_ago, dates.last),
        lake.read(DailyDemand, a_year_ago, dates.last),
        reviews,
        wanted,
    )
    looks = look_ratios(shown_places(clicks), wanted)
    built = product_features(
        events,
        Opinions(judged, shop_stars(reviews, wanted), looks),
        lake.read(ProductVersion, None, dates.last),
        lake.read(StockLevel, None, dates.last),
        wanted,
    )
    lake.write(ProductFeatures, built, dates.first, dates.last, dates.every_days)


def build_user_features(lake: Lake, dates: Dates) -> None:
    """Rebuild `user_features` of the days."""
    lines = lake.read(OrderLine, None, dates.last)
    built = user_features(
        user_orders(lines),
        units_kept(lines),
        lake.read(Interaction, None, dates.last),
        lake.read(ProductVersion, None, dates.last),
        _days(lake, dates),
    )
    lake.write(UserFeatures, built, dates.first, dates.last, dates.every_days)


def _days(lake: Lake, dates: Dates) -> DataFrame:
    return days(lake.spark, dates.first, dates.last, dates.every_days)


if __name__ == "__main__":
    run(main, __doc__)
