"""What fresh food's days are estimated at by somebody who knows the days around (bench.forecast_fresh_hindsight)."""

import numpy as np
import pytest

from bench.forecast_fresh_hindsight import day_effects, in_hindsight

CODES = ("city_id", "store_id", "third_category_id", "product_id")


def test_a_day_is_told_by_the_others_of_its_like_and_never_by_itself():
    units = np.full((400, 15), 10.0)
    units[:, 7] = 30
    units[0, 7] = 0
    full = np.ones_like(units, bool)
    codes = {name: np.zeros(400, np.int64) for name in CODES}

    effect = day_effects(units, full, codes)
    estimate = in_hindsight(units[1:], full[1:], effect[1:], [7])

    assert effect[0, 7] / effect[0, 6] == pytest.approx(3, rel=0.05)
    assert estimate.ravel() == pytest.approx(30, rel=0.1)


def test_days_out_of_stock_say_nothing_of_the_level():
    units = np.array([[4.0, 4, 0, 4, 9]])
    full = np.array([[True, True, False, True, True]])

    estimate = in_hindsight(units, full, np.ones_like(units), [4])

    assert estimate.tolist() == [[pytest.approx(4)]]
