"""What was done a moment ago is in the next answer and in the feature store (serving.worker, serving.live)."""

import contextlib
import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import redis as redis_client
from prometheus_client import CollectorRegistry

from features.live.products import Interest
from features.live.shoppers import Shopper
from features.live.states import position_key, state_key
from features.store.live_views import LIVE_VIEWS
from serving.events.entries import CLICKSTREAM, Entry
from serving.live.changing import LiveStates
from serving.live.forgetting import Forgetting
from serving.live.lags import Lags
from serving.live.pushing import LivePushing
from serving.live.telling import ClickstreamTelling
from tests.live.serving.conftest import serving, until
from tests.unit.serving.test_recent_views import entry as fields

pytestmark = pytest.mark.live
EVENTS, LISTS, PRODUCTS = "/api/v1/events", "/api/v1/recommendations", "/api/v1/products"


@pytest.fixture
def redis(redis_url):
    with redis_client.Redis.from_url(redis_url, decode_responses=True) as redis:
        yield redis


def event(kind="view", product_id=4, **changes):
    return {
        "occurred_at": "2026-01-31T12:00:00Z",
        "session_id": "abc",
        "kind": kind,
        "product_id": product_id,
        **changes,
    }


async def ids(client, path, **params):
    answer = (await client.get(path, params=params)).json()
    return [each["product_id"] for each in answer.get("items") or answer["products"]]


def online(store, **entity):
    """All live features of an entity by Feast, as the feature store has them."""
    [key] = entity
    names = [
        f"{view}:{column}"
        for view, live in LIVE_VIEWS.items()
        if live.entity == key
        for column in live.columns
    ]
    return {n: v for n, [v] in store.get_online_features(names, [entity]).to_dict().items()}


async def test_a_guests_event_changes_lists_searches_and_the_feature_store(client, feature_store):
    who = {"session_id": "abc", "limit": 3}
    before = await ids(client, PRODUCTS, q="lamp", personal=True, **who)

    sent = [event(product_id=2), event("search", None, query="oak"), event("cart", 1)]
    assert (await client.post(EVENTS, json={"events": sent})).status_code == 202

    async def listed():
        return (await ids(client, LISTS, type="recently_viewed", **who))[:2] == [1, 2]

    await until(listed)
    assert before != await ids(client, PRODUCTS, q="lamp", personal=True, **who)

    async def stored():
        told = online(feature_store, shopper_key="sabc")
        return (
            told["recent_item_ids"] == [1, 2]
            and {
                "last_queries": ["oak"],
                "category_ids": [11, 10],  # the cart's, then the view's
                "category_shares": [0.75, 0.25],
                "brands": ["Lumo"],
                "brand_shares": [1.0],
                "n_views_5m": 1,
                "n_carts_1h": 1,
                "n_searches_24h": 1,
            }.items()
            <= told.items()
        )

    await until(stored)

    async def counted():
        told = online(feature_store, product_id=2)
        return (told["n_views_5m"], told["n_carts_24h"]) == (1, 0)

    await until(counted)


async def test_what_is_looked_at_this_hour_leads_the_list_of_it(client, feature_store):
    events = [event(product_id=4), *(event(product_id=7, session_id=f"s{n}") for n in range(3))]
    assert (await client.post(EVENTS, json={"events": events})).status_code == 202

    async def leads():
        answer = await client.get(LISTS, params={"type": "trending_now", "limit": 3})
        items = answer.json()["items"]
        return [(each["product_id"], each["source"]) for each in items[:2]] == [
            (7, "trending_now"),
            (4, "trending_now"),
        ]

    await until(leads)


async def test_what_the_shop_tells_of_a_product_is_in_the_feature_store(
    client, redis, feature_store
):
    now = dt.datetime.now(dt.UTC).isoformat()
    level = {
        "event_id": "e", "occurred_at": now, "recorded_at": now, "product_id": 7,
        "n_available": 3, "reason": "sold", "warehouse_id": None, "n_available_there": None,
    }  # fmt: skip
    redis.xadd("shop-events", {"topic": "stock_levels", "body": json.dumps(level)})

    async def stored():
        told = online(feature_store, product_id=7)
        return (told["live_n_available"], told["live_price_cents"]) == (3, None)

    await until(stored)


async def test_the_page_tells_streams_lags_and_ages(client):
    await client.post(EVENTS, json={"events": [event()]})

    async def seen():
        told = (await client.get("/api/v1/freshness")).json()
        return {"taken", "read", "written", "answerable"} <= {each["hop"] for each in told["hops"]}

    await until(seen)
    told = (await client.get("/api/v1/freshness")).json()
    page = await client.get("/api/v1/freshness", headers={"Accept": "text/html"})

    [clicks] = [each for each in told["streams"] if each["stream"] == CLICKSTREAM]
    assert clicks["n_entries"] == 1
    assert {"live_states", "recently_viewed"} <= {each["group"] for each in clicks["groups"]}
    assert [each["version"] is not None for each in told["ages"]] == [True, True, False]
    assert page.headers["Content-Type"].startswith("text/html")
    assert "in the stream" in page.text


