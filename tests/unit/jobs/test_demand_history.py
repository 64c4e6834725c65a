"""From movements to rows of `demand_history` (jobs.demand_window, demand_learning, demand_series)."""

import datetime as dt

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.demand_learning import (
    N_DRAWS,
    N_SAMPLED_PRODUCTS,
    Draw,
    Learnt,
    learnt_by_day,
    learnt_of_week,
)
from jobs.demand_series import rows_of_day, split
from jobs.demand_window import N_HOURS, WINDOW_DAYS, movements_of, window_of
from models.forecasting.censoring import DemandModel, RateSettings

DAY = dt.date(2024, 5, 31)
EPOCH = dt.date(1970, 1, 1)
SCHEMA = pa.schema(
    {
        "product_id": pa.int64(), "kind": pa.string(), "date": pa.date32(),
        "occurred_at": pa.timestamp("us", tz="UTC"), "recorded_at": pa.timestamp("us", tz="UTC"),
        "event_id": pa.string(), "units": pa.int64(), "cents": pa.int64(),
        "warehouse_id": pa.int64(), "n_there": pa.int64(), "is_sold": pa.bool_(),
        "category_id": pa.int64(), "seller_id": pa.int64(), "is_listed": pa.bool_(),
    }
)  # fmt: skip


def at(day, hour, minute=0):
    return dt.datetime.combine(day, dt.time(hour, minute), dt.UTC)


def days_ago(n):
    return DAY - dt.timedelta(days=n)


LONG_AGO = days_ago(300)


def row(kind, day, hour, known=None, product_id=1, **more):
    moment = at(day, hour)
    told = {"occurred_at": moment, "recorded_at": moment, "event_id": f"{kind}{moment}"}
    return {"product_id": product_id, "kind": kind, "date": known or day, **told, **more}


def sale(day, hour, units, known=None, cents=100, **more):
    return row("sale", day, hour, known, units=units, cents=units * cents, **more)


def level(day, hour, units, **more):
    return row("level", day, hour, units=units, **{"is_sold": False, **more})


def there(day, hour, warehouse_id, n_there, units, is_sold=True):
    return level(day, hour, units, warehouse_id=warehouse_id, n_there=n_there, is_sold=is_sold)


def version(day=LONG_AGO, cents=100, category_id=7, is_listed=True, **more):
    told = {"cents": cents, "category_id": category_id, "seller_id": 3, "is_listed": is_listed}
    return row("version", day, 0, **told, **more)


def number(day):
    return (day - EPOCH).days


def movements(*moves):
    return movements_of(pa.Table.from_pylist(list(moves), SCHEMA))


def flat(n_groups=1):
    """Nothing learnt: every hour alike, no effects, an expectation that weighs 10 units."""
    model = DemandModel(
        np.zeros(7), np.zeros((n_groups, WINDOW_DAYS)), np.ones((n_groups, WINDOW_DAYS)), 10.0,
        RateSettings(prior_days=0),
    )  # fmt: skip
    return Learnt(np.zeros(0, np.int64), np.full((2 * n_groups, N_HOURS), 1 / N_HOURS), model)


def built(*moves, day=DAY):
    found = rows_of_day(movements(*moves), number(day), flat()).to_pylist()
    return {(each["demand_date"], each["warehouse_id"]): each for each in found}


def test_a_day_in_stock_is_what_was_sold():
    found = built(version(), sale(DAY, 9, 4), sale(DAY, 15, 2))[DAY, 0]

    assert (found["n_units_sold"], found["demand_units"], found["hours_out_of_stock"]) == (6, 6, 0)
    assert (found["mean_price_cents"], found["category_id"], found["seller_id"]) == (100, 7, 3)


def test_half_a_day_out_of_stock_hides_half_of_the_demand():
    """6 were sold until noon; nothing is known of days before."""
    found = built(version(), sale(DAY, 9, 6), level(DAY, 12, 0))[DAY, 0]

    assert (found["hours_out_of_stock"], found["demand_units"]) == (12, pytest.approx(12))


@pytest.mark.parametrize(
    ("levels", "hours"),
    [
        ([(0, 6, 0), (0, 9, 5), (0, 20, 0)], 7),  # out from 6 to 9, and from 20 on
        ([(3, 10, 0)], 24),  # out for days
        ([(3, 10, 0), (0, 8, 1)], 8),
        ([(300, 10, 0), (0, 8, 1)], 8),  # since before the window
        ([(0, 8, 1)], 0),  # nothing is known of before the first level
        ([], 0),
    ],
)
def test_a_level_holds_until_the_next_one(levels, hours):
    moves = [level(days_ago(n), hour, units) for n, hour, units in levels]

    assert built(version(), *moves)[DAY, 0]["hours_out_of_stock"] == hours


