"""Documents are read from the file as Arrow reads them (models.search.documents)."""

import datetime as dt

import pyarrow as pa
import pytest

from models.search.documents import cell, column_values


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        (pa.string(), ["lamp", "", "Lámpara", "灯"]),
        (pa.int64(), [2**53, -1, 0]),
        (pa.float64(), [0.1, -1e300]),
        (pa.bool_(), [True, False, True, True, False, False, True, False, True]),
        (pa.date32(), [dt.date(2026, 1, 31), dt.date(1969, 12, 31)]),
    ],
    ids=str,
)
@pytest.mark.parametrize("with_none", [False, True], ids=["whole", "with gaps"])
def test_every_value_of_a_column_and_of_a_part_of_it_is_read(kind, values, with_none):
    expected = [*values, None, values[0]] if with_none else values
    array = pa.array(expected, kind)

    assert [cell(array)(row) for row in range(len(expected))] == expected
    assert cell(array[1:])(0) == expected[1]
    for part in (array, array[1:]):
        assert column_values(part) == part.to_pylist()


def test_a_column_of_nothing_is_nothing():
    nothing = pa.nulls(2, pa.string())

    assert cell(nothing)(1) is None
    assert column_values(nothing) == [None, None]
