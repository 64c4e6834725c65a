"""Operators run the search; serving's Redis follows within a second (transactional.search_rules)."""

import asyncio
import contextlib
import itertools
import json
import threading
import time

import pytest
import redis as sync_redis
import redis.asyncio as aioredis
import structlog

from features.schemas.search_rules import SEARCH_RULES_KEY
from serving.app import RULE_SECONDS
from serving.published import watch
from serving.rule_hash import RuleHash
from serving.search.rules import SEARCH_RULES, SearchRuleBook
from tests.live.transactional.conftest import doing, product, seconds_until
from transactional import worker
from transactional.catalogue.loading import load_products
from transactional.deps import utc_now

pytestmark = pytest.mark.live
RULES = "/api/v1/search-rules"
PIN = {"kind": "pin", "queries": ["desk lamp"], "product_id": 1, "position": 1}
HIDE = {"kind": "hide", "seller_id": 3}
WEIGH = {"kind": "weigh", "category_id": 7, "factor": 2.0}
TV = {"kind": "synonym", "words": ["tv", "television"]}
SALE = {"kind": "redirect", "queries": ["sale"], "url": "/sale"}
LONG_AGO, SOON = "2026-01-01T00:00:00Z", "2099-01-01T00:00:00Z"


@pytest.fixture
async def ask(client, shopper, migrated):
    """Ask as an operator of a shop with products 1 and 2: `await ask("POST", **PIN)`.

    Each request has a new idempotency key unless it is given one.
    """
    await load_products(migrated, [product(1), product(2)])
    ops, keys = shopper(role="ops"), itertools.count()

    async def request(method, path="", key=None, version=None, **body):
        headers = {**ops, "Idempotency-Key": key or f"key-{next(keys)}"}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        return await client.request(method, RULES + path, json=body or None, headers=headers)

    return request


async def told(redis):
    """What serving reads, without the ids."""
    told = await redis.hgetall(SEARCH_RULES_KEY)
    return {
        kind: [{name: value for name, value in rule.items() if name != "rule_id"} for rule in own]
        for kind, own in ((kind, json.loads(rules)) for kind, rules in told.items())
    }


def until_told(redis, expected):
    """Wait until serving reads that, and return for how many seconds."""
    return seconds_until(lambda: told(redis), expected)


@contextlib.contextmanager
def reading(client):
    """Refresh a book as serving does, in a thread of its own, until the block ends."""
    told_by = RuleHash(client, SEARCH_RULES_KEY, SEARCH_RULES, structlog.get_logger())
    book, stop = SearchRuleBook(told_by, utc_now), threading.Event()
    thread = threading.Thread(target=watch, args=(book, RULE_SECONDS, stop))
    thread.start()
    try:
        yield book
    finally:
        stop.set()
        thread.join()


async def test_a_rule_is_made_changed_and_removed_and_every_step_is_told(ask, rows):
    made = await ask("POST", **PIN, note="new lamp")
    path = f"/{made.json()['rule_id']}"
    changed = await ask("PATCH", path, version=1, position=3, queries=["lamp"], ends_at=SOON)
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
    after = changed.json()
    assert (after["position"], after["queries"], after["version"]) == (3, ["lamp"], 2)
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale-version")
    assert same.json() == changed.json()
    assert [answer.status_code for answer in removed] == [204, 204]
    assert (too_late.status_code, too_late.json()["type"]) == (404, "/problems/unknown-search-rule")
    assert (seen["state"], seen["version"], seen["note"]) == ("removed", 3, "new lamp")
    events = rows("select key, body from outbox where topic = 'search_rules' order by position")
    assert [(each["key"], each["body"]["version"]) for each in events] == [
        (path[1:], 1),
        (path[1:], 2),
        (path[1:], 3),
    ]
    assert {each["body"]["changed_by"] for each in events} == {seen["created_by"]}


