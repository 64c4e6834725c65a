"""Published data sets as raw rows (emporium.loaders): no line is lost, none is believed blindly."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emporium.loaders import LOADERS, clickstream, olist, online_retail
from emporium.loaders.raw import CodeCollisionError, MissingInputError, cents, id_of, ids_of
from features.schemas.logs import ClickstreamEvent, Customer, OrderLine, ProductVersion, Review

REAL = Path(__file__).parents[4] / "shared" / "data"
real_data = pytest.mark.skipif(not REAL.is_dir(), reason=f"no real data in {REAL}")


def write(path, columns, *rows):
    """Write a Parquet file; `columns` are names and SQL types, rows SQL values."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = ", ".join(f"({row})" for row in rows)
    with duckdb.connect() as sql:
        sql.execute(f"create table file ({columns})")
        sql.execute(f"insert into file values {values}")
        sql.execute(f"copy file to '{path}' (format parquet)")


def raw(out, row):
    """Return a table's raw rows as dicts, by event_id."""
    with duckdb.connect() as sql:
        found = sql.sql(
            f"from read_parquet('{out}/raw/{row.table}/*/*.parquet', hive_partitioning = true,"
            " hive_types_autocast = false) order by event_id"
        )
        return [dict(zip(found.columns, values, strict=True)) for values in found.fetchall()]


def retail_file(folder, *rows):
    write(
        folder / "online_retail" / "online_retail_II.parquet",
        """InvoiceNo varchar, StockCode varchar, Description varchar, Quantity int,
           InvoiceDate timestamp, UnitPrice double, CustomerID int, Country varchar, sheet varchar,
           also_in_2010_2011 boolean""",
        *rows,
    )


@pytest.mark.parametrize(
    ("line", "kind", "quantity", "cents_text", "reason"),
    [
        ("'536365', '85123A', 'HOLDER', 6, '2010-12-01 08:26', 2.55, 17850, 'France', 's', false",
         "sale", "6", "255", None),
        ("'C536379', '85123A', 'HOLDER', -1, '2010-12-01 09:41', 2.55, 17850, 'France', 's', false",
         "return", "1", "255", None),
        ("'536365', '85123a', 'HOLDER', 6, '2010-12-01 08:26', 0, null, 'France', 's', false",
         "sale", "6", "0", None),
        ("'536365', '85123A', 'HOLDER', 6, '2010-12-01 08:26', 2.55, 17850, 'France', 's', true",
         "sale", "6", "255", "double row: also in the 2010-2011 sheet"),
        ("'536370', 'POST', 'POSTAGE', 3, '2010-12-01 08:45', 18, 12583, 'France', 's', false",
         "sale", "3", "1800", "not a product: stock code POST"),
        ("'536589', '21777', null, -10, '2010-12-01 16:50', 0, null, 'France', 's', false",
         "sale", "-10", "0", "adjustment: negative quantity outside a return"),
        ("'A563185', 'B', 'Adjust bad debt', 1, '2011-08-12 14:50', 11062.06, null, 'France', 's',"
         " false", "sale", "1", "1106206", "adjustment: invoice number is not a number"),
    ],
)  # fmt: skip
def test_a_line_of_the_gift_shop(tmp_path, line, kind, quantity, cents_text, reason):
    retail_file(tmp_path, line)

    online_retail.load(tmp_path, tmp_path / "out")

    [row] = raw(tmp_path / "out", OrderLine)
    assert (row["kind"], row["quantity"], row["unit_price_cents"], row["reject_reason"]) == (
        kind,
        quantity,
        cents_text,
        reason,
    )


def test_a_sale_in_british_summer_time_is_recorded_in_utc(tmp_path):
    retail_file(
        tmp_path,
        "'551000', '22423', 'CAKE STAND', 1, '2011-07-01 00:30', 12.75, 1, 'France', 's', false",
    )

    report = online_retail.load(tmp_path, tmp_path / "out")

    [row] = raw(tmp_path / "out", OrderLine)
    assert row["occurred_at"] == "2011-06-30T23:30:00+00:00"
    assert report.first_day == dt.date(2011, 6, 30)
    assert OrderLine.model_validate({k: v for k, v in row.items() if k != "reject_reason"})


