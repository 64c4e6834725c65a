"""Taking clickstream events (serving.events)."""

import datetime as dt
import json

import pandas as pd
import pytest
import redis as redis_client

from emporium.ports import free_port
from features.schemas.logs import ClickstreamEvent
from serving import app
from tests.live.serving.conftest import serving, until, write_online

pytestmark = pytest.mark.live
EVENTS = "/api/v1/events"


def view(product_id=4, customer_id=1, **changes):
    return {
        "occurred_at": "2026-01-31T12:00:00+01:00",
        "session_id": "s",
        "customer_id": customer_id,
        "kind": "view",
        "product_id": product_id,
        **changes,
    }


@pytest.fixture(autouse=True)
def _patience(monkeypatch):
    """On a busy machine Redis may answer late; what follows from that is test_outages' matter."""
    monkeypatch.setattr(app, "REDIS_SECONDS", 30.0)


@pytest.fixture
def stream(redis_url):
    """Bodies in the stream, in order."""

    def read():
        with redis_client.Redis.from_url(redis_url, decode_responses=True) as redis:
            return [json.loads(fields["body"]) for _, fields in redis.xrange("clickstream")]

    return read


async def test_accepted_events_are_rows_of_the_clickstream_log(client, stream):
    search = {**view(None, event_id="mine"), "kind": "search", "query": "lamp"}

    answer = await client.post(EVENTS, json={"events": [view(), search]})

    first, second = stream()
    event = ClickstreamEvent(**first, date=first["recorded_at"][:10])
    assert (answer.status_code, answer.json()["n_accepted"]) == (202, 2)
    assert answer.json()["event_ids"] == [first["event_id"], "mine"]
    assert (event.product_id, event.occurred_at.isoformat()) == (4, "2026-01-31T11:00:00+00:00")
    assert (second["event_id"], second["query"]) == ("mine", "lamp")


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        (view(kind="stare"), "body.events.1.kind"),
        (view(product_id=None), "body.events.1"),
        (view(None, kind="search"), "body.events.1"),
        (view(kind="purchase"), "body.events.1.kind"),
        (view(occurred_at="2026-01-31T12:00:00"), "body.events.1.occurred_at"),
        (view(occurred_at="2999-01-01T00:00:00Z"), "body.events.1.occurred_at"),
        (view(recorded_at="2026-01-31T12:00:00Z"), "body.events.1.recorded_at"),
        (view(position=0), "body.events.1.position"),
    ],
)
async def test_a_bad_event_is_named_and_none_of_its_batch_is_taken(client, stream, bad, field):
    answer = await client.post(EVENTS, json={"events": [view(), bad, view()]})

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert stream() == []


async def test_an_event_that_is_sent_again_counts_once(client, stream):
    batch = {"events": [view(event_id="a"), view(event_id="b"), view(event_id="a")]}

    first = await client.post(EVENTS, json=batch)
    again = await client.post(EVENTS, json={"events": [view(event_id="b"), view(event_id="c")]})

    assert [answer.json()["n_repeated"] for answer in (first, again)] == [1, 1]
    assert [event["event_id"] for event in stream()] == ["a", "b", "c"]


async def test_ids_are_known_for_at_least_as_many_events_as_set(serving_settings, shelf, stream):
    few = serving_settings.model_copy(update={"event_ids_known": 2})
    async with serving(few, shelf) as client:
        for event_id in "abcda":
            await client.post(EVENTS, json={"events": [view(event_id=event_id)]})
        await client.post(EVENTS, json={"events": [view(event_id="e"), view(event_id="a")]})

    # With c the sets turn, a and b become the older one; with the second a they turn again.
    assert [event["event_id"] for event in stream()] == ["a", "b", "c", "d", "a", "e"]


