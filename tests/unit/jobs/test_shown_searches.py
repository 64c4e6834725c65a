"""Searches of the clickstream with what they showed (jobs.shown_searches)."""

import datetime as dt

import numpy as np
import pytest

from features.schemas.lake import ProductFeatures
from features.schemas.logs import ClickstreamEvent
from jobs.partitions import Partitions
from jobs.reading import day_number
from jobs.shown_searches import has_signals, shown_searches, signals_before
from models.search.signals import NAMES
from tests.tables import arrow

DAY = dt.date(2024, 5, 10)


@pytest.fixture
def lake(tmp_path):
    return Partitions(tmp_path)


def test_what_was_shown_belongs_to_the_sessions_last_search(lake):
    clicks = """
        event_id | session_id | kind       | surface  | query | product_id | position | occurred_at         | date
        ---------+------------+------------+----------+-------+------------+----------+---------------------+-----------
        a        | s1         | search     | search   | lamp  |            |          | 2024-05-10T10:00:00 | 2024-05-10
        b        | s1         | impression | search   |       | 7          | 1        | 2024-05-10T10:00:02 | 2024-05-10
        c        | s1         | impression | search   |       | 8          | 2        | 2024-05-10T10:00:02 | 2024-05-10
        d        | s1         | view       | search   |       | 8          | 2        | 2024-05-10T10:00:30 | 2024-05-10
        e        | s1         | cart       | search   |       | 8          | 2        | 2024-05-10T10:00:40 | 2024-05-10
        f        | s1         | impression | search   |       | 7          | 1        | 2024-05-10T10:01:00 | 2024-05-10
        g        | s1         | search     | search   | desk  |            |          | 2024-05-10T10:02:00 | 2024-05-10
        h        | s1         | impression | search   |       | 8          | 1        | 2024-05-10T10:02:02 | 2024-05-10
        i        | s1         | impression | category |       | 9          | 1        | 2024-05-10T10:02:02 | 2024-05-10
        j        | s1         | view       | category |       | 8          | 1        | 2024-05-10T10:02:09 | 2024-05-10
        k        | s1         | impression | search   |       | 9          |          | 2024-05-10T10:02:02 | 2024-05-10
        l        | s0         | impression | search   |       | 7          | 1        | 2024-05-10T10:00:00 | 2024-05-10
        m        | s2         | search     | search   | vase  |            |          | 2024-05-10T10:00:00 | 2024-05-10
        n        | s2         | impression | search   |       | 7          | 3        | 2024-05-10T10:00:00 | 2024-05-10
        o        | s2         | view       | search   |       | 7          | 3        | 2024-05-10T10:00:09 | 2024-05-10
    """
    lake.write(ClickstreamEvent, arrow(ClickstreamEvent, clicks), DAY)

    found = shown_searches(lake, [DAY])

    assert list(found.queries) == ["lamp", "desk", "vase"]
    rows = zip(found.search, found.product, found.position, found.outcome, strict=True)
    assert sorted(tuple(map(int, row)) for row in rows) == [
        (0, 7, 1, 0),
        (0, 8, 2, 2),
        (1, 8, 1, 0),
        (2, 7, 3, 1),
    ]
    assert set(found.days.tolist()) == {day_number(DAY)}
    assert (np.diff(found.search) >= 0).all()


def test_without_a_click_there_is_no_search(lake):
    lake.write(ClickstreamEvent, arrow(ClickstreamEvent, "event_id\n---"), DAY)

    assert len(shown_searches(lake, [DAY])) == 0
    assert len(shown_searches(lake, [])) == 0


@pytest.mark.parametrize(
    ("day", "known"),
    [
        (dt.date(2024, 5, 8), None),
        (dt.date(2024, 5, 9), 1.0),  # of 8 May
        (dt.date(2024, 5, 10), 1.0),  # that day's own are of its end
        (dt.date(2024, 5, 11), 2.0),
        (dt.date(2024, 5, 24), 2.0),
        (dt.date(2024, 5, 25), None),  # too old
    ],
)
def test_signals_are_those_of_the_newest_day_before(lake, day, known):
    features = """
        product_id | category_price_ratio | n_available | date
        -----------+----------------------+-------------+-----------
        7          | {price}              | 0           | {date}
    """
    for date, price in (("2024-05-08", 1.0), ("2024-05-10", 2.0)):
        rows = arrow(ProductFeatures, features.format(price=price, date=date))
        lake.write(ProductFeatures, rows, dt.date.fromisoformat(date))

    signals = signals_before(lake)(day_number(day))

    place = signals.places(np.array([7]))
    price = np.exp(signals.lifts[place, NAMES.index("price_lift")])
    assert price == pytest.approx([known or np.nan], nan_ok=True)
    assert has_signals(lake, day) == (known is not None)
    assert signals.in_stock[place] == pytest.approx([0 if known else np.nan], nan_ok=True)
