"""Numbers and dates as people and spreadsheets write them (emporium.sales_texts)."""

import numpy as np
import pandas as pd
import pytest

from emporium.sales_texts import moments_of, numbers_of
from emporium.table_files import TableFileError, read_table


def texts(*cells):
    return pd.Series(cells, dtype="string")


@pytest.mark.parametrize(
    ("cells", "numbers"),
    [
        (("2", "-3.5", "many", None), [2, -3.5, np.nan, np.nan]),
        (("1.234,50", "0,5", "7"), [1234.5, 0.5, 7]),
        (("1,234", "1,234,567.5", "12"), [1234, 1_234_567.5, 12]),
        (("1,234", "0,5"), [1.234, 0.5]),
        (("1 234", "2\u00a0000", "3'000"), [1234, 2000, 3000]),
    ],
    ids=["points", "commas", "thousands", "a comma that cannot part thousands", "spaces"],
)
def test_the_sign_before_decimals_is_that_of_the_column(cells, numbers):
    assert numbers_of(texts(*cells)).tolist() == pytest.approx(numbers, nan_ok=True)


@pytest.mark.parametrize(
    ("cells", "days", "read_as"),
    [
        (("2024-02-01", "2024-02-30"), ["2024-02-01", "NaT"], "ISO 8601"),
        (("2024-01", "2024-02"), ["2024-01-01", "2024-02-01"], "ISO 8601"),
        (("31.12.2024", "1.2.2025 10:30"), ["2024-12-31", "2025-02-01"], "%d.%m.%Y"),
        (("12/31/2024", "1/2/2025"), ["2024-12-31", "2025-01-02"], "%m/%d/%Y"),
        (("2024-W01", "2024-W02"), ["2024-01-01", "2024-01-08"], "year and week"),
        (("Jan 2024", "Feb 2024"), ["2024-01-01", "2024-02-01"], "%b %Y"),
    ],
)
def test_dates_are_read_as_most_of_them_are_written(cells, days, read_as):
    moments, found = moments_of(texts(*cells), None)

    assert moments.astype("datetime64[D]").astype(str).tolist() == days
    assert found == read_as


def test_dates_that_are_two_things_are_asked_for():
    with pytest.raises(
        TableFileError, match=r"1/2/2024 can be read as .* say which by --date-format"
    ):
        moments_of(texts("1/2/2024", "2/2/2024"), None)


def test_a_format_that_is_named_counts():
    moments, _ = moments_of(texts("1/2/2024"), "%m/%d/%Y")

    assert moments.astype("datetime64[D]").astype(str).tolist() == ["2024-01-02"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_a_spreadsheets_letters_are_read(tmp_path, encoding):
    path = tmp_path / "sales.csv"
    path.write_text("Stück;Preis\n2;3\n", encoding=encoding)

    assert read_table(path).to_pylist() == [{"Stück": 2, "Preis": 3}]