async def test_a_full_stream_takes_no_batch_that_does_not_fit(serving_settings, shelf, stream):
    small = serving_settings.model_copy(update={"events_waiting": 3})
    async with serving(small, shelf) as client:
        await client.post(EVENTS, json={"events": [view(), view()]})
        full = await client.post(EVENTS, json={"events": [view(), view()]})
        fits = await client.post(EVENTS, json={"events": [view()]})

    assert (full.status_code, full.json()["type"]) == (429, "/problems/events-waiting")
    assert full.headers["Retry-After"] == "10"
    assert (fits.status_code, len(stream())) == (202, 3)


@pytest.mark.parametrize("content_type", ["text/plain;charset=UTF-8", "application/json", None])
async def test_a_body_is_json_whatever_it_is_called(client, stream, content_type):
    """As `navigator.sendBeacon` calls it."""
    headers = {"Content-Type": content_type} if content_type else {}

    answer = await client.post(
        EVENTS, content=json.dumps({"events": [view()]}).encode(), headers=headers
    )

    assert (answer.status_code, len(stream())) == (202, 1)


@pytest.mark.parametrize(
    ("body", "field"),
    [(b"{half", "body"), (b"", "body"), (b"[]", "body"), (b'{"events": []}', "body.events")],
)
async def test_a_body_that_is_no_batch_is_told_where_it_fails(client, stream, body, field):
    answer = await client.post(EVENTS, content=body)

    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert stream() == []


async def test_the_script_is_asked_for_again_only_if_it_changed(client):
    first = await client.get(f"{EVENTS}/emporium.js")
    again = await client.get(
        f"{EVENTS}/emporium.js", headers={"If-None-Match": first.headers["ETag"]}
    )

    assert first.headers["Content-Type"].startswith("text/javascript")
    assert first.headers["Cache-Control"] == "public, max-age=3600"
    assert (again.status_code, again.content) == (304, b"")


async def test_a_clock_a_little_ahead_is_set_right(client, stream):
    ahead = (dt.datetime.now(dt.UTC) + dt.timedelta(minutes=2)).isoformat()

    await client.post(EVENTS, json={"events": [view(occurred_at=ahead)]})

    [event] = stream()
    assert event["occurred_at"] == event["recorded_at"]


async def test_what_was_looked_at_is_recommended_as_recently_viewed(client):
    for product_id in (4, 6, 4, 2):
        await client.post(EVENTS, json={"events": [view(product_id, customer_id=77)]})

    async def seen():
        params = {"type": "recently_viewed", "customer_id": 77, "limit": 3}
        found = (await client.get("/api/v1/recommendations", params=params)).json()["items"]
        return [(item["product_id"], item["source"]) for item in found] == [
            (2, "recently_viewed"),
            (4, "recently_viewed"),
            (6, "recently_viewed"),
        ]

    await until(seen)


async def test_views_join_the_list_of_a_batch_whose_day_has_not_ended(client, feature_store):
    tomorrow = pd.Timestamp.now(tz="UTC") + pd.Timedelta(days=1)
    write_online(feature_store, "user_recent", tomorrow, user_id=78, recent_item_ids=[3, 5])

    await client.post(EVENTS, json={"events": [view(5, customer_id=78)]})

    async def seen():
        params = {"type": "recently_viewed", "customer_id": 78, "limit": 2}
        found = (await client.get("/api/v1/recommendations", params=params)).json()["items"]
        return [item["product_id"] for item in found] == [5, 3]

    await until(seen)


async def test_without_redis_events_are_refused_and_search_goes_on(serving_settings, shelf):
    shelf.publish_index()
    gone = {"redis_url": f"redis://127.0.0.1:{free_port()}/0"}
    async with serving(serving_settings.model_copy(update=gone), shelf) as client:

        async def found():
            return (await client.get("/api/v1/products")).status_code == 200

        await until(found)
        events = await client.post(EVENTS, json={"events": [view()]})
        recommended = await client.get("/api/v1/recommendations", params={"type": "trending"})

    assert (events.status_code, events.headers["Retry-After"]) == (503, "2")
    assert recommended.json()["items"][0]["source"] == "popular"