async def test_the_same_key_makes_one_rule_whatever_became_of_it(ask, rows):
    answers = await asyncio.gather(*(ask("POST", key="k", **TV) for _ in range(5)))
    path = f"/{answers[0].json()['rule_id']}"
    await ask("PATCH", path, words=["tv", "telly"])
    again = await ask("POST", key="k", **TV)
    another = await ask("POST", key="k", **TV | {"words": ["lamp", "light"]})

    assert {answer.status_code for answer in (*answers, again)} == {201}
    assert again.json()["words"] == ["tv", "telly"]
    assert (another.status_code, another.json()["type"]) == (
        422,
        "/problems/idempotency-key-reused",
    )
    assert rows("select count(*) as n from search_rules") == [{"n": 1}]


@pytest.mark.parametrize(
    ("wish", "status", "type_"),
    [
        (PIN | {"product_id": 77}, 404, "/problems/unknown-product"),
        (HIDE | {"seller_id": 77}, 404, "/problems/unknown-seller"),
        (WEIGH | {"category_id": 77}, 404, "/problems/unknown-category"),
        (PIN | {"product_id": 2}, 409, "/problems/search-place-taken"),
        (
            PIN | {"product_id": 2, "queries": ["x", "LAMP, desk"]},
            409,
            "/problems/search-place-taken",
        ),
        (PIN | {"position": 2}, 409, "/problems/search-place-taken"),
        (PIN | {"product_id": 2, "position": 2}, 201, None),
        (PIN | {"queries": ["lamp"]}, 201, None),
        (PIN | {"starts_at": SOON}, 201, None),
        (SALE | {"url": "/other", "queries": ["Sale!"]}, 409, "/problems/search-place-taken"),
        (SALE | {"queries": ["desk lamp"]}, 201, None),
        (SALE | {"url": "javascript:alert(1)"}, 422, "/problems/invalid-request"),
        (WEIGH | {"factor": 100.0}, 422, "/problems/invalid-request"),
        (HIDE | {"brand": "Lumo"}, 422, "/problems/invalid-request"),
        (TV | {"words": ["tv"]}, 422, "/problems/invalid-request"),
    ],
)
async def test_beside_a_pin_and_a_redirect_what_else_can_be_wished(ask, wish, status, type_):
    await ask("POST", **PIN, ends_at=SOON)
    await ask("POST", **SALE)

    answer = await ask("POST", **wish)

    assert (answer.status_code, answer.json().get("type")) == (status, type_)


async def test_a_wish_that_is_none_says_why(ask):
    answer = await ask("POST", kind="pin", queries=["lamp"], product_id=1)

    assert "a rule of kind pin needs position" in answer.text


@pytest.mark.parametrize(
    ("change", "type_"),
    [
        ({"factor": 2.0}, "/problems/no-search-rule"),
        ({"words": ["a"]}, "/problems/no-search-rule"),
        ({"queries": []}, "/problems/no-search-rule"),
        ({"starts_at": SOON, "ends_at": SOON}, "/problems/no-search-rule"),
        ({"position": 2}, "/problems/search-place-taken"),
        ({"queries": ["other", "lamp desk"], "position": 2}, "/problems/search-place-taken"),
    ],
)
async def test_what_a_pin_cannot_become_is_refused_and_changes_nothing(ask, rows, change, type_):
    path = f"/{(await ask('POST', **PIN)).json()['rule_id']}"
    await ask("POST", **PIN | {"product_id": 2, "position": 2})

    answer = await ask("PATCH", path, **change)

    assert (answer.status_code, answer.json()["type"]) == (409, type_)
    assert rows("select max(version) as version from search_rules") == [{"version": 1}]