def test_a_product_is_what_was_known_of_it_at_the_time(tmp_path):
    line = "'{}', '22423', '{}', 1, '{}', {}, 1, 'France', 's', false"
    retail_file(
        tmp_path,
        line.format(1, "CAKE  STAND", "2010-01-10 12:00", 10),
        line.format(2, "CAKE STAND 3 TIER", "2010-02-10 12:00", 12),
        line.format(3, "CAKE STAND 3 TIER", "2010-04-10 12:00", 12),
    )

    online_retail.load(tmp_path, tmp_path / "out")

    assert [
        (row["date"], row["title"], row["price_cents"])
        for row in raw(tmp_path / "out", ProductVersion)
    ] == [
        ("2010-01-10", "CAKE STAND", "1000"),
        ("2010-03-01", "CAKE STAND 3 TIER", "1200"),  # known once February is over
    ]


def olist_files(folder):
    write(
        folder / "sample_orders.parquet",
        "order_id varchar, customer_id varchar, order_status varchar,"
        "order_purchase_timestamp timestamp",
        "'o1', 'c1', 'delivered', '2018-01-01 10:00'",
        "'o2', 'c2', 'canceled', '2018-01-02 10:00'",
        "'o3', 'c3', 'unavailable', '2018-01-03 10:00'",
    )
    write(
        folder / "sample_order_items.parquet",
        "order_id varchar, order_item_id bigint, product_id varchar, seller_id varchar,"
        "price double",
        "'o1', 1, 'p1', 's1', 19.9",
        "'o1', 2, 'p1', 's1', 19.9",
        "'o2', 1, 'p2', 's1', 5",
    )
    write(
        folder / "sample_customers.parquet",
        "customer_id varchar, customer_unique_id varchar, customer_state varchar",
        "'c1', 'anna', 'SP'",
        "'c2', 'anna', 'SP'",
        "'c3', 'bruno', 'RJ'",
    )
    write(
        folder / "sample_order_reviews.parquet",
        "review_id varchar, order_id varchar, review_score bigint, review_creation_date timestamp",
        "'r1', 'o1', 4, '2018-01-10 00:00'",
        "'r2', 'o3', 1, '2018-01-11 00:00'",
        "'r3', 'o2', 2, '2018-01-12 00:00'",
    )
    write(
        folder / "full_products.parquet",
        "product_id varchar, product_category_name varchar, product_photos_qty double,"
        "product_weight_g double",
        "'p1', 'artes', 1, 300",
        "'p2', null, null, null",
        "'p3', 'artes', 2, 900",
    )
    write(folder / "full_sellers.parquet", "seller_id varchar, seller_state varchar", "'s1', 'SP'")
    write(
        folder / "product_category_name_translation.parquet",
        "product_category_name varchar, product_category_name_english varchar",
        "'artes', 'art'",
    )


def test_the_marketplace_s_order_items_customers_and_products(tmp_path):
    olist_files(tmp_path)

    report = olist.load(tmp_path, tmp_path / "out")

    lines, people, goods, reviews = (
        raw(tmp_path / "out", row) for row in (OrderLine, Customer, ProductVersion, Review)
    )
    assert [(row["reject_reason"], row["unit_price_cents"]) for row in lines] == [
        (None, "1990"),
        (None, "1990"),
        ("not sold: status canceled", "500"),
        ("order without items: status unavailable", None),
    ]
    assert {row["customer_id"] for row in lines[:3]} == {str(id_of("anna"))}
    assert lines[0]["occurred_at"] == "2018-01-01T12:00:00+00:00"  # Sao Paulo in summer: UTC-2
    assert [row["reject_reason"] for row in people] == [
        None,
        "double row: the customer is known already",
        None,
    ]
    assert [(row["title"], row["price_cents"], row["reject_reason"]) for row in goods] == [
        ("art p1", "1990", None),
        ("product p2", "500", None),
        ("art p3", None, "no price: the product is in no order"),
    ]
    assert [(row["product_id"], row["rating"], row["reject_reason"]) for row in reviews] == [
        (str(id_of("p1")), "4", None),  # the order has two units of one product
        (None, "1", "review of an order without items"),
        (str(id_of("p2")), "2", None),
    ]
    assert report.n_lines_by_table == {
        "products": 3,
        "customers": 3,
        "order_lines": 4,
        "reviews": 3,
    }


