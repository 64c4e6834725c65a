"""Packed rows of features (features.store.packed)."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.schemas.arrow import arrow_schema
from features.schemas.lake import ItemLists, ProductFeatures
from features.store.packed import (
    PRODUCT,
    USER,
    Layout,
    Wanted,
    found,
    list_key,
    list_time,
    pack,
    pack_list,
    unpack,
    unpack_list,
)
from features.store.packed_lists import ALSO_BOUGHT, BOUGHT_TOGETHER, TRENDING, packed_lists

MIDNIGHT = dt.datetime(2024, 5, 2, tzinfo=dt.UTC)
SECONDS = 1714608000.0
TWO = Layout("view", "product_id", ("n_views_7d", "conversion_ratio"))


def table(*rows):
    names = ("product_id", *TWO.columns)
    full = [dict(zip(names, row, strict=True)) | {"available_at": MIDNIGHT} for row in rows]
    return pa.Table.from_pylist(full, schema=arrow_schema(ProductFeatures))


def unpacked(*values):
    return unpack(TWO, values).tolist()


def test_a_row_comes_back_with_its_time_and_nan_for_null():
    [(_, first), (_, second)] = pack(TWO, table((5, 3, 0.05), (6, None, 1 / 3)))

    assert unpacked(first) == [[SECONDS, 3, 0.05]]
    np.testing.assert_array_equal(unpack(TWO, [second]), [[SECONDS, np.nan, 1 / 3]])


def test_rows_come_in_the_order_of_the_values_and_the_unknown_are_nan():
    [(_, first), (_, second)] = pack(TWO, table((5, 3, 0.0), (6, 4, 0.0)))

    read = unpack(TWO, [second, None, first])

    np.testing.assert_array_equal(read[:, 1], [4, np.nan, 3])
    assert np.isnan(read[1]).all()
    assert unpack(TWO, []).shape == (0, 3)


def test_a_value_of_another_length_is_refused():
    with pytest.raises(ValueError, match="reshape"):
        unpack(TWO, [b"\0" * 16])


@given(st.integers(0, 2**53))
def test_whole_numbers_up_to_two_to_the_53_are_exact(number):
    [(_, value)] = pack(TWO, table((5, number, None)))

    assert int(unpack(TWO, [value])[0, 1]) == number


def test_a_table_of_other_columns_has_other_keys():
    other = Layout("view", "product_id", TWO.columns[::-1])

    assert TWO.keys([5]) != other.keys([5])
    assert TWO.keys([5])[0].startswith(TWO.prefix)


def test_columns_are_numbers_without_id_and_times():
    assert not {"product_id", "available_at", "date"} & {*PRODUCT.columns}
    assert not {"user_id", "recent_item_ids"} & {*USER.columns}
    assert PRODUCT.places(["n_views_28d", "n_views_7d"]) == [1, 0]


def test_a_list_comes_back_with_its_time():
    value = pack_list(MIDNIGHT, [7, 2**53 - 1])

    assert unpack_list(value).tolist() == [7, 2**53 - 1]
    assert list_time(value) == SECONDS
    assert unpack_list(pack_list(MIDNIGHT, [])).tolist() == unpack_list(None).tolist() == []
    assert list_time(None) == -np.inf


def test_one_request_reads_products_and_what_is_the_users():
    wanted = Wanted([5, 6], user_id=1)
    stored = {PRODUCT.keys([6])[0]: b"\0" * 8 * (1 + len(PRODUCT.columns))}
    stored[list_key("user_recent", 1)] = pack_list(MIDNIGHT, [6, 5])

    read = found(wanted, [stored.get(key) for key in wanted.keys])

    assert np.isnan(read.products[0]).all()
    assert (read.products[1] == 0).all()
    assert np.isnan(read.user).all()
    assert read.user_lists["user_recent"].tolist() == [6, 5]


def test_a_guest_has_no_row_and_empty_lists():
    wanted = Wanted([5])

    read = found(wanted, [None] * len(wanted.keys))

    assert read.user.shape == (len(USER.columns),)
    assert np.isnan(read.user).all()
    assert all(ids.size == 0 for ids in read.lists.values())


def test_lists_beside_products_are_packed_by_name_and_product():
    rows = pa.table(
        {
            "product_id": [4, 5],
            "also_bought_ids": [[7, 8], []],
            "bought_together_ids": [[9], None],
            "available_at": [MIDNIGHT, MIDNIGHT],
        }
    )

    packed = dict(packed_lists(ItemLists, rows))

    wanted = Wanted(lists=[(ALSO_BOUGHT, 4), (ALSO_BOUGHT, 5), (BOUGHT_TOGETHER, 4), (TRENDING, 0)])
    read = found(wanted, [packed.get(key) for key in wanted.keys])
    assert [ids.tolist() for ids in read.lists.values()] == [[7, 8], [], [9], []]
