"""What was bought is in the feature store within a second (serving.events.bought)."""

import datetime as dt
import json
import time

import pytest
import redis as redis_client

from features.store.packed import Wanted
from features.store.packed_redis import PackedFeatures
from features.store.user_lists import UserLists
from tests.live.serving.conftest import until, write_online

pytestmark = pytest.mark.live
CUSTOMER = 91


@pytest.fixture
def redis(redis_url):
    with redis_client.Redis.from_url(redis_url) as redis:
        yield redis


def buy(redis, product_id, kind="sale"):
    """Write what the shop's worker writes for a confirmed order's line."""
    now = dt.datetime.now(dt.UTC).isoformat()
    body = {
        "event_id": f"{kind}-{product_id}",
        "occurred_at": now,
        "recorded_at": now,
        "order_id": product_id,
        "line_number": 1,
        "customer_id": CUSTOMER,
        "product_id": product_id,
        "kind": kind,
        "quantity": 1,
        "unit_price_cents": 100,
        "currency": "EUR",
        "region": None,
    }
    redis.xadd("shop-events", {"topic": "order_lines", "body": json.dumps(body)})


def bought(redis, feature_store):
    """The list as both stores have it."""
    packed = PackedFeatures(redis)
    of_user = packed.read(Wanted([], CUSTOMER)).user_lists["user_bought"].tolist()
    return of_user, UserLists("user_bought", feature_store, packed).read([CUSTOMER])[CUSTOMER]


async def test_a_purchase_goes_in_front_of_the_batchs_list_in_both_stores(
    client, redis, feature_store, record_property
):
    write_online(feature_store, "user_bought", user_id=CUSTOMER, bought_item_ids=[3, 5])
    for product_id in (5, 8):
        buy(redis, product_id)
    began = time.monotonic()

    async def listed():
        return bought(redis, feature_store) == ([8, 5, 3], [8, 5, 3])

    await until(listed)
    record_property("seconds until a purchase is in the feature store", time.monotonic() - began)


async def test_what_is_given_back_waits_for_the_batch(client, redis, feature_store):
    buy(redis, 5)
    buy(redis, 5, kind="return")
    buy(redis, 8)

    async def listed():
        return bought(redis, feature_store) == ([8, 5], [8, 5])

    await until(listed)