def test_a_part_of_an_hour_counts_as_that():
    moves = [version(), level(DAY, 6, 0) | {"occurred_at": at(DAY, 6, 15)}, level(DAY, 7, 3)]

    assert built(*moves)[DAY, 0]["hours_out_of_stock"] == 0.75


def test_a_listed_product_that_sold_nothing_has_a_row_and_one_that_is_archived_has_none():
    moves = [
        version(),
        version(product_id=2),
        version(days_ago(1), is_listed=False, product_id=2),
    ]

    found = rows_of_day(movements(*moves), number(DAY), flat()).to_pylist()

    assert [(each["product_id"], each["n_units_sold"]) for each in found] == [(1, 0)]


def test_what_became_known_late_is_told_with_its_day_anew():
    """4 were sold three days ago, 3 of them known then: the day is written again, whole."""
    moves = [version(), sale(days_ago(3), 9, 3), sale(days_ago(3), 10, 1, known=DAY)]

    found = built(*moves)

    assert {key: each["n_units_sold"] for key, each in found.items()} == {
        (days_ago(3), 0): 4,
        (DAY, 0): 0,
    }
    # As known the day before:
    before = built(*moves, day=days_ago(3))
    assert before[days_ago(3), 0]["n_units_sold"] == 3


def test_what_became_known_too_late_changes_nothing():
    assert set(built(version(), sale(days_ago(28), 9, 1, known=DAY))) == {(DAY, 0)}


def test_the_price_is_that_of_the_units_and_the_discount_beside_the_listed_ones():
    moves = [version(), version(days_ago(5), cents=80), sale(DAY, 9, 2, cents=75)]

    found = built(*moves)[DAY, 0]

    assert (found["mean_price_cents"], found["discount_ratio"]) == (75, pytest.approx(0.25))


def test_without_a_sale_the_price_is_the_listed_one():
    found = built(version(), version(days_ago(5), cents=80))[DAY, 0]

    assert (found["mean_price_cents"], found["discount_ratio"]) == (80, pytest.approx(0.2))


def test_sales_are_split_as_the_levels_fell_in_the_warehouses():
    """5 sold: 3 left warehouse 1, 2 left warehouse 2; one came back."""
    moves = [
        version(),
        there(days_ago(9), 8, 1, 10, 20, is_sold=False),
        there(days_ago(9), 8, 2, 10, 20, is_sold=False),
        there(DAY, 9, 1, 7, 17),
        there(DAY, 10, 2, 8, 15),
        sale(DAY, 9, 5),
        row("return", DAY, 12, units=1, cents=100),
    ]

    found = built(*moves)

    assert {key[1]: each["n_units_sold"] for key, each in found.items()} == {1: 3, 2: 2}
    assert {key[1]: each["n_units_returned"] for key, each in found.items()} == {1: 1, 2: 0}


def test_demand_is_hidden_only_where_no_warehouse_has_a_unit():
    """Warehouse 1 is empty from 6 on, warehouse 2 from noon: half the day nothing can be sold."""
    moves = [
        version(),
        there(days_ago(9), 8, 1, 1, 4, is_sold=False),
        there(days_ago(9), 8, 2, 3, 4, is_sold=False),
        there(DAY, 6, 1, 0, 3),
        there(DAY, 12, 2, 0, 0),
        sale(DAY, 6, 4),
    ]

    found = built(*moves)

    one, two = found[DAY, 1], found[DAY, 2]
    assert (one["hours_out_of_stock"], two["hours_out_of_stock"]) == (18, 12)
    assert (one["n_units_sold"], two["n_units_sold"]) == (1, 3)
    assert one["demand_units"] + two["demand_units"] == pytest.approx(8)
    # Of the 4 missed units each misses as its levels fell: 1 and 3, one added to each.
    assert two["demand_units"] - 3 == pytest.approx(4 * 4 / 6)


def test_days_before_the_log_told_warehouses_are_the_whole_shops():
    moves = [
        version(),
        there(DAY, 8, 1, 10, 10, is_sold=False),
        sale(days_ago(2), 9, 2, known=DAY),
        sale(DAY, 9, 1),
    ]

    assert set(built(*moves)) == {(days_ago(2), 0), (DAY, 1)}


def test_more_given_back_than_sold_survives():
    found = built(version(), row("return", DAY, 9, units=5, cents=500))[DAY, 0]

    assert (found["n_units_sold"], found["n_units_returned"], found["demand_units"]) == (0, 5, 0)


