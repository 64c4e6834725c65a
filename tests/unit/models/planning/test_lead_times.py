"""What is learned of suppliers' lead times (models.planning.lead_times)."""

import numpy as np
import pytest

from models.planning.lead_times import LeadTime, LeadTimes, Receipts, learned

DEFAULT = LeadTime(mean_days=7, spread_days=3)


def of(rows, n_suppliers):
    """Lead times from (supplier, days, units)."""
    supplier, days, units = zip(*rows, strict=True) if rows else ((), (), ())
    receipts = Receipts(np.array(supplier, int), np.array(days, float), np.array(units, float))
    return learned(receipts, n_suppliers, DEFAULT)


def test_where_nothing_ever_came_the_default_holds():
    found = of([], 2)

    assert isinstance(found, LeadTimes)
    assert (found.mean_days.tolist(), found.spread_days.tolist()) == ([7, 7], [3, 3])


def test_one_suppliers_receipts_by_hand():
    # Two equal receipts of 5 and 7 days: mean 6, variance 2.
    # Within: (3 * 9 + 1 * 2) / 4 = 7.25; of the mean: 3.625; between, by default: 9.
    # The supplier's own variance, shrunk: (1 * 2 + 3 * 7.25) / 4 = 5.9375.
    # Not known of its mean: 9 * 3.625 / 12.625 = 2.5842; of a stranger's: 9.
    found = of([(0, 5, 10), (0, 7, 10)], 2)

    assert found.mean_days == pytest.approx([6, 6])
    assert found.spread_days == pytest.approx([(5.9375 + 2.5842) ** 0.5, 16.25**0.5], abs=1e-3)
    assert found.n_receipts.tolist() == [2, 0]


def test_a_large_delivery_counts_more_than_a_small_one():
    assert of([(0, 4, 90), (0, 14, 10)], 1).mean_days == pytest.approx([5])


def test_few_receipts_are_drawn_towards_all_and_many_speak_for_themselves():
    days = np.random.default_rng(0).normal
    rows = [(n, mean + days(), 1) for n, mean in enumerate((5, 10, 15, 20)) for _ in range(40)]
    found = of([*rows, (4, 30, 1)], 6)

    assert found.mean_days[:4] == pytest.approx([5, 10, 15, 20], abs=0.5)
    assert 20 < found.mean_days[4] < 30
    assert found.mean_days[5] == pytest.approx(found.mean_days[:5].mean(), abs=1)
    assert found.spread_days[5] > 2 * found.spread_days[0]  # nobody knows the stranger


def test_suppliers_that_do_not_differ_are_one():
    found = of([(0, 5, 1), (0, 7, 1), (1, 5, 1), (1, 7, 1)], 3)

    assert found.mean_days == pytest.approx([6, 6, 6])
    assert found.spread_days[2] == pytest.approx(6.2**0.5)  # (3 * 9 + 2 + 2) / 5, and no more
