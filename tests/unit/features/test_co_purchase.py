"""Which products lie in the same baskets (features.transforms.co_purchase)."""

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.transforms.co_purchase import MAX_BASKET_ITEMS, Baskets, baskets, co_purchases


def found_baskets(contents):
    """Baskets of a list of lists of items."""
    pairs = [(key, item) for key, items in enumerate(contents) for item in items]
    keys, items = zip(*pairs, strict=True) if pairs else ((), ())
    return baskets(np.array(keys, np.int64), np.array(items, np.int64))


def pairs(contents, n_best=50, min_baskets=1):
    found = found_baskets(contents)
    tables = list(co_purchases(found, 0, len(found.item_ids), n_best, min_baskets))
    return pa.concat_tables(tables).to_pylist() if tables else []


def pair(rows, item, other):
    [row] = [row for row in rows if (row["item_id"], row["other_item_id"]) == (item, other)]
    return row


def test_support_confidence_and_lift_of_a_small_shop():
    """Of 5 baskets 3 hold bread, 4 butter, 2 both: lift = 2/5 / (3/5 x 4/5) = 5/6."""
    bread, butter, jam = 1, 2, 3
    rows = pairs([[bread, butter], [bread, butter, jam], [bread], [butter], [butter]])

    one, other = pair(rows, bread, butter), pair(rows, butter, bread)
    assert one["n_baskets"] == other["n_baskets"] == 2
    assert one["support_ratio"] == other["support_ratio"] == 2 / 5
    assert (one["confidence_ratio"], other["confidence_ratio"]) == (2 / 3, 2 / 4)
    assert one["lift"] == pytest.approx(5 / 6) == other["lift"]


def test_pairs_are_ranked_by_common_baskets_then_by_id_and_cut():
    rows = pairs([[1, 9], [1, 9], [1, 8], [1, 7]], n_best=2)

    assert [(r["other_item_id"], r["rank"]) for r in rows if r["item_id"] == 1] == [(9, 1), (7, 2)]


def test_pairs_in_too_few_baskets_are_dropped():
    rows = pairs([[1, 2], [1, 2], [1, 3]], min_baskets=2)

    assert {(r["item_id"], r["other_item_id"]) for r in rows} == {(1, 2), (2, 1)}


def test_an_item_twice_in_a_basket_counts_once_and_never_with_itself():
    rows = pairs([[1, 1, 2]])

    assert {(r["item_id"], r["other_item_id"], r["n_baskets"]) for r in rows} == {
        (1, 2, 1),
        (2, 1, 1),
    }


def test_a_stock_order_is_left_out_altogether():
    rows = pairs([list(range(MAX_BASKET_ITEMS + 1)), [1, 2]])

    assert [(r["item_id"], r["other_item_id"]) for r in rows] == [(1, 2), (2, 1)]
    assert rows[0]["support_ratio"] == 1


def test_the_lift_of_a_pair_in_many_baskets_does_not_overflow():
    rows = pairs([[1, 2]] * 50_000)

    assert [row["lift"] for row in rows] == [1, 1]


def test_no_baskets_have_no_pairs():
    assert pairs([]) == []


def test_baskets_are_the_same_after_they_were_saved(tmp_path):
    found = found_baskets([[1, 5], [5, 9], [9]])
    found.save(tmp_path / "baskets")

    again = Baskets.load(tmp_path / "baskets")

    assert (again.matrix != found.matrix).nnz == 0
    assert again.item_ids.tolist() == [1, 5, 9]


@given(st.lists(st.lists(st.integers(1, 12), min_size=1, max_size=8), min_size=1, max_size=25))
def test_pairs_equal_a_count_by_brute_force(contents):
    n_of = Counter(item for basket in contents for item in set(basket))
    n_both = Counter(pair for basket in contents for pair in itertools.permutations(set(basket), 2))

    rows = pairs(contents)

    assert {(r["item_id"], r["other_item_id"]): r["n_baskets"] for r in rows} == n_both
    for row in rows:
        one, other, n = row["item_id"], row["other_item_id"], row["n_baskets"]
        assert row["confidence_ratio"] == pytest.approx(n / n_of[one])
        assert row["lift"] == pytest.approx(n * len(contents) / (n_of[one] * n_of[other]))
    for item in n_of:
        ranked = sorted((r["rank"], r["n_baskets"]) for r in rows if r["item_id"] == item)
        assert [rank for rank, _ in ranked] == list(range(1, len(ranked) + 1))
        assert sorted((n for _, n in ranked), reverse=True) == [n for _, n in ranked]


@given(
    st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=5), min_size=1, max_size=10),
    st.integers(1, 4),
)
def test_blocks_of_items_together_give_what_one_block_gives(contents, n_blocks):
    found = found_baskets(contents)
    edges = np.linspace(0, len(found.item_ids), n_blocks + 1).astype(int)

    blocks = [
        row
        for first, last in itertools.pairwise(edges.tolist())
        for table in co_purchases(found, first, last, 3, 1)
        for row in table.to_pylist()
    ]

    assert blocks == pairs(contents, n_best=3)
