"""Reading what models are trained on (jobs.training_data)."""

import datetime as dt

import numpy as np
import pytest

from features.schemas.logs import ClickstreamEvent
from jobs.partitions import Partitions
from jobs.reading import day_number
from jobs.training_data import impressions
from models.ranking.shown import IN_THE_CART, LOOKED_AT, PASSED_OVER
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


def test_lists_are_what_a_session_met_on_one_surface_and_outcomes_what_became_of_it(lake):
    """In session a the first product was looked at, the second put in the cart, by 7 and not by 8."""
    columns = "event_id | kind | customer_id | product_id | session_id | surface | position | price_shown_cents"
    lines = """
        e1 | impression | 7 | 50 | a | search  | 1 | 900
        e2 | impression | 7 | 60 | a | search  | 2 |
        e3 | impression | 7 | 50 | a | similar | 1 | 800
        e4 | view       | 7 | 50 | a | search  | 1 | 900
        e5 | view       | 7 | 60 | a | search  | 2 |
        e6 | cart       | 7 | 60 | a | search  | 2 |
        e7 | impression | 8 | 50 | b | search  | 1 | 900
        e8 | impression | 8 | 60 | a | search  | 99999 |
    """
    rest = f"{DAY}T10:00:00+00:00 | {DAY}T10:00:00+00:00 | {DAY}"
    rows = "\n".join(f"{line.strip()} | {rest}" for line in lines.strip().splitlines())
    drawn = arrow(ClickstreamEvent, f"{columns} | occurred_at | recorded_at | date\n---\n{rows}")
    lake.write(ClickstreamEvent, drawn, DAY)
    lake.write(ClickstreamEvent, clicks(NEXT_DAY, "impression | 7 | 50"), NEXT_DAY)

    found = impressions(lake, NEXT_DAY, USER_IDS, ITEM_IDS)

    assert found.user.tolist() == [0, 0, 0, 1, 1, 0]
    first, second, *others = found.list_number.tolist()
    assert first == second
    assert len({first, *others}) == 5
    outcomes = [LOOKED_AT, IN_THE_CART, LOOKED_AT, PASSED_OVER, PASSED_OVER, PASSED_OVER]
    assert found.outcome.tolist() == outcomes
    assert found.position.tolist() == [1, 2, 1, 1, 32767, 0]
    np.testing.assert_array_equal(found.price_cents, [900, np.nan, 800, 900, np.nan, np.nan])


def test_a_log_without_impressions_says_so(lake):
    lake.write(ClickstreamEvent, clicks(DAY, "view | 7 | 60"), DAY)

    assert impressions(lake, DAY, USER_IDS, ITEM_IDS) is None
