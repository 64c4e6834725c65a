"""Operators pin, hide and weigh; serving's Redis follows within a second (transactional.slots)."""

import asyncio
import datetime as dt
import itertools
import json

import pytest
import redis.asyncio as aioredis

from features.schemas.slots import SLOTS_KEY
from tests.live.transactional.conftest import doing, product, seconds_until
from transactional import worker
from transactional.catalogue.loading import load_products
from transactional.deps import utc_now
from transactional.rules.publishing import EVERY, RulePublishing
from transactional.slots.publishing import SLOTS

pytestmark = pytest.mark.live
HOME = "/api/v1/slots/home/rules"
PIN = {"kind": "pin", "product_id": 1, "position": 1}
HIDE = {"kind": "hide", "seller_id": 3}
WEIGH = {"kind": "weigh", "category_id": 7, "factor": 2.0}
LONG_AGO, SOON = "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"


@pytest.fixture
async def ask(client, shopper, migrated):
    """Ask as an operator of a shop with products 1 and 2: `await ask("POST", HOME, **PIN)`.

    Each request has a new idempotency key unless it is given one.
    """
    await load_products(migrated, [product(1), product(2)])
    ops, keys = shopper(role="ops"), itertools.count()

    async def request(method, path=HOME, key=None, version=None, **body):
        headers = {**ops, "Idempotency-Key": key or f"key-{next(keys)}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return await client.request(method, path, json=body or None, headers=headers)

    return request


async def told(redis):
    """What serving reads."""
    return {slot: json.loads(rules) for slot, rules in (await redis.hgetall(SLOTS_KEY)).items()}


def until_told(redis, expected):
    """Wait until serving reads that, and return for how many seconds."""
    return seconds_until(lambda: told(redis), expected)


async def test_a_rule_is_made_changed_and_removed_and_every_step_is_told(ask, rows):
    made = await ask("POST", **PIN, note="new lamp")
    path = f"{HOME}/{made.json()['rule_id']}"
    changed = await ask("PATCH", path, version=1, position=3, ends_at=SOON)
    stale = await ask("PATCH", path, version=1, position=4)
    same = await ask("PATCH", path, position=3)
    removed = [await ask("DELETE", path) for _ in range(2)]
    too_late = await ask("PATCH", path, position=5)
    seen = (await ask("GET", path)).json()

    assert (made.status_code, made.headers["ETag"], made.json()["state"]) == (
        201,
        '"1"',
        "in_force",
    )
    assert (changed.json()["position"], changed.json()["version"]) == (3, 2)
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale-version")
    assert same.json() == changed.json()
    assert [answer.status_code for answer in removed] == [204, 204]
    assert (too_late.status_code, too_late.json()["type"]) == (404, "/problems/unknown-slot-rule")
    assert (seen["state"], seen["version"], seen["note"]) == ("removed", 3, "new lamp")
    events = rows("select key, body from outbox where topic = 'slot_rules' order by position")
    assert [(each["key"], each["body"]["version"]) for each in events] == [
        ("home", 1),
        ("home", 2),
        ("home", 3),
    ]
    assert {each["body"]["changed_by"] for each in events} == {seen["created_by"]}


async def test_the_same_key_makes_one_rule(ask, rows):
    answers = await asyncio.gather(*(ask("POST", key="k", **HIDE) for _ in range(5)))
    another = await ask("POST", key="k", **WEIGH)
    elsewhere = await ask("POST", "/api/v1/slots/cart/rules", key="k", **HIDE)

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["rule_id"] for answer in answers}) == 1
    assert (another.status_code, elsewhere.status_code) == (422, 422)
    assert another.json()["type"] == "/problems/idempotency-key-reused"
    assert rows("select count(*) as n from slot_rules") == [{"n": 1}]


@pytest.mark.parametrize(
    ("wish", "status", "type_"),
    [
        (PIN | {"product_id": 77}, 404, "/problems/unknown-product"),
        (HIDE | {"seller_id": 77}, 404, "/problems/unknown-seller"),
        (WEIGH | {"category_id": 77}, 404, "/problems/unknown-category"),
        (PIN | {"product_id": 2}, 409, "/problems/slot-place-taken"),
        (PIN | {"position": 2}, 409, "/problems/slot-place-taken"),
        (PIN | {"product_id": 2, "position": 2}, 201, None),
        (PIN | {"starts_at": SOON}, 201, None),
        (WEIGH | {"factor": 100.0}, 422, "/problems/invalid-request"),
    ],
)
async def test_beside_a_pin_that_ends_what_else_can_be_wished(ask, wish, status, type_):
    await ask("POST", **PIN, ends_at=SOON)

    answer = await ask("POST", **wish)

    assert (answer.status_code, answer.json().get("type")) == (status, type_)


@pytest.mark.parametrize(
    ("change", "type_"),
    [
        ({"factor": 2.0}, "/problems/no-slot-rule"),
        ({"starts_at": SOON, "ends_at": SOON}, "/problems/no-slot-rule"),
        ({"position": 2}, "/problems/slot-place-taken"),
    ],
)
async def test_what_a_pin_cannot_become_is_refused_and_changes_nothing(ask, rows, change, type_):
    path = f"{HOME}/{(await ask('POST', **PIN)).json()['rule_id']}"
    await ask("POST", **PIN | {"product_id": 2, "position": 2})

    answer = await ask("PATCH", path, **change)

    assert (answer.status_code, answer.json()["type"]) == (409, type_)
    assert rows("select max(version) as version from slot_rules") == [{"version": 1}]


