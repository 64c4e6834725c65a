"""Events as the log's JSON, and what is refused before the stream is asked (serving.events)."""

import datetime as dt
import json

import pytest
from pydantic import ValidationError

from features.schemas.logs import ClickstreamEvent
from serving.events.router import SCRIPT, body_schema
from serving.events.schemas import Batch, Event
from serving.events.service import EventService, row
from web.problems import InvalidRequestProblem
from web.rates import RateLimit, TooManyRequestsProblem

NOW = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
CLICK = {
    "event_id": "e1",
    "occurred_at": "2026-01-31T12:30:00+01:00",
    "session_id": "s",
    "visitor_id": "v",
    "kind": "click",
    "product_id": 5,
    "slot": "home",
    "position": 2,
    "answer_id": "a",
}


def event(**changed):
    return Event.model_validate(CLICK | changed)


class Stream:
    """A stream that knows the id `known` and keeps the rest."""

    def __init__(self):
        self.rows = []

    async def append(self, event_ids, rows):
        self.rows += [
            body for event_id, body in zip(event_ids, rows, strict=True) if event_id != "known"
        ]
        return len(self.rows)


def service(rate=None, **settings):
    rate = rate or RateLimit(1000, 1000, lambda: 0.0)
    return EventService(Stream(), rate, lambda: NOW, lambda: "made", **settings)


def test_an_event_becomes_a_row_of_the_log():
    told = json.loads(row(event(), "e1", NOW))

    assert ClickstreamEvent.model_validate({**told, "date": "2026-01-31"}).model_dump() == {
        "event_id": "e1",
        "occurred_at": dt.datetime(2026, 1, 31, 11, 30, tzinfo=dt.UTC),
        "recorded_at": NOW,
        "session_id": "s",
        "visitor_id": "v",
        "customer_id": None,
        "kind": "click",
        "product_id": 5,
        "query": None,
        "surface": None,
        "slot": "home",
        "position": 2,
        "answer_id": "a",
        "price_shown_cents": None,
        "date": dt.date(2026, 1, 31),
    }
    assert set(told) == set(ClickstreamEvent.model_fields) - {"date"}
    assert told["occurred_at"] == "2026-01-31T11:30:00Z"


@pytest.mark.parametrize("kind", ["impression", "click", "view", "cart", "purchase"])
def test_an_event_of_a_product_needs_one(kind):
    with pytest.raises(ValidationError, match=f"a {kind} needs product_id"):
        event(kind=kind, product_id=None)


async def test_what_is_known_is_accepted_and_told_as_repeated():
    taking = service()

    accepted = await taking.accept("8.8.8.8", [event(event_id="known"), event(event_id=None)])

    assert accepted.model_dump() == {
        "n_accepted": 2,
        "n_repeated": 1,
        "event_ids": ["known", "made"],
    }
    assert [json.loads(body)["event_id"] for body in taking.stream.rows] == ["made"]


async def test_a_purchase_is_the_shops_to_tell_unless_it_has_no_orders():
    bought = [event(), event(kind="purchase")]

    with pytest.raises(InvalidRequestProblem) as refused:
        await service().accept("8.8.8.8", bought)
    accepted = await service(takes_purchases=True).accept("8.8.8.8", bought)

    assert [error["field"] for error in refused.value.extensions["errors"]] == [
        "body.events.1.kind"
    ]
    assert accepted.n_accepted == 2


async def test_an_address_may_bring_so_many_events_however_they_are_batched():
    clock = [0.0]
    taking = service(RateLimit(per_second=2, burst=4, clock=lambda: clock[0]))
    await taking.accept("8.8.8.8", [event(), event(), event()])

    with pytest.raises(TooManyRequestsProblem) as refused:
        await taking.accept("8.8.8.8", [event(), event(), event()])
    await taking.accept("9.9.9.9", [event()])
    await taking.accept("127.0.0.1", [event()] * 9)

    assert refused.value.headers == {"Retry-After": "1"}
    clock[0] += 1
    await taking.accept("8.8.8.8", [event(), event(), event()])


def test_the_documented_body_is_the_one_that_is_taken():
    schema = body_schema()

    assert "$ref" not in json.dumps(schema)
    assert schema["properties"]["events"]["items"]["properties"].keys() == Event.model_fields.keys()
    assert Batch.model_validate({"events": [CLICK]}).events == [event()]


def test_the_script_is_small():
    assert len(SCRIPT) < 3_000
