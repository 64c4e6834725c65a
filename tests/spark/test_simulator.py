"""The simulated shop (simulator): what its logs hold and that its truth explains them."""

import datetime as dt
import math
from dataclasses import replace

import duckdb
import numpy as np
import pytest
from pydantic import ValidationError

from features.schemas.logs import (
    LOGS,
    Answer,
    ClickstreamEvent,
    ExperimentChange,
    Exposure,
    OrderLine,
    Review,
)
from simulator.seasons import is_out_of_stock
from simulator.shop import SimulatedShop, day_of
from simulator.simulate import of_products, simulate

pytestmark = pytest.mark.spark

SIMULATED = [row for row in LOGS if row not in (Answer, ExperimentChange, Exposure)]
"""A simulated shop has no server that answers, and tries nothing."""

SHOP = SimulatedShop(
    last_day=dt.date(2026, 1, 31),
    n_days=28,
    n_products=600,
    n_shoppers=3_000,
    n_visits_per_day=0.06,
    bad_row_ratio=0.01,
)


@pytest.fixture(scope="module")
def out(spark, tmp_path_factory):
    folder = tmp_path_factory.mktemp("shop")
    simulate(spark, folder, SHOP)
    return folder


@pytest.fixture(scope="module")
def sql(out):
    """Run SQL over the raw logs and the truth; `{name}` is a table."""
    connection = duckdb.connect()
    for layer in ("raw", "truth"):
        for path in (out / layer).iterdir():
            files = f"read_parquet('{path}/**/*.parquet', hive_partitioning=true)"
            connection.execute(f"create view {path.name} as select * from {files}")
    # Orders as they were: the first delivery of each well-formed row.
    connection.execute(
        """create view sales as select distinct on (event_id)
             try_cast(product_id as bigint) as product_id, order_id, customer_id,
             try_cast(quantity as int) as quantity, try_cast(occurred_at as timestamptz) as sold_at
           from order_lines where kind = 'sale' and product_id is not null
             and try_cast(quantity as int) > 0 and try_cast(occurred_at as timestamptz) is not null"""
    )
    connection.execute("set timezone = 'UTC'")
    return lambda query: connection.execute(query).fetchall()


def raw_rows(sql, table, limit=100_000):
    columns = [name for name in table.model_fields if name != "date"]
    rows = sql(f"select {', '.join(columns)}, date::varchar from {table.table} limit {limit}")
    return [dict(zip([*columns, "date"], row, strict=True)) for row in rows]


def is_valid(table, row):
    try:
        made = table.model_validate(row)
    except ValidationError:
        return False
    return made.occurred_at <= made.recorded_at


def test_the_same_seed_gives_the_same_rows_in_tasks_of_any_number_and_without_spark(
    spark, tmp_path
):
    shop = SimulatedShop(
        dt.date(2026, 1, 31), n_days=14, n_products=80, n_shoppers=400, n_visits_per_day=0.2
    )

    for n_tasks in (1, 4):
        simulate(spark, tmp_path / str(n_tasks), shop, n_tasks)
    simulate(None, tmp_path / "here", shop)

    paths = ("raw/order_lines", "raw/clickstream", "raw/products", "truth/product_truth")
    for path in (*paths, "raw/reviews"):
        first, second, here = (
            sorted(
                duckdb.execute(
                    f"from read_parquet('{tmp_path}/{n}/{path}/**/*.parquet', hive_partitioning=true)"
                ).fetchall(),
                key=repr,
            )
            for n in (1, 4, "here")
        )
        assert first == second == here
        assert first


def test_another_seed_gives_other_rows(spark, tmp_path, sql):
    shop = SimulatedShop(dt.date(2026, 1, 31), n_days=2, n_products=50, n_shoppers=50, seed=8)
    simulate(spark, tmp_path, shop, 1)

    titles = duckdb.execute(f"select title from '{tmp_path}/raw/products/*/*.parquet'").fetchall()

    assert {title for (title,) in titles}.isdisjoint(
        {title for (title,) in sql("select title from products where product_id::int <= 50")}
    )


@pytest.mark.parametrize("table", SIMULATED, ids=lambda table: table.table)
def test_rows_keep_the_rules_of_their_log_but_for_the_damaged_share(sql, table):
    rows = raw_rows(sql, table)

    bad_ratio = sum(not is_valid(table, row) for row in rows) / len(rows)

    expected = SHOP.bad_row_ratio if table in (OrderLine, ClickstreamEvent, Review) else 0
    assert bad_ratio == pytest.approx(expected, abs=4 * math.sqrt(expected / len(rows)))


def test_the_partition_is_the_day_of_recording_and_nothing_is_recorded_after_the_last_day(sql):
    [(n_wrong, last)] = sql(
        "select count(*) filter (recorded_at[:10] != date::varchar), max(date) from clickstream"
    )

    assert (n_wrong, last) == (0, SHOP.last_day)


def test_some_rows_come_late_and_some_twice(sql):
    [(n_rows, n_ids, n_late)] = sql(
        """select count(*), count(distinct event_id),
             count(*) filter (try_cast(occurred_at[:10] as date) < date - 1)
           from clickstream"""
    )

    assert 0.0003 < (n_rows - n_ids) / n_rows < 0.003
    assert n_late > 0


def test_a_product_out_of_stock_sells_nothing_though_it_is_wanted(sql):
    products = np.arange(1, SHOP.n_products + 1)
    days = range(SHOP.first, SHOP.last + 1)
    out_of_stock = {
        (int(product), day_of(day))
        for day in days
        for product in products[is_out_of_stock(SHOP.seed, products, day)]
    }
    sold = {
        (product, sold_at.date())
        for product, sold_at in sql("select product_id, sold_at from sales")
    }
    wanted = {(product, day) for product, day in sql("select product_id, day from product_truth")}

    assert len(sold) > 500
    assert not sold & out_of_stock
    assert wanted & out_of_stock


