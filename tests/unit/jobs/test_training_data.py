"""Reading what models are trained on (jobs.training_data)."""

import datetime as dt

import numpy as np
import pytest

from features.schemas.logs import ClickstreamEvent
from jobs.partitions import Partitions
from jobs.training_data import day_number, impressions
from tests.tables import arrow

DAY = dt.date(2024, 5, 1)
NEXT_DAY = dt.date(2024, 5, 2)
USER_IDS, ITEM_IDS = np.array([7, 8]), np.array([50, 60])


def clicks(day, *lines):
    """Draw clicks: kind, customer, product."""
    rest = f"{day}T10:00:00+00:00 | {day}T10:00:00+00:00 | {day}"
    rows = "\n".join(f"e{n} | {line} | s1 | {rest}" for n, line in enumerate(lines))
    columns = "event_id | kind | customer_id | product_id | session_id | occurred_at | recorded_at"
    return arrow(ClickstreamEvent, f"{columns} | date\n---\n{rows}")


@pytest.fixture
def lake(tmp_path):
    return Partitions(tmp_path)


def test_impressions_of_known_customers_and_products_are_read_by_day(lake):
    lake.write(ClickstreamEvent, clicks(DAY, "impression | 7 | 60", "view | 7 | 60"), DAY)
    lines = "impression | 8 | 50", "impression | | 50", "impression | 8 | 99"
    lake.write(ClickstreamEvent, clicks(NEXT_DAY, *lines), NEXT_DAY)

    found = impressions(lake, NEXT_DAY, USER_IDS, ITEM_IDS)

    assert found.user.tolist() == [0, 1]
    assert found.item.tolist() == [1, 0]
    assert found.known_on.tolist() == [day_number(DAY), day_number(NEXT_DAY)]
    assert impressions(lake, DAY, USER_IDS, ITEM_IDS).user.tolist() == [0]


def test_a_log_without_impressions_says_so(lake):
    lake.write(ClickstreamEvent, clicks(DAY, "view | 7 | 60"), DAY)

    assert impressions(lake, DAY, USER_IDS, ITEM_IDS) is None
