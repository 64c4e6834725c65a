"""What the shop's tables and the lake do not tell alike is found row by row (jobs.reconcile_shop)."""

import dataclasses
import datetime as dt

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.schemas.logs import OrderLine, StockLevel
from jobs.partitions import Partitions
from jobs.reconcile_shop import as_csv, figures, of_levels, of_lines, sentence
from jobs.shop_told import ShopTold, ToldLevels, day_of, told
from jobs.shop_truth import PlaceLevel, SoldLine
from tests.tables import arrow

DAY = dt.date(2024, 5, 1)
LINE = SoldLine("sale-7-1", 7, 1, 5, "sale", 2, 1999, "EUR")
LEVEL = PlaceLevel(5, 1, 8, True, False, False, "e1", 8)
TOLD = ToldLevels({"e1": {"n_available_there": 8}}, {})


def rows(*lines):
    return {line.event_id: dataclasses.asdict(line) for line in lines}


@given(
    st.lists(
        st.builds(
            SoldLine, st.uuids().map(str), st.integers(1), st.integers(1), st.integers(1),
            st.sampled_from(["sale", "return"]), st.integers(1), st.integers(1), st.just("EUR"),
        ),
        unique_by=lambda line: line.event_id,
    )
)  # fmt: skip
def test_equal_tables_have_no_difference_and_one_sum(lines):
    assert list(of_lines(DAY, lines, rows(*lines))) == []
    cents = figures(lines, rows(*lines), [], [])["cents"]
    assert cents["shop"] == cents["lake"]


@pytest.mark.parametrize(
    ("told", "shop", "lake"),
    [
        ({}, "unit_price_cents=1999", ""),
        (rows(dataclasses.replace(LINE, unit_price_cents=1998)), "=1999", "unit_price_cents=1998"),
        (rows(dataclasses.replace(LINE, quantity=1)), "quantity=2", "quantity=1"),
        (rows(dataclasses.replace(LINE, product_id=6)), "product_id=5", "product_id=6"),
        (rows(LINE, dataclasses.replace(LINE, event_id="sale-8-1", order_id=8)), "", "order_id=8"),
    ],
)
def test_a_line_that_is_lost_changed_or_made_up_is_named(told, shop, lake):
    [found] = of_lines(DAY, [LINE], told)

    assert (shop in found.shop, lake in found.lake) == (True, True)
    assert found.event_id in sentence(DAY, [found], "reports")
    assert as_csv([found]).splitlines()[1].startswith(f"2024-05-01,order line,{found.event_id},")


@pytest.mark.parametrize(
    ("changes", "told", "lake"),
    [
        ({}, TOLD, None),
        ({}, ToldLevels({}, {}), ""),
        ({}, ToldLevels({"e1": {"n_available_there": 9}}, {}), "9 units"),
        ({"n_units": 7}, TOLD, "8 units, as the shop told"),
        ({"n_units": 7, "is_unsettled": True}, TOLD, None),
        ({"is_open": False, "n_told": 0}, ToldLevels({"e1": {"n_available_there": 0}}, {}), None),
        # the shop told nothing of it that day
        ({"event_id": None, "n_told": None}, TOLD, ""),
        ({"event_id": None, "n_told": None, "is_loaded": True}, ToldLevels({}, {5: 8}), None),
        ({"event_id": None, "n_told": None, "is_loaded": True}, ToldLevels({}, {5: 9}), "9 units"),
        ({"event_id": None, "n_told": None, "is_loaded": True}, ToldLevels({}, {}), None),
    ],
)
def test_a_level_is_that_of_the_ledger_as_told_and_as_in_the_lake(changes, told, lake):
    found = list(of_levels(DAY, [dataclasses.replace(LEVEL, **changes)], told))

    assert [each.lake for each in found] == ([] if lake is None else [lake])