def test_movements_known_later_are_not_looked_at():
    moves = [version(), sale(DAY, 9, 2), level(DAY, 20, 0)]
    tomorrow = days_ago(-1)
    later = [sale(DAY, 10, 5, known=tomorrow), level(DAY, 3, 0) | {"date": tomorrow}]

    assert built(*moves, *later) == built(*moves)


def test_a_shop_is_learnt_from_and_a_day_out_of_stock_is_what_its_weekday_sells():
    """Products sell 8 on weekdays and 4 on weekends, all of it at 9 or 20 o'clock; the last day one is out."""
    moves = [version(product_id=n, day=days_ago(200)) for n in range(1, 31)]
    for n in range(WINDOW_DAYS):
        day = days_ago(n)
        units = 8 if day.weekday() < 5 else 4
        moves += [
            sale(day, hour, units // 2, product_id=p) for p in range(1, 31) for hour in (9, 20)
            if (n, p) != (0, 1)
        ]  # fmt: skip
    moves.append(level(DAY, 0, 0))
    known = movements(*moves)

    found = learnt_of_week(window_of(known, number(DAY)))
    table = rows_of_day(known, number(DAY), found).to_pylist()

    assert found.profiles[1].argsort()[-2:].tolist() == [9, 20]
    assert DAY.weekday() == 4
    [first, *others] = table
    assert (first["n_units_sold"], first["demand_units"]) == (0, pytest.approx(8, rel=0.1))
    assert {each["demand_units"] for each in others} == {8}


def test_nothing_known_makes_no_rows():
    moves = movements(sale(days_ago(-2), 9, 1), version(days_ago(-3)))

    found = learnt_of_week(window_of(moves, number(DAY)))

    assert rows_of_day(moves, number(DAY), found).num_rows == 0


@given(
    st.lists(
        st.tuples(st.integers(0, 50), st.lists(st.integers(0, 9), min_size=1, max_size=5)),
        min_size=1,
    )
)
def test_a_total_is_split_to_the_unit(groups):
    totals = np.concatenate([np.full(len(w), float(total)) for total, w in groups])
    weights = np.concatenate([np.array(w, float) + 1e-3 for _, w in groups])
    codes = np.concatenate([np.full(len(w), n) for n, (_, w) in enumerate(groups)])

    found = split(totals, weights, codes)

    assert (found >= 0).all()
    assert np.bincount(codes, found).tolist() == [total for total, _ in groups]


def drawn(n_by_day, seed=0):
    """A draw of so many products that became known on each of some days."""
    rng = np.random.default_rng(seed)
    since = np.repeat(np.arange(len(n_by_day)), n_by_day)
    return Draw(np.arange(1, len(since) + 1), since, rng.integers(0, N_DRAWS, len(since)))


def test_a_shop_is_learnt_from_about_as_many_products_however_large_it_is():
    draw = drawn([1_000, 20_000, 200_000])

    assert len(draw.of(0)) == 1_000
    assert len(draw.of(1)) == pytest.approx(N_SAMPLED_PRODUCTS, rel=0.1)
    assert len(draw.of(2)) == pytest.approx(N_SAMPLED_PRODUCTS, rel=0.1)


def test_who_is_not_drawn_when_it_becomes_known_never_is():
    """So that the products of a range of days are those of its days, and no more."""
    draw = drawn([3_000, 3_000, 3_000])
    first, second, third = (set(draw.of(day).tolist()) for day in range(3))
    known = [set(range(1, 3_000 * (n + 1) + 1)) for n in range(3)]

    assert second & known[0] <= first
    assert third & known[1] <= second


def test_days_of_a_range_are_learnt_as_each_day_alone():
    rng = np.random.default_rng(0)
    moves = [version(product_id=n, category_id=n % 3 + 1) for n in range(1, 21)]
    moves += [
        sale(days_ago(int(n)), int(rng.integers(24)), int(rng.integers(1, 9)), product_id=int(p))
        for n, p in zip(rng.integers(0, 60, 300), rng.integers(1, 21, 300), strict=True)
    ]
    table = pa.Table.from_pylist(moves, SCHEMA)
    draw = Draw(np.arange(1, 21), np.zeros(20, np.int64), np.zeros(20, np.int64))
    days = [number(DAY), number(DAY) - 3]

    together = learnt_by_day(table, draw, days)

    for day in days:
        alone = learnt_by_day(table, draw, [day])[day]
        assert (together[day].profiles == alone.profiles).all()
        for name in ("effects", "group_rates", "day_factors", "prior"):
            values = [getattr(each.model, name) for each in (together[day], alone)]
            assert np.array_equal(*values), name