async def test_switched_off_nothing_follows_the_session(
    serving_settings, shelf, feature_store, redis
):
    shelf.publish_index()
    off = serving_settings.model_copy(update={"live_features": False})
    async with serving(off, shelf) as client:

        async def known():
            await client.post(EVENTS, json={"events": [event(product_id=2)]})
            has_index = (await client.get(LISTS, params={"type": "trending"})).status_code == 200
            return has_index and redis.exists(state_key("shopper", "sabc"))

        await until(known)
        lists = await ids(client, LISTS, type="recently_viewed", session_id="abc", limit=2)

    assert lists == [11, 10]  # the most popular that are in stock


def state_of(redis, family, name, kind):
    text = redis.get(state_key(family, name))
    return kind.of_json(text) if text else kind()


def entry(number, **changes):
    return Entry(f"{number}-0", fields(session_id="abc", customer_id=None, **changes))


@pytest.fixture
def states(redis):
    lags = Lags(CollectorRegistry())
    return LiveStates(redis, "group", ClickstreamTelling(lambda _: {}), lags, lambda: 1.0)


def test_entries_that_come_again_count_once(redis, states):
    states([entry(1), entry(2)])
    states([entry(1), entry(2), entry(3)])  # the first two were not acknowledged before a kill
    states([entry(3)])

    at = state_of(redis, "shopper", "sabc", Shopper).at
    assert state_of(redis, "shopper", "sabc", Shopper).counts(at)["n_views_5m"] == 3
    assert state_of(redis, "interest", "5", Interest).counts(at)["n_views_1h"] == 3


def test_who_was_held_up_cannot_write_over_its_successor(redis, states, monkeypatch):
    def held_up(_):
        redis.set(position_key("group"), "2-0")  # another one has taken both meanwhile
        return []

    late = LiveStates(redis, "group", held_up, states.lags, states.clock)

    with pytest.raises(redis_client.WatchError):
        late([entry(1), entry(2)])


def test_of_too_many_shoppers_the_oldest_are_forgotten(redis, states):
    for number in range(5):
        at = f"2026-01-31T12:00:0{number}Z"
        body = fields(session_id=str(number), customer_id=None, recorded_at=at)
        states([Entry(f"{number + 1}-0", body)])

    Forgetting(redis, n_kept=2).refresh()

    kept = [number for number in range(5) if redis.exists(state_key("shopper", f"s{number}"))]
    assert kept == [3, 4]
    assert redis.zcard("live:due:shopper") == 2


def pushing(redis, states, push):
    return LivePushing(redis, push, states.lags, states.clock)


def test_what_was_pushed_is_due_again_when_a_count_falls(redis, states):
    pushed = []
    states([entry(1)])

    pushing(redis, states, lambda family, some, _: pushed.append((family, [*some]))).refresh()

    at = state_of(redis, "shopper", "sabc", Shopper).at
    assert pushed == [("shopper", ["sabc"]), ("interest", ["5"])]
    assert redis.zscore("live:due:shopper", "sabc") == at + 5 * 60  # noon begins a slice


def test_a_state_that_changes_while_it_is_pushed_stays_due(redis, states):
    states([entry(1)])
    later = LiveStates(redis, "group", states.told, states.lags, lambda: 2.0)

    pushing(redis, states, lambda *_: later([entry(2)])).refresh()

    assert redis.zscore("live:due:shopper", "sabc") == 2.0


N_SENT = 600


def now():
    return dt.datetime.now(dt.UTC).isoformat()


def n_counted(redis, family, name, kind):
    return state_of(redis, family, name, kind).counts(time.time())["n_views_24h"]


def wait(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_worker_killed_in_its_work_loses_nothing_and_counts_nothing_twice(
    serving_settings, redis, feature_store, tmp_path, record_property
):
    def n_of_session():
        return n_counted(redis, "shopper", "sabc", Shopper)

    with worker(serving_settings, tmp_path) as first:
        wait(lambda: redis.exists("live:lags"))
        for number in range(N_SENT):
            redis.xadd(CLICKSTREAM, fields(session_id="abc", recorded_at=now()))
            if number == N_SENT // 2:
                wait(n_of_session)
                first.send_signal(signal.SIGKILL)
    killed_at = time.monotonic()
    with worker(serving_settings, tmp_path):
        wait(lambda: n_of_session() >= N_SENT)
        record_property("seconds from kill to caught up", time.monotonic() - killed_at)
        redis.xadd(CLICKSTREAM, fields(session_id="last", recorded_at=now()))
        wait(lambda: redis.exists(state_key("shopper", "slast")))

    assert n_of_session() == N_SENT
    assert n_counted(redis, "interest", "5", Interest) == N_SENT + 1


@contextlib.contextmanager
def worker(settings, folder):
    own = {
        "EMPORIUM_HOME": str(settings.emporium_home),
        "REDIS_URL": settings.redis_url,
        "PYTHONPATH": str(Path.cwd()),
    }
    command = [sys.executable, "-m", "serving.worker"]
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(command, env=os.environ | own, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(20)