def test_views_carts_and_purchases_of_a_clickstream(tmp_path):
    write(
        tmp_path / "retailrocket_multibehavior.parquet",
        '"user" int, item int, behavior varchar, value double',
        "0, 5, 'view', 1433222501",
        "0, 5, 'buy', 1433222601",
        "0, 6, 'buy_test', 1",
    )

    clickstream.load(tmp_path, tmp_path / "out")

    assert [
        (row["customer_id"], row["product_id"], row["kind"], row["occurred_at"][:10])
        for row in raw(tmp_path / "out", ClickstreamEvent)
        if row["reject_reason"] is None
    ] == [("1", "6", "view", "2015-06-02"), ("1", "6", "purchase", "2015-06-02")]


def test_a_missing_file_is_named_with_what_to_do(tmp_path):
    with pytest.raises(MissingInputError, match=r"online_retail_II\.parquet.*--data-dir"):
        online_retail.load(tmp_path, tmp_path / "out")


def test_a_missing_column_is_named_and_nothing_is_written(tmp_path):
    write(
        tmp_path / "retailrocket_multibehavior.parquet", "item int, behavior varchar", "1, 'view'"
    )

    with pytest.raises(MissingInputError, match="no column user, value"):
        clickstream.load(tmp_path, tmp_path / "out")

    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("price", "expected"),
    [(2.55, 255), (0.125, 12), (0.375, 38), (1.005, 100), (-11062.06, -1106206)],
)
def test_a_price_becomes_cents_with_halves_to_even(price, expected):
    assert cents(price) == expected


@given(st.integers(-(10**12), 10**12))
def test_whole_cents_survive_the_way_through_a_price(n_cents):
    assert cents(n_cents / 100) == n_cents


@given(st.sets(st.text(max_size=8), max_size=50))
def test_codes_get_distinct_ids_that_javascript_can_hold(codes):
    ids = ids_of(codes)

    assert set(ids) == codes
    assert len(set(ids.values())) == len(codes)
    assert all(1 <= number <= 2**52 for number in ids.values())


def test_two_codes_with_one_id_are_refused(monkeypatch):
    monkeypatch.setattr("emporium.loaders.raw.id_of", len)

    with pytest.raises(CodeCollisionError):
        ids_of(["A1", "B2"])


@real_data
@pytest.mark.parametrize(
    ("name", "n_lines"),
    [
        ("online-retail", {"order_lines": 1_067_370}),
        (
            "olist",
            {
                "products": 32_951,
                "customers": 12_751,
                "order_lines": 13_575 + 775,
                "reviews": 12_832,
            },
        ),
        ("clickstream", {"clickstream": 99_555}),
    ],
)
def test_every_line_of_the_published_files_becomes_one_row(tmp_path, name, n_lines):
    report = LOADERS[name](REAL, tmp_path)

    assert report.n_lines_by_table == n_lines
    for table, n_expected in n_lines.items():
        n_derived = report.n_derived_by_table.get(table, 0)
        found = duckdb.sql(f"from read_parquet('{tmp_path}/raw/{table}/*/*.parquet')")
        assert len(found) == n_expected + n_derived
    if name == "online-retail":
        doubles = report.n_rejected_by_reason["double row: also in the 2010-2011 sheet"]
        assert doubles == 22_523
