"""Levels, packs, shelf life and budget (models.planning.reorder)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.planning.reorder import (
    OrderCosts,
    Terms,
    economic_days,
    in_packs,
    is_worth_stocking,
    wanted_units,
    within_budget,
    within_shelf_life,
)
from models.planning.safety_stock import Demand


def terms(cost=100.0, pack=1.0, minimum=0.0, life=np.inf):
    columns = np.broadcast_arrays(*(np.atleast_1d(each) for each in (cost, pack, minimum, life)))
    return Terms(*(np.array(each, float) for each in columns))


def column(*values):
    return np.array(values, float)


@pytest.mark.parametrize(
    ("units_per_day", "cost_cents", "days"),
    [
        # A line costs 200, keeping a unit of 1,000 costs 1 a day: sqrt(2 * 200 / (rate * 1))
        (1, 1_000, 20),
        (4, 1_000, 10),
        (4, 4_000, 5),
        (100, 100_000, 1),
        (0.001, 100, 60),
    ],
)
def test_the_days_for_which_it_pays_to_order(units_per_day, cost_cents, days):
    costs = OrderCosts(line_cents=200, holding_ratio=0.365, least_days=1, most_days=60)

    found = economic_days(column(units_per_day), column(cost_cents), costs)

    assert found == pytest.approx([days])


@pytest.mark.parametrize(
    ("n_foreseen", "pack", "margin_cents", "is_worth"),
    [
        # A unit costs 600. Sold for 1,000 it pays if it sells in 60 cases of 100: Poisson, 1 - exp(-n).
        (0.5, 1, 400, False),  # 39 %
        (1.0, 1, 400, True),  # 63 %
        (1.0, 6, 400, False),  # of six, one
        (6.0, 6, 400, True),  # 1 - P(D = 6) = 84 % of six
        # Sold for what it cost, nine of ten have to sell.
        (1.0, 1, 0, False),
        (3.0, 1, 0, True),  # 95 %
    ],
)
def test_what_is_hardly_ever_wanted_is_bought_if_what_sells_pays_for_all(
    n_foreseen, pack, margin_cents, is_worth
):
    demand = Demand(column(n_foreseen), column(n_foreseen))

    found = is_worth_stocking(
        demand, column(margin_cents), terms(cost=600.0, pack=pack), OrderCosts()
    )

    assert found.tolist() == [is_worth]


@pytest.mark.parametrize(
    ("position", "wanted"), [(11, 0), (10, 15), (3, 22), (-2, 27)]
)  # ordered at 10, up to 25
def test_nothing_is_ordered_above_the_reorder_point(position, wanted):
    assert wanted_units(column(position), column(10), column(25)).tolist() == [wanted]


@pytest.mark.parametrize(
    ("units", "pack", "minimum", "ordered"),
    [
        (0, 6, 10, 0),
        (1, 6, 10, 12),
        (14, 6, 10, 12),
        (16, 6, 10, 18),
        (10, 5, 10, 10),
        (0.4, 1, 0, 1),
        (2, 6, 1, 6),
    ],
)
def test_packs_and_minimum(units, pack, minimum, ordered):
    assert in_packs(column(units), terms(pack=pack, minimum=minimum)).tolist() == [ordered]


@pytest.mark.parametrize(
    ("units", "position", "sold", "pack", "minimum", "ordered"),
    [
        (18, 2, 15, 6, 0, 12),  # room for 13
        (18, 2, 15, 6, 18, 0),  # fewer than the supplier sends
        (18, 20, 15, 6, 0, 0),  # what is there will do
        (18, 2, np.inf, 6, 0, 18),
        (18, -5, 18, 6, 0, 18),  # no units are there to be sold first
    ],
)
def test_no_more_than_sells_before_it_spoils(units, position, sold, pack, minimum, ordered):
    found = within_shelf_life(
        column(units), column(position), column(sold), terms(pack=pack, minimum=minimum)
    )

    assert found.tolist() == [ordered]


def test_a_budget_goes_where_a_cent_avoids_most_loss():
    # The same demand and need; the first costs 10 a unit, the second 5, the third has no margin.
    demand = Demand(column(4, 4, 4), column(4, 4, 4))
    asked = {
        "units": column(4, 4, 4),
        "position": column(0, 0, 0),
        "demand": demand,
        "margin_cents": column(10, 10, 0),
        "terms": terms(cost=column(10, 5, 5)),
    }

    assert within_budget(**asked, cents=80).tolist() == [4, 4, 4]
    assert within_budget(**asked, cents=60).tolist() == [4, 4, 0]
    assert within_budget(**asked, cents=45).tolist() == [2, 4, 1]  # what is left buys one of these
    assert within_budget(**asked, cents=4).tolist() == [0, 0, 0]


rows = st.lists(
    st.tuples(
        st.integers(0, 60),  # wanted
        st.integers(-20, 60),  # position
        st.sampled_from((1, 2, 6, 25)),
        st.integers(0, 40),  # minimum
        st.integers(1, 500),  # cents
        st.integers(0, 90),  # sold while fresh
    ),
    min_size=1,
    max_size=8,
)


@given(rows, st.integers(0, 20_000))
def test_orders_keep_packs_minimum_shelf_life_and_budget(drawn, cents):
    wanted, position, pack, minimum, cost, sold = (np.array(each, float) for each in zip(*drawn, strict=True))  # fmt: skip
    asked = terms(cost, pack, minimum)
    fresh = within_shelf_life(in_packs(wanted, asked), position, sold, asked)
    demand = Demand(wanted + 1, 2 * (wanted + 1))
    units = within_budget(fresh, position, demand, np.ones(len(wanted)), asked, cents)

    assert (units % pack == 0).all()
    assert ((units == 0) | (units >= minimum)).all()
    assert (units <= fresh).all()
    assert ((units == 0) | (np.maximum(position, 0) + units <= sold)).all()
    assert units @ cost <= cents