def test_of_many_differences_the_first_are_named_and_all_are_counted():
    found = list(
        of_lines(
            DAY,
            [LINE] * 1,
            rows(*[dataclasses.replace(LINE, event_id=f"sale-9-{n}") for n in range(9)]),
        )
    )

    words = sentence(DAY, found, "reports")

    assert "10 rows differ" in words
    assert "and 5 more" in words


def at(hour, day=DAY):
    return dt.datetime.combine(day, dt.time(hour), dt.UTC)


def test_a_line_is_of_the_day_it_happened_on_whenever_it_was_told():
    late = {"occurred_at": at(23), "recorded_at": at(9, DAY + dt.timedelta(days=3))}
    refused = {"occurred_at": "2024-05-02T01:30:00+02:00"}
    lake = ShopTold(
        {"sale-7-1": late, "sale-8-1": refused, "sale-9-1": {"occurred_at": "x"}}, {}, []
    )

    assert set(lake.lines(DAY)) == {"sale-7-1", "sale-8-1"}
    assert day_of(None) is None


def test_the_total_of_a_loaded_product_is_the_last_one_of_the_day():
    levels = [
        {"product_id": 5, "n_available": n, "occurred_at": moment}
        for n, moment in ((9, at(8)), (8, at(23)), (7, at(1, DAY + dt.timedelta(days=1))))
    ]

    assert ShopTold({}, {}, levels).levels(DAY).last_by_product == {5: 8}


LINES = """
event_id       | occurred_at         | recorded_at         | order_id | line_number | product_id | kind   | quantity | unit_price_cents | currency | date
---
sale-7-1       | 2024-05-01 10:00:00 | 2024-05-01 10:00:00 | 7        | 1           | 5          | sale   | 2        | 1999             | EUR      | {day}
sim-3-sale-1   | 2024-05-01 11:00:00 | 2024-05-01 11:00:00 | 3        | 1           | 5          | sale   | 1        | 1999             | EUR      | {day}
sale-of-the-day | 2024-05-01 11:00:00 | 2024-05-01 11:00:00 | 3       | 1           | 5          | sale   | 1        | 1999             | EUR      | {day}
"""
LEVELS = """
event_id | occurred_at         | recorded_at         | product_id | n_available | reason   | warehouse_id | n_available_there | date
---
e1       | 2024-05-01 10:00:00 | 2024-05-01 10:00:00 | 5          | 8           | sold     | 1            | 8                 | {day}
l1       | 2024-05-01 09:00:00 | 2024-05-01 09:00:00 | 6          | 4           | received |              |                   | {day}
"""


def test_the_lake_is_read_with_its_quarantine_and_without_what_is_not_the_shops(tmp_path):
    lake = Partitions(tmp_path)
    lake.write(OrderLine, arrow(OrderLine, LINES.format(day=DAY)), DAY)
    lake.write(StockLevel, arrow(StockLevel, LEVELS.format(day=DAY)), DAY)
    refused = {
        "event_id": "sale-8-1", "occurred_at": "2024-05-01T23:59:59+00:00", "order_id": "8",
        "line_number": "1", "product_id": "5", "kind": "sale", "quantity": "x",
        "unit_price_cents": "1999", "currency": "EUR",
    }  # fmt: skip
    folder = tmp_path / "quarantine" / "order_lines" / f"date={DAY}"
    folder.mkdir(parents=True)
    pq.write_table(
        pa.table({name: [value] for name, value in refused.items()}), folder / "0.parquet"
    )
    loaded = PlaceLevel(6, 1, 4, True, True, False, None, None)

    lake_side = told(lake, DAY, [LEVEL, loaded])

    lines = lake_side.lines(DAY)
    assert set(lines) == {"sale-7-1", "sale-8-1"}
    assert list(of_lines(DAY, [LINE], {"sale-7-1": lines["sale-7-1"]})) == []
    assert (lines["sale-8-1"]["quantity"], lines["sale-8-1"]["unit_price_cents"]) == ("x", 1999)
    assert list(of_levels(DAY, [LEVEL, loaded], lake_side.levels(DAY))) == []
