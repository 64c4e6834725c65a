"""Choosing the recommender's method before the hold-out (models.evaluation.choice)."""

import datetime as dt

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models.evaluation import choice
from models.evaluation.choice import Window, best, choose, cross_judge_hybrid, rows_only
from models.ranking.hybrid import PRODUCT_COLUMNS, USER_COLUMNS
from models.recommender import Known, Params, fit_retrieval

N_USERS, N_ITEMS = 80, 40
PARAMS = Params(als_factors=8, als_regularization=1.0, content_dimensions=8)
SAME_HALF = (np.arange(N_USERS)[:, None] % 2) == (np.arange(N_ITEMS) % 2)


def wants(seed, mine=0.25, others=0.02):
    """Draw which user wants which item: mostly of the half of the shop that is theirs."""
    chances = np.where(SAME_HALF, mine, others)
    return csr_matrix((np.random.default_rng(seed).random(chances.shape) < chances).astype(float))


@pytest.fixture(scope="module")
def fitted():
    matrix = wants(seed=0).astype(np.float32)
    return fit_retrieval(
        Known(
            user_ids=np.arange(N_USERS),
            item_ids=np.arange(N_ITEMS),
            user_items=matrix,
            seen=matrix,
            documents=[f"thing {'oak' if item % 2 else 'tea'} {item}" for item in range(N_ITEMS)],
            product_features=np.full((N_ITEMS, len(PRODUCT_COLUMNS)), np.nan),
            user_features=np.full((N_USERS, len(USER_COLUMNS)), np.nan),
        ),
        PARAMS,
    )


def window_of(bought, seen):
    users = np.nonzero(np.diff(bought.indptr))[0]
    first, last = dt.date(2026, 1, 3), dt.date(2026, 1, 17)
    return Window(first, last, users, bought[users], seen[users], bought)


@pytest.fixture(scope="module")
def window(fitted):
    fresh = wants(seed=1)
    fresh = (fresh - fresh.multiply(fitted.known.seen)).tocsr()
    fresh.eliminate_zeros()
    return window_of(fresh, fitted.known.seen)


@pytest.mark.parametrize(
    ("hybrid", "als", "content", "expected"),
    [
        (0.3, 0.2, 0.1, "hybrid"),
        (0.2, 0.3, 0.1, "als"),
        (0.1, 0.2, 0.3, "content"),
        (0.2, 0.2, 0.2, "hybrid"),
        (None, 0.2, 0.2, "als"),
    ],
)
def test_the_best_ndcg_is_chosen_and_popularity_never(hybrid, als, content, expected):
    named = {"popularity": 0.9, "hybrid": hybrid, "als": als, "content": content}
    scores = {name: {"ndcg": value} for name, value in named.items() if value is not None}

    assert best(scores) == expected


def test_a_choice_shows_what_it_was_made_on(fitted, window):
    made = choose(fitted, window, PARAMS)

    assert set(made.scores) == {"popularity", "als", "content", "hybrid"}
    assert (made.after, made.last) == (window.after, window.last)
    assert made.n_users == len(window.users)
    assert made.method == best(made.scores)


def test_nothing_to_choose_by_leaves_als(fitted, window):
    nobody = window_of(csr_matrix((N_USERS, N_ITEMS)), fitted.known.seen)

    assert choose(None, window, PARAMS).method == "als"
    assert choose(fitted, nobody, PARAMS).method == "als"
    assert choose(fitted, nobody, PARAMS).scores == {}


def test_no_user_is_ranked_by_what_their_own_purchases_taught(fitted, window, monkeypatch):
    taught, ranked = [], []
    fit, rank = choice.fit_ranker, choice.rank

    def fit_seen(before, bought, params):
        taught.append(set(np.nonzero(np.diff(bought.indptr))[0].tolist()))
        return fit(before, bought, params)

    def rank_seen(ranker, users, items, seen, k):
        ranked.append(rows_like(users.als, fitted.als.user_factors_))
        return rank(ranker, users, items, seen, k)

    monkeypatch.setattr(choice, "fit_ranker", fit_seen)
    monkeypatch.setattr(choice, "rank", rank_seen)

    cross_judge_hybrid(fitted, window, PARAMS)

    assert all(not teachers & judged for teachers, judged in zip(taught, ranked, strict=True))
    assert set.union(*ranked) == set.union(*taught) == set(window.users.tolist())


def rows_like(some, all_rows):
    """Return which rows of `all_rows` equal one of `some`."""
    return {int(np.nonzero((all_rows == row).all(axis=1))[0][0]) for row in some}


def test_a_window_too_thin_to_teach_both_halves_judges_no_hybrid(fitted):
    one_buyer = csr_matrix(([1.0], ([3], [7])), shape=(N_USERS, N_ITEMS))

    assert cross_judge_hybrid(fitted, window_of(one_buyer, fitted.known.seen), PARAMS) == {}


def test_only_the_kept_rows_are_left():
    matrix = csr_matrix([[1.0, 0.0], [0.0, 2.0], [3.0, 4.0]])

    part = rows_only(matrix, np.array([True, False, True]))

    assert part.toarray().tolist() == [[1.0, 0.0], [0.0, 0.0], [3.0, 4.0]]
    assert part.nnz == 3
