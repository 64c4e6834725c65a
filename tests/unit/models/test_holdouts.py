"""Cutting histories (models.evaluation.holdouts, models.evaluation.cuts): nothing of what judges is learnt."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.evaluation import drift, holdouts
from models.evaluation.cuts import TooLittleError, cut_of, inner, rule_of
from models.evaluation.holdouts import (
    after_day,
    drifting_share,
    last_event,
    last_sessions,
    newest_sessions,
    prefixes_of,
    random_share,
)
from models.evaluation.log import Columns, Log, log_of
from tests.unit.models.logs import cells_of, drawn, rows_of

LOG = ("0 1 2 3", "4 5", "6", "1 2 1")


def test_the_last_event_of_each_user_judges():
    made = last_event(drawn(*LOG), repeats=False)

    assert rows_of(made.known) == [[0, 1, 2], [4], [6], [1, 2]]
    assert rows_of(made.asked.histories) == [[0, 1, 2], [4]]  # user 3's last is none that is new
    assert cells_of(made.relevant) == [[3], [5]]
    assert cells_of(made.asked.seen) == [[0, 1, 2], [4]]


def test_where_repeats_count_nothing_is_seen_and_the_old_may_judge():
    made = last_event(drawn(*LOG), repeats=True)

    assert cells_of(made.relevant) == [[3], [5], [1]]
    assert made.asked.seen.nnz == 0


def test_after_a_day_nobody_teaches_and_later_days_are_left_out():
    made = after_day(drawn(*LOG), 1, 2, repeats=False)  # days are places: 0, 1 | 2 | 3

    assert rows_of(made.known) == [[0, 1], [4, 5], [6], [1, 2]]
    assert rows_of(made.asked.histories) == [[0, 1]]
    assert cells_of(made.relevant) == [[2]]


def test_every_prefix_of_a_held_session_is_asked_for_the_event_after_it():
    prefixes, targets = prefixes_of(drawn("0 1 2", "3", "4 5"))

    assert rows_of(prefixes) == [[0], [0, 1], [4]]
    assert targets.tolist() == [1, 2, 5]


def test_of_a_long_beginning_the_end_is_kept():
    prefixes, _ = prefixes_of(drawn(" ".join(["0"] * 60 + ["1"])))

    assert prefixes.lengths.max() == 50


def test_the_newest_sessions_judge_and_those_under_way_at_the_cut_do_neither():
    sessions = drawn("0 1", "2 3", "4 5", "6 7", "8 9")
    began = np.array([0, 1, 2, 3, 9])
    lasts = np.array([0.5, 0.5, 0.5, 7, 0.5])  # the fourth goes on past the cut
    days = np.stack([began, began + lasts], axis=1).ravel()
    timed = dataclasses.replace(sessions, days=days)

    made = newest_sessions(timed, 0.2)

    assert rows_of(made.known) == [[0, 1], [2, 3], [4, 5]]
    assert rows_of(made.asked.histories) == [[8]]
    assert cells_of(made.relevant) == [[9]]


logs = st.lists(st.lists(st.integers(0, 9), max_size=8), min_size=1, max_size=8).map(
    lambda rows: drawn(*(" ".join(map(str, row)) for row in rows), n_items=10)
)


@given(logs, st.integers(0, 3))
def test_a_random_share_is_the_same_by_seed_and_leaves_everybody_something(log, seed):
    made = random_share(log, 0.3, seed, repeats=True)

    again = random_share(log, 0.3, seed, repeats=True)

    assert rows_of(made.known) == rows_of(again.known)
    assert ((made.known.lengths > 0) == (log.lengths > 0)).all()


def test_of_many_users_some_are_held_back_from_and_the_others_stay_whole(monkeypatch):
    monkeypatch.setattr(holdouts, "N_THINNED_USERS", 3)
    log = drawn(*["0 1 2 3 4"] * 10)

    made = random_share(log, 0.4, 0, repeats=False)

    assert sorted(made.known.lengths.tolist()) == [3] * 3 + [5] * 7
    assert len(made.asked) == 3


@given(logs, st.integers(0, 3))
def test_known_and_held_back_together_are_the_whole(log, seed):
    for made in (last_event(log, repeats=True), random_share(log, 0.3, seed, repeats=True)):
        counts = np.bincount(made.known.items, minlength=10)
        assert (counts <= np.bincount(log.items, minlength=10)).all()
        assert made.relevant.nnz <= len(log.items) - len(made.known.items)


@given(logs, st.integers(0, 3))
def test_without_repeats_nothing_relevant_was_seen(log, seed):
    made = random_share(log, 0.3, seed, repeats=False)

    assert made.relevant.multiply(made.asked.seen).nnz == 0
    assert (np.diff(made.relevant.indptr) > 0).all()


@pytest.mark.parametrize("share", [random_share, drifting_share])
@given(logs, st.integers(0, 3))
def test_a_share_of_each_user_is_held_back_but_never_all(share, log, seed):
    made = share(log, 0.3, seed, repeats=True)

    again = share(log, 0.3, seed, repeats=True)

    assert rows_of(made.known) == rows_of(again.known)
    n_held = np.minimum(np.round(0.3 * log.lengths), np.maximum(log.lengths - 1, 0))
    assert (log.lengths - made.known.lengths == n_held).all()


def test_a_drifting_taste_goes_away_from_what_was_before(monkeypatch):
    monkeypatch.setattr(drift, "DRIFT", 1e6)  # no chance left but whose taste is the last
    # The first user has two tastes, six items of one and two of the other.
    log = drawn("0 1 2 3 4 5 6 7", *["0 1 2 3 4 5"] * 3, *["6 7"] * 3)

    made = [drifting_share(log, 0.25, seed, repeats=False) for seed in range(20)]

    held = [set(rows_of(log)[0]) - set(rows_of(each.known)[0]) for each in made]
    assert {6, 7} in held  # where one of them was drawn
    assert all(items & {6, 7} for items in held)  # away from the many, else


def test_held_sessions_teach_nothing():
    log = drawn(*(f"{n} {n + 1}" for n in range(50)), n_items=60)

    made = last_sessions(log, 0.3)

    assert rows_of(made.known) == rows_of(log)[:35]
    assert rows_of(made.asked.histories) == [[n] for n in range(35, 50)]


def columns(days=None, ordered=False, users=("a", "a", "b", "b", "b")):
    return Columns(
        users=np.array(users),
        items=np.array(["x", "y", "x", "z", "x"][: len(users)]),
        days=None if days is None else np.array(days, float),
        ordered=ordered,
    )


@pytest.mark.parametrize(
    ("log", "rule"),
    [
        (columns(), "random"),
        (columns(ordered=True), "last"),
        (columns(days=[0, 5, 0, 5, 9]), "days"),
        (columns(days=[0, 0.1, 3, 3.1, 3.2]), "sessions"),
        (columns(days=[1], users=("a",)), "random"),  # nobody did two things
    ],
)
def test_the_log_decides_how_it_is_cut(log, rule):
    assert rule_of(log_of(log)) == rule


@pytest.mark.parametrize(("items", "repeats"), [("xyxyx", True), ("vwxyz", False)])
def test_whether_items_come_again_is_seen_in_the_log(items, repeats):
    log = log_of(Columns(users=np.array(["a"] * 5), items=np.array(list(items)), ordered=True))

    assert cut_of(log, None, None, 0, repeats=None).repeats is repeats


def test_the_hold_out_to_choose_by_comes_from_before_the_one_to_report():
    log = Log(np.arange(2), np.arange(9), drawn("0 1 2 3", "4 5 6 7", n_items=9), False, True)
    cut = cut_of(log, None, None, 0, repeats=None)

    reporting = cut.holdout(log)
    choosing = cut.holdout(inner(log, reporting))

    assert cells_of(reporting.relevant) == [[3], [7]]
    assert cells_of(choosing.relevant) == [[2], [6]]
    assert rows_of(choosing.known) == [[0, 1], [4, 5]]


def test_a_log_too_short_to_judge_is_refused_with_a_sentence():
    log = log_of(Columns(users=np.array(["a", "b"]), items=np.array(["x", "y"]), ordered=True))

    with pytest.raises(TooLittleError, match="longer log"):
        cut_of(log, None, None, 0, repeats=False).holdout(log)
