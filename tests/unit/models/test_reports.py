"""What is said of lists beside accuracy, and how sure it is (models.evaluation)."""

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.evaluation.beyond_accuracy import diversity, miscalibration, novelty, popularity_share
from models.evaluation.holdouts import last_event
from models.evaluation.intervals import gain, interval
from models.evaluation.lists import user_measures
from models.evaluation.report import head_of, report
from tests.unit.models.logs import drawn


def test_average_precision_by_hand():
    lists = np.array([[7, 1, 8, 2]])
    relevant = csr_matrix(np.isin(np.arange(10), [1, 2])[None, :].astype(float))

    # Hits at places 2 and 4: precisions 1/2 and 2/4, over two relevant items.
    assert user_measures(lists, relevant)["map"].tolist() == [0.5]


def test_novelty_is_the_surprise_in_bits():
    user_items = csr_matrix(np.array([[1, 1], [1, 0], [1, 0], [1, 0]]))

    # Everybody knows item 0 (0 bits), a quarter item 1 (2 bits).
    assert novelty(np.array([[0, 1], [0, -1]]), user_items).tolist() == [1.0, 0.0]


def test_diversity_is_one_less_the_mean_cosine_of_pairs():
    # Items 0 and 1 are wanted by the same user, item 2 by another, item 3 by nobody.
    user_items = csr_matrix(np.array([[1, 1, 0, 0], [0, 0, 1, 0]]))

    values = diversity(np.array([[0, 1], [0, 2], [0, 3], [0, -1]]), user_items)

    assert values[:3].tolist() == pytest.approx([0.0, 1.0, 1.0], abs=1e-6)
    assert np.isnan(values[3])


def test_a_list_in_the_mixture_of_the_history_is_calibrated():
    groups = np.array([0, 0, 1, 1])
    history = csr_matrix(np.array([[1, 0, 1, 0]]))

    same, other = (
        miscalibration(np.array([items]), history, groups)[0] for items in ([1, 3], [0, 1])
    )

    assert same == pytest.approx(0)
    # Half of the history's mass is on group 1, which the list has only by smoothing: .005.
    expected = 0.5 * np.log(0.5 / 0.995) + 0.5 * np.log(0.5 / 0.005)
    assert other == pytest.approx(expected)


def test_the_share_of_a_list_in_the_head():
    head = np.array([True, False, False])

    assert popularity_share(np.array([[0, 1], [0, -1]]), head).tolist() == [0.5, 1.0]


def test_the_head_is_the_fewest_items_that_hold_half_of_the_events():
    assert head_of(drawn("0 0 0 1 1 2")).tolist() == [True, False, False]


def test_an_interval_holds_its_mean_narrows_with_users_and_leaves_out_who_does_not_count():
    rng = np.random.default_rng(0)
    few, many = rng.random(30), rng.random(3_000)

    a, b = interval(few), interval(many)

    assert a.low < a.mean < a.high
    assert b.high - b.low < (a.high - a.low) / 5
    assert interval(np.array([1.0, np.nan, 0.0])).mean == 0.5
    assert np.isnan(interval(np.array([np.nan])).low)


def test_a_gain_is_judged_user_by_user():
    rng = np.random.default_rng(0)
    base = rng.random(500)

    assert gain(base + 0.01, base).low > 0  # small, but everybody has it
    assert gain(rng.permutation(base), base).low < 0


def test_a_report_knows_new_users_and_the_tail():
    log = drawn("0 1", "0 1", "0 0 0 0 2", "0 0 0 0 0 2", n_items=4)
    holdout = last_event(log, repeats=False)

    made = report(np.array([[1], [1], [1], [2]]), holdout, None, seed=0)

    assert made.measures["ndcg"].mean == 0.75
    assert made.segments["new_users"].mean == 1.0
    assert made.segments["heavy_users"].mean == 1.0
    assert made.segments["tail_items"].mean == 0.75
    assert np.isnan(made.segments["head_items"].mean)
    assert made.coverage == 0.5
