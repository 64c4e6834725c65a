"""What too little and too much stock cost (models.evaluation.stock_costs)."""

import numpy as np
import pytest

from models.evaluation.stock_costs import (
    CostRates,
    excess_units,
    holding_cost_cents,
    lost_margin_cents,
)

RATES = CostRates(margin_ratio=0.4, holding_ratio=0.365, cover_days=10)


@pytest.mark.parametrize(
    ("demand", "sold", "lost_cents"),
    [
        (5.0, 2.0, 3 * 1000 * 0.4),
        (2.0, 2.0, 0),
        (1.5, 2.0, 0),  # an estimate below what was sold is none
    ],
)
def test_what_was_wanted_and_not_there_loses_its_margin(demand, sold, lost_cents):
    lost = lost_margin_cents(np.array([demand]), np.array([sold]), np.array([1000.0]), RATES)

    assert lost.tolist() == [lost_cents]


def test_what_lasts_longer_than_the_cover_is_too_much():
    stock, per_day = np.array([25.0, 8.0, 3.0]), np.array([2.0, 1.0, 0.0])

    assert excess_units(stock, per_day, RATES).tolist() == [5, 0, 3]


def test_a_day_costs_its_part_of_the_year_of_what_the_units_cost():
    """5 units at 600 cents each, a thousandth of it a day."""
    assert holding_cost_cents(np.array([5.0]), np.array([1000.0]), RATES) == pytest.approx([3.0])
