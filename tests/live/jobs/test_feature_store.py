"""One definition of features for training and serving (features.store, jobs.publish_features)."""

import datetime as dt

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.schemas.column import columns
from features.schemas.lake import CategoryLists, ItemLists, ProductFeatures, UserFeatures
from features.store.definitions import TIMES, VIEWS, definitions
from features.store.describing import applied, defined, differences
from features.store.opening import apply_definitions, connection_string, open_store
from jobs import publish_features
from jobs.partitions import Partitions
from jobs.runner import Dates, JobError, Settings
from tests.tables import arrow

pytestmark = pytest.mark.live

DAY, NEXT_DAY = dt.date(2024, 5, 1), dt.date(2024, 5, 2)


def product(day, price_cents):
    available_at = dt.datetime.combine(day + dt.timedelta(days=1), dt.time())
    return arrow(
        ProductFeatures,
        f"""
        product_id | price_cents   | n_views_7d | n_views_28d | n_carts_28d | n_units_7d | n_units_28d | n_returns_28d | conversion_ratio | category_id | available_at               | date
        -----------+---------------+------------+-------------+-------------+------------+-------------+---------------+------------------+-------------+----------------------------+------
        5          | {price_cents} | 1          | 1           | 0           | 0          | 0           | 0             | 0.05             | 10          | {available_at.isoformat()} | {day}
        """,
    )


def user(day, recent):
    available_at = dt.datetime.combine(day + dt.timedelta(days=1), dt.time())
    return arrow(
        UserFeatures,
        f"""
        user_id | n_orders_28d | n_orders_all | n_views_28d | spend_cents_all | mean_price_cents | days_since_last_order | favourite_category_id | recent_item_ids | available_at               | date
        --------+--------------+--------------+-------------+-----------------+------------------+-----------------------+-----------------------+-----------------+----------------------------+------
        1       | 0            | 0            | 1           | 0               | 0.0              | -1                    | 10                    | {recent}        | {available_at.isoformat()} | {day}
        """,
    )


def write_day(lake, day, price_cents, recent="5"):
    at = dt.datetime.combine(day + dt.timedelta(days=1), dt.time()).isoformat()
    lake.write(ProductFeatures, product(day, price_cents), day)
    lake.write(UserFeatures, user(day, recent), day)
    lists = f"product_id | also_bought_ids | bought_together_ids | available_at | date\n---\n5 | 6,7 | 7 | {at} | {day}"
    lake.write(ItemLists, arrow(ItemLists, lists), day)
    trending = f"category_id | trending_ids | available_at | date\n---\n0 | 5,6 | {at} | {day}"
    lake.write(CategoryLists, arrow(CategoryLists, trending), day)


@pytest.fixture
def settings(tmp_path, redis_url):
    return Settings(emporium_home=tmp_path, database_url="", redis_url=redis_url)


@pytest.fixture
def lake(settings):
    return Partitions(settings.lake)


@pytest.mark.parametrize("row", VIEWS, ids=lambda row: row.table)
def test_a_view_has_the_columns_of_its_table(row, tmp_path):
    views = definitions(tmp_path).views

    [view] = [view for view in views if view.name == row.table]

    expected = {column.name for column in columns(row)} - set(TIMES)
    assert {field.name for field in view.schema} == expected
    assert view.batch_source.timestamp_field == "available_at"


def test_what_was_applied_is_what_is_defined(settings):
    store = open_store(settings.feast, settings.redis_url)
    before = applied(store)

    apply_definitions(store, settings.lake)

    assert before == []
    assert differences(defined(settings.lake), applied(store)) == []


def joined(settings, moments):
    """What training gets for product 5 as of each moment: its price, or None."""
    store = open_store(settings.feast, settings.redis_url)
    apply_definitions(store, settings.lake)
    asked = pd.DataFrame(
        {"product_id": [5] * len(moments), "event_timestamp": pd.to_datetime(moments, utc=True)}
    )
    found = store.get_historical_features(asked, features=["product_features:price_cents"]).to_df()
    # Feast leaves out a row for which nothing was known yet.
    prices = found.set_index("event_timestamp")["price_cents"].reindex(asked["event_timestamp"])
    return [None if pd.isna(price) else int(price) for price in prices]


def assert_joins_what_was_known(settings, moments):
    assert joined(settings, moments) == [None, 100, 100, 200]


MOMENTS = [
    "2024-05-01T23:59:59Z",  # the picture of 1 May may be used from 2 May on
    "2024-05-02T00:00:00Z",
    "2024-05-02T23:59:59Z",
    "2024-05-03T12:00:00Z",
]


def test_training_gets_the_newest_values_that_were_available_at_each_rows_own_time(settings, lake):
    write_day(lake, DAY, 100)
    write_day(lake, NEXT_DAY, 200)

    assert_joins_what_was_known(settings, MOMENTS)


def write_usual(settings, lake):
    """Of a product of 300 cents and users who pay 200 for a thing and ordered on 20 April, or never did."""
    lake.write(ProductFeatures, product(DAY, 300), DAY)
    users = arrow(
        UserFeatures,
        f"""
        user_id | mean_price_cents | days_since_last_order | last_order_day | available_at        | date
        --------+------------------+-----------------------+----------------+---------------------+------
        1       | 200.0            | 11                    | 19833          | 2024-05-02T00:00:00 | {DAY}
        2       | 0.0              | -1                    |                | 2024-05-02T00:00:00 | {DAY}
        """,
    )
    lake.write(UserFeatures, users, DAY)


