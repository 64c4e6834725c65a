"""Features that are made when they are asked for (features.on_demand)."""

import numpy as np
import pytest

from features.on_demand import days_since, ratio

UNKNOWN = np.nan


@pytest.mark.parametrize(
    ("price_cents", "usual_cents", "expected"),
    [
        (300, 200, 1.5),
        (50, 200, 0.25),
        (300, 0, UNKNOWN),  # bought nothing yet
        (UNKNOWN, 200, UNKNOWN),
        (300, UNKNOWN, UNKNOWN),
    ],
)
def test_a_price_is_told_beside_what_is_usual(price_cents, usual_cents, expected):
    assert ratio(price_cents, usual_cents) == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("day", "asked_at_seconds", "expected"),
    [
        (10, 10 * 86_400, 0),
        (10, 11 * 86_400 - 1, 0),
        (10, 12 * 86_400 + 1, 2),
        (UNKNOWN, 0, UNKNOWN),
    ],
)
def test_days_are_whole_days_of_utc(day, asked_at_seconds, expected):
    assert days_since(day, asked_at_seconds) == pytest.approx(expected, nan_ok=True)
