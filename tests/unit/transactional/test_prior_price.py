"""The price that a reduction is compared with (transactional.catalogue.prices)."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.catalogue.prices import PriceSince, prior_price_cents

DAY_0 = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)


def history(*prices):
    """Prices as (day, cents)."""
    return [PriceSince(cents, DAY_0 + dt.timedelta(days=day)) for day, cents in prices]


@pytest.mark.parametrize(
    ("prices", "prior"),
    [
        ([], None),
        ([(0, 100)], None),
        ([(0, 100), (5, 120)], None),  # dearer: nothing to compare
        ([(0, 100), (5, 80)], 100),
        ([(0, 100), (40, 80)], 100),  # set long before, asked until the reduction
        ([(0, 90), (3, 100), (20, 80)], 90),  # raised shortly before: the low price counts
        ([(0, 90), (3, 100), (34, 80)], 100),  # the low price ended 31 days before
        ([(0, 90), (4, 100), (34, 80)], 100),  # it ended 30 days before to the moment
        ([(0, 90), (5, 100), (34, 80)], 90),  # it ended 29 days before
        ([(0, 100), (5, 80), (9, 70)], 80),  # reduced again: before the last reduction
        ([(0, 100), (5, 80), (9, 100)], None),  # the reduction is over
        ([(0, 100), (5, 50), (5, 80)], None),
        ([(0, 100), (5, 90), (5, 80)], 100),  # 90 was replaced the moment it was set
    ],
)
def test_a_reduction_is_compared_with_the_lowest_price_of_the_30_days_before(prices, prior):
    assert prior_price_cents(history(*prices)) == prior


@given(st.lists(st.tuples(st.integers(0, 90), st.integers(1, 9)), min_size=2))
def test_a_prior_price_was_asked_on_a_day_of_the_window(changes):
    prices = history(*sorted(changes, key=lambda change: change[0]))
    by_minute = {}
    for each in prices:
        by_minute[each.changed_at] = each.price_cents  # the last of a moment is the one asked
    last = prices[-1].changed_at
    asked = [
        by_minute[max(at for at in by_minute if at <= day)]
        for day in (last - dt.timedelta(days=n) for n in range(1, 31))
        if day >= prices[0].changed_at
    ]

    prior = prior_price_cents(prices)

    if prices[-1].price_cents >= prices[-2].price_cents:
        assert prior is None
    elif asked:
        assert prior == min(asked)