async def test_a_slot_that_is_full_takes_no_more_until_a_rule_is_over(ask, monkeypatch):
    monkeypatch.setattr("transactional.slots.service.MAX_RULES", 2)
    await ask("POST", **HIDE, ends_at=LONG_AGO)
    first, _ = [await ask("POST", **wish) for wish in (PIN, WEIGH)]

    full = await ask("POST", **HIDE)
    await ask("DELETE", f"{HOME}/{first.json()['rule_id']}")
    room = await ask("POST", **HIDE)

    assert (full.status_code, full.json()["type"]) == (409, "/problems/too-many-slot-rules")
    assert room.status_code == 201


async def test_slots_and_their_rules_are_listed_by_what_counts_now(ask):
    for wish in (PIN, HIDE | {"starts_at": SOON}, WEIGH | {"ends_at": LONG_AGO}, HIDE):
        last = await ask("POST", **wish)
    await ask("DELETE", f"{HOME}/{last.json()['rule_id']}")
    await ask("POST", "/api/v1/slots/cart/rules", **HIDE)

    first = (await ask("GET", "/api/v1/slots?limit=1")).json()
    second = (await ask("GET", f"/api/v1/slots?limit=1&cursor={first['next_cursor']}")).json()
    by_state = {
        state: [
            each["kind"] for each in (await ask("GET", f"{HOME}?state={state}")).json()["rules"]
        ]
        for state in ("in_force", "later", "over", "removed")
    }
    page = (await ask("GET", f"{HOME}?limit=3")).json()
    rest = (await ask("GET", f"{HOME}?limit=3&cursor={page['next_cursor']}")).json()

    assert [each["slot"] for each in first["slots"] + second["slots"]] == ["cart", "home"]
    assert second["slots"][0] == {
        "slot": "home", "n_in_force": 1, "n_later": 1, "n_over": 1, "n_removed": 1,
    }  # fmt: skip
    assert by_state == {
        "in_force": ["pin"], "later": ["hide"], "over": ["weigh"], "removed": ["hide"],
    }  # fmt: skip
    assert [each["state"] for each in page["rules"]] == ["removed", "over", "later"]
    assert [each["state"] for each in rest["rules"]] == ["in_force"]


async def test_serving_is_told_of_every_change_and_again_after_redis_was_emptied(
    ask, engine, redis, record_property
):
    both = {"home": [PIN], "cart": [WEIGH]}
    async with doing(worker.rule_duties(engine, redis)):
        made = await ask("POST", **PIN)
        seconds = [await until_told(redis, {"home": [PIN]})]
        await ask("POST", **HIDE, ends_at=LONG_AGO)
        await ask("POST", "/api/v1/slots/cart/rules", **WEIGH)
        seconds += [await until_told(redis, both)]
        await redis.flushdb()
        seconds += [await until_told(redis, both)]
        await ask("DELETE", f"{HOME}/{made.json()['rule_id']}")
        seconds += [await until_told(redis, {"cart": [WEIGH]})]

    each = ", ".join(f"{one:.2f}" for one in seconds)
    record_property("seconds until serving can read a rule", each)


async def test_a_worker_that_starts_puts_an_older_redis_right(ask, engine, redis):
    await ask("POST", **PIN)
    await redis.hset(SLOTS_KEY, mapping={"home": json.dumps([HIDE]), "gone": "[]"})

    async with doing(worker.rule_duties(engine, redis)):
        await until_told(redis, {"home": [PIN]})


async def test_a_minute_later_what_redis_has_of_before_is_put_right(ask, engine, redis):
    await ask("POST", **PIN)
    clock = [utc_now()]
    publishing = RulePublishing(SLOTS, engine, redis, lambda: clock[0])
    at_start = await publishing.keep_rules()
    await redis.hset(SLOTS_KEY, "home", "[]")  # as if it came back from an older file

    at_once = await publishing.keep_rules()
    clock[0] += EVERY
    after_a_minute = await publishing.keep_rules()

    assert (at_start, at_once, after_a_minute) == (1, 0, 1)
    assert await told(redis) == {"home": [PIN]}


async def test_while_redis_is_away_rules_are_made_and_told_when_it_is_back(ask, engine, redis):
    away = aioredis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
    follow, keep, *_ = worker.rule_duties(engine, away)
    await ask("POST", **PIN)
    for duty in (follow, keep):
        with pytest.raises(aioredis.ConnectionError):
            await duty()

    n_events = await worker.rule_duties(engine, redis)[0]()

    assert n_events >= 1
    assert await told(redis) == {"home": [PIN]}


async def test_a_writer_that_read_before_a_change_does_not_overwrite_what_came_after(
    ask, engine, redis
):
    """The first one holds the lock and is slow; the second waits for it and reads afterwards."""
    await ask("POST", **PIN)
    slow, quick = (
        RulePublishing(SLOTS, engine, redis, lambda: dt.datetime.now(dt.UTC)) for _ in "ab"
    )
    async with engine.begin() as connection:
        await slow._publish(connection)
        second = asyncio.create_task(quick.keep_rules())
        await ask("POST", **WEIGH)
        waits = not second.done()
    await second

    assert waits
    assert await told(redis) == {"home": [PIN, WEIGH]}
