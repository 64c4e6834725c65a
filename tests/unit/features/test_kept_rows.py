"""Rows of products kept in the process (features.store.kept_rows)."""

import pytest

from features.store.kept_rows import KeptRows
from features.store.packed import PRODUCT


@pytest.fixture
def kept():
    kept = KeptRows(n_most=3)
    kept.is_told = True
    return kept


def keys(*product_ids):
    return PRODUCT.keys(product_ids)


def test_what_was_read_is_kept_and_what_redis_does_not_know_too(kept):
    kept.keep([5, 6], [b"five", None], kept.n_told)

    assert kept.rows([6, 7, 5]) == [b"", None, b"five"]


def test_a_changed_row_is_dropped_alone(kept):
    kept.keep([5, 6], [b"five", b"six"], kept.n_told)

    kept.drop([*keys(5, 99), "packed:product_features:odd"])

    assert kept.rows([5, 6]) == [None, b"six"]


def test_a_row_read_before_a_change_and_here_after_the_message_of_it_is_not_kept(kept):
    began = kept.n_told
    kept.drop(keys(5))

    kept.keep([5], [b"old"], began)

    assert kept.rows([5]) == [None]


def test_above_its_bound_all_are_dropped_and_more_than_that_are_never_kept(kept):
    kept.keep([1, 2, 3], [b"1", b"2", b"3"], kept.n_told)

    kept.keep([4], [b"4"], kept.n_told)
    kept.keep([5, 6, 7, 8], [b"5", b"6", b"7", b"8"], kept.n_told)

    assert len(kept) == 0


def test_nothing_is_kept_while_changes_are_not_heard_of(kept):
    kept.keep([5], [b"five"], kept.n_told)

    kept.lose()
    kept.keep([6], [b"six"], kept.n_told)

    assert kept.rows([5, 6]) == [None, None]