AT = dt.datetime(2024, 5, 2, 12, tzinfo=dt.UTC)
ON_DEMAND = ["user_and_product:price_to_usual_ratio", "user_at:n_days_since_last_order"]


def test_ratios_and_days_are_made_for_the_moment_that_is_asked_about(settings, lake):
    write_usual(settings, lake)
    store = open_store(settings.feast, settings.redis_url)
    apply_definitions(store, settings.lake)
    # Feast's file store keeps one row of each product and moment.
    moments = [AT, AT + dt.timedelta(seconds=1)]
    asked = pd.DataFrame({"user_id": [1, 2], "product_id": 5, "event_timestamp": moments})
    asked["asked_at_seconds"] = int(AT.timestamp())

    found = store.get_historical_features(asked, features=ON_DEMAND).to_df()

    found = found.set_index("user_id")[["price_to_usual_ratio", "n_days_since_last_order"]]
    assert found.loc[1].tolist() == [1.5, 12]  # 20 April to 2 May
    assert found.loc[2].isna().all()  # pays nothing usually, never ordered


def test_serving_gets_the_same_ratios_and_days(settings, lake):
    write_day(lake, DAY, 300)
    write_usual(settings, lake)
    publish(settings, DAY)

    key = {"user_id": 1, "product_id": 5, "asked_at_seconds": int(AT.timestamp())}
    assert online(settings, *ON_DEMAND, **key) == [1.5, 12]


def test_training_gets_a_rebuilt_days_new_values_and_never_its_old_ones(settings, lake):
    for price_cents in (90, 80, 100):
        write_day(lake, DAY, price_cents)
    write_day(lake, NEXT_DAY, 200)

    assert_joins_what_was_known(settings, MOMENTS)


def test_training_reads_days_of_before_a_table_had_its_newest_columns(settings, lake):
    write_day(lake, DAY, 100)
    write_day(lake, NEXT_DAY, 200)
    [old] = (lake.folder("derived", "product_features") / f"date={DAY}").glob("*.parquet")
    pq.write_table(pq.read_table(old, partitioning=None).drop_columns(["price_cents"]), old)

    lake.widen(ProductFeatures)

    assert joined(settings, MOMENTS) == [None, None, None, 200]


def test_a_day_that_ended_later_changes_no_earlier_training_row(settings, lake):
    write_day(lake, DAY, 100)
    write_day(lake, NEXT_DAY, 200)
    write_day(lake, dt.date(2024, 5, 3), 999)

    assert_joins_what_was_known(settings, MOMENTS)


def test_features_that_claim_to_be_available_before_their_day_ended_are_caught(settings, lake):
    """The planted leak: 2 May's picture, stamped with the morning of 1 May."""
    write_day(lake, DAY, 100)
    leaky = product(NEXT_DAY, 200)
    early = pa.array([dt.datetime(2024, 5, 1, tzinfo=dt.UTC)], pa.timestamp("us", tz="UTC"))
    place = leaky.schema.get_field_index("available_at")
    lake.write(ProductFeatures, leaky.set_column(place, "available_at", early), NEXT_DAY)

    with pytest.raises(AssertionError):
        assert_joins_what_was_known(settings, MOMENTS)


def online(settings, *features, **key):
    store = open_store(settings.feast, settings.redis_url)
    found = store.get_online_features(features=list(features), entity_rows=[key]).to_dict()
    return [found[feature.split(":")[1]][0] for feature in features]


def publish(settings, day):
    publish_features.main(settings, Dates(day, day))


def price(settings):
    return online(settings, "product_features:price_cents", product_id=5)


def test_serving_gets_the_newest_day_of_every_view(settings, lake):
    write_day(lake, DAY, 100, recent="6")
    write_day(lake, NEXT_DAY, 200, recent="5,6")

    publish(settings, NEXT_DAY)

    assert price(settings) == [200]
    assert online(settings, "user_recent:recent_item_ids", user_id=1) == [[5, 6]]
    lists = ("item_lists:also_bought_ids", "item_lists:bought_together_ids")
    assert online(settings, *lists, product_id=5) == [[6, 7], [7]]
    assert online(settings, "category_lists:trending_ids", category_id=0) == [[5, 6]]
    assert (settings.reports / "publish_features" / f"{NEXT_DAY}.json").exists()


def test_a_day_built_again_with_other_values_overwrites_its_own(settings, lake):
    write_day(lake, DAY, 100)
    publish(settings, DAY)
    write_day(lake, DAY, 150)

    publish(settings, DAY)

    assert price(settings) == [150]


def test_a_backfill_of_an_older_day_takes_serving_nowhere(settings, lake):
    write_day(lake, NEXT_DAY, 200)
    publish(settings, NEXT_DAY)
    write_day(lake, DAY, 100)

    publish(settings, DAY)

    assert price(settings) == [200]


def test_what_nobody_knows_is_none_online(settings, lake):
    write_day(lake, DAY, 100)
    publish(settings, DAY)

    assert online(settings, "product_features:price_cents", product_id=404) == [None]


def test_nothing_to_publish_says_what_to_run(settings):
    with pytest.raises(JobError, match="run the DAG build_features first"):
        publish(settings, DAY)


@pytest.mark.parametrize(
    ("url", "feast"),
    [
        ("redis://127.0.0.1:6380", "127.0.0.1:6380,db=0"),
        ("redis://shop.example/3", "shop.example:6379,db=3"),
        (
            "rediss://me:word@shop.example:7000/0",
            "shop.example:7000,db=0,username=me,password=word,ssl=true",
        ),
    ],
)
def test_a_redis_url_is_put_in_feasts_form(url, feast):
    assert connection_string(url) == feast