async def test_a_search_that_is_full_takes_no_more_until_a_rule_is_over(ask, monkeypatch):
    monkeypatch.setattr("transactional.search_rules.service.MAX_RULES", 2)
    over = await ask("POST", **HIDE, ends_at=LONG_AGO)
    first, _ = [await ask("POST", **wish) for wish in (PIN, WEIGH)]

    full = await ask("POST", **HIDE)
    back = await ask("PATCH", f"/{over.json()['rule_id']}", ends_at=None)
    changed = await ask("PATCH", f"/{first.json()['rule_id']}", note="still here")
    await ask("DELETE", f"/{first.json()['rule_id']}")
    room = await ask("POST", **HIDE)

    assert (full.status_code, full.json()["type"]) == (409, "/problems/too-many-search-rules")
    assert (back.status_code, back.json()["type"]) == (409, "/problems/too-many-search-rules")
    assert (changed.status_code, room.status_code) == (200, 201)


async def test_rules_are_listed_by_kind_state_and_query(ask):
    wishes = (
        PIN, HIDE | {"starts_at": SOON}, WEIGH | {"ends_at": LONG_AGO},
        HIDE | {"queries": ["Lamp (desk)"]}, SALE,
    )  # fmt: skip
    for wish in wishes:
        last = await ask("POST", **wish)
    await ask("DELETE", f"/{last.json()['rule_id']}")

    async def kinds(query):
        return [each["kind"] for each in (await ask("GET", query)).json()["rules"]]

    page = (await ask("GET", "?limit=3")).json()
    rest = (await ask("GET", f"?limit=3&cursor={page['next_cursor']}")).json()
    other = await ask("GET", f"?kind=pin&cursor={page['next_cursor']}")

    assert await kinds("") == ["redirect", "hide", "weigh", "hide", "pin"]
    assert await kinds("?state=in_force") == ["hide", "pin"]
    assert await kinds("?state=later") == ["hide"]
    assert await kinds("?state=over") == ["weigh"]
    assert await kinds("?state=removed") == ["redirect"]
    assert await kinds("?kind=hide&state=in_force") == ["hide"]
    assert await kinds("?q=lamp+DESK") == ["hide", "pin"]
    assert [each["kind"] for each in page["rules"] + rest["rules"]] == await kinds("")
    assert (rest["next_cursor"], other.status_code) == (None, 400)


async def test_serving_is_told_of_every_change_and_again_after_redis_was_emptied(
    ask, engine, redis, record_property
):
    both = {"pin": [PIN], "synonym": [TV]}
    async with doing(worker.rule_duties(engine, redis)):
        made = await ask("POST", **PIN)
        seconds = [await until_told(redis, {"pin": [PIN]})]
        await ask("POST", **HIDE, ends_at=LONG_AGO)
        await ask("POST", **TV)
        seconds += [await until_told(redis, both)]
        await redis.flushdb()
        seconds += [await until_told(redis, both)]
        await ask("DELETE", f"/{made.json()['rule_id']}")
        seconds += [await until_told(redis, {"synonym": [TV]})]

    each = ", ".join(f"{one:.2f}" for one in seconds)
    record_property("seconds until serving can read a rule", each)


async def test_a_search_follows_what_an_operator_wants_by_itself(
    ask, engine, redis, redis_url, record_property
):
    """From the answer to the operator until serving, looking as often as it does, leads away."""
    with sync_redis.Redis.from_url(redis_url) as client, reading(client) as book:
        async with doing(worker.rule_duties(engine, redis)):
            await ask("POST", **SALE)
            began = time.monotonic()
            async with asyncio.timeout(20):
                while book.current.of("Sale").redirect_url != "/sale":
                    await asyncio.sleep(0.02)
    record_property("seconds until a search follows a rule", f"{time.monotonic() - began:.2f}")


async def test_while_redis_is_away_rules_are_made_and_told_when_it_is_back(ask, engine, redis):
    away = aioredis.Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)
    duties = worker.rule_duties(engine, away)
    await ask("POST", **PIN)
    for duty in duties:
        with pytest.raises(aioredis.ConnectionError):
            await duty()

    n_events = await worker.rule_duties(engine, redis)[0]()

    assert n_events >= 1
    assert await told(redis) == {"pin": [PIN]}