def test_stock_levels_say_when_a_product_is_out_of_stock(sql):
    levels = sql(
        """select product_id::bigint, arg_max(n_available::int, occurred_at)
           from stock_levels group by all"""
    )
    products = np.arange(1, SHOP.n_products + 1)
    out_at_the_end = set(products[is_out_of_stock(SHOP.seed, products, SHOP.last)].tolist())

    assert {product for product, n_available in levels if n_available == 0} == out_at_the_end


@pytest.mark.parametrize(("ratio", "n_out"), [(0.0, 0), (0.25, 150), (1.0, 600)])
def test_so_many_products_run_out_as_the_shop_is_asked_for(ratio, n_out):
    shop = replace(SHOP, n_days=60, last_day=day_of(60 * 160 - 1), stock_out_ratio=ratio)

    levels = dict(of_products(shop, 0))["raw/stock_levels"].to_pylist()

    # Nine in ten are there from the first day on.
    out = {row["product_id"] for row in levels if row["n_available"] == "0"}
    assert 0.8 * n_out <= len(out) <= 1.2 * n_out


def test_the_expected_demand_is_what_is_sold_where_nothing_is_out_of_stock(sql):
    [(expected, sold)] = sql(
        """select (select sum(expected_units) from product_truth),
                  (select sum(quantity) from sales)"""
    )

    # A twentieth of the products is out of stock on a day; the last day's late rows are unknown.
    assert 0.85 < sold / expected < 1.0


def test_shoppers_buy_what_suits_their_taste(sql):
    [(bought, other)] = sql(
        """with pairs as (
             select s.taste, p.vector, o.vector as other
             from sales join shopper_tastes s on s.customer_id = sales.customer_id::bigint
             join product_tastes p on p.product_id = sales.product_id
             join product_tastes o on o.category_id = p.category_id and o.product_id != p.product_id)
           select avg(list_dot_product(taste, vector)), avg(list_dot_product(taste, other)) from pairs"""
    )

    assert bought > other + 0.5


def test_most_purchases_are_in_a_category_of_the_shoppers_interests(sql):
    [(share,)] = sql(
        """select avg(list_contains(s.category_ids, p.category_id)::int)
           from sales join shopper_tastes s on s.customer_id = sales.customer_id::bigint
           join product_tastes p on p.product_id = sales.product_id"""
    )

    assert share > 0.7  # by chance: 3 of 54


def test_planted_pairs_are_bought_together_far_more_often_than_by_chance(sql):
    [(n_together, n_expected)] = sql(
        """with baskets as (select distinct order_id, product_id from sales),
             n as (select product_id, count(*) as n from baskets group by 1),
             total as (select count(distinct order_id) as n from baskets)
           select (select count(*) from complements c
                     join baskets a on a.product_id = c.product_id
                     join baskets b on b.product_id = c.other_product_id
                       and b.order_id = a.order_id),
                  (select sum(a.n * b.n / total.n) from complements c, total
                     join n a on a.product_id = c.product_id
                     join n b on b.product_id = c.other_product_id)"""
    )

    assert n_together > 10 * n_expected


def test_what_stands_higher_in_a_list_is_looked_at_more(sql):
    ratios = [
        ratio
        for _, ratio in sql(
            """select position::int, count(*) filter (kind = 'view')
                 / count(*) filter (kind = 'impression')
               from clickstream where position is not null group by 1 order by 1"""
        )
    ]

    assert len(ratios) == 8
    assert ratios[0] > 2 * ratios[3] > 2 * ratios[7]


def test_saturdays_sell_more_than_tuesdays(sql):
    by_weekday = dict(sql("select dayname(sold_at), count(*) from sales group by 1"))

    assert by_weekday["Saturday"] > 1.4 * by_weekday["Tuesday"]


def test_stars_follow_a_products_quality_and_come_from_buyers_who_kept_it(sql):
    [(n_reviews, n_kept, correlation)] = sql(
        """with said as (
             select distinct on (review_id) review_id::bigint as review_id, rating::int as rating,
               product_id::bigint as product_id from reviews
             where try_cast(rating as int) <= 5 and status = 'published' and product_id is not null)
           select count(*),
             count(*) filter (exists (
               select 1 from sales s where s.customer_id is not null and s.product_id = said.product_id
                 and s.order_id::bigint = said.review_id // 100)),
             corr(rating, quality)
           from said join product_qualities using (product_id)"""
    )

    assert n_reviews > 50
    assert n_kept > 0.95 * n_reviews  # the rest: sales that were damaged or came twice
    assert correlation > 0.4


def test_a_price_cut_sells(sql):
    """Promoted products are seen as often; per impression they are bought more."""
    [(cut, full)] = sql(
        """with base as (
             select product_id, max(price_cents::int) as cents from products group by 1),
           seen as (
             select kind, price_shown_cents::int < cents as is_cut from clickstream
             join base using (product_id) where kind in ('impression', 'cart'))
           select count(*) filter (kind = 'cart' and is_cut)
                    / count(*) filter (kind = 'impression' and is_cut),
                  count(*) filter (kind = 'cart' and not is_cut)
                    / count(*) filter (kind = 'impression' and not is_cut)
           from seen"""
    )

    assert cut > 1.1 * full


def test_a_shop_without_days_is_refused():
    with pytest.raises(ValueError, match="at least one day"):
        SimulatedShop(dt.date(2026, 1, 31), n_days=0)
