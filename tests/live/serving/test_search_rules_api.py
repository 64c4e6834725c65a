"""Operators' rules shape searches over HTTP, as soon as Redis has them (serving.search.rules)."""

import asyncio
import json

import pytest
import redis as redis_client

from features.schemas.search_rules import SEARCH_RULES_KEY, SearchRule
from serving.search.rules import SEARCH_RULES
from tests.live.serving.conftest import until

pytestmark = pytest.mark.live


@pytest.fixture
def tell(redis_url):
    """Write rules where the worker writes them: `tell(SearchRule, ...)`; none takes all away."""
    with redis_client.Redis.from_url(redis_url) as redis:

        def write(*rules):
            redis.delete(SEARCH_RULES_KEY)
            for kind in {rule.kind for rule in rules}:
                of_kind = [rule for rule in rules if rule.kind == kind]
                redis.hset(SEARCH_RULES_KEY, kind, SEARCH_RULES.dump_json(of_kind))

        yield write


def rule(rule_id, kind, **fields):
    return SearchRule(rule_id=rule_id, kind=kind, **fields)


async def page(client, text, **params):
    answer = await client.get("/api/v1/products", params={"q": text, **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(found):
    return [each["product_id"] for each in found["products"]]


async def until_applied(client, text, rule_ids, **params):
    async def is_applied():
        return (await page(client, text, **params))["applied_rules"] == rule_ids

    await until(is_applied)
    return await page(client, text, **params)


async def test_what_operators_want_of_a_search_is_in_force_without_a_restart(client, tell):
    plain = await page(client, "lamp")
    tell(
        rule(1, "pin", queries=["Lamps"], product_id=12, position=2),
        rule(2, "hide", queries=["lamp"], product_id=3),
        rule(3, "weigh", brand="Lumo", factor=10.0),
        rule(4, "redirect", queries=["lamp"], url="/lamps"),
        rule(5, "synonym", words=["light", "lamp"]),
    )

    found = await until_applied(client, "lamp", [1, 2, 3, 4, 5])

    assert (plain["redirect_url"], plain["applied_rules"], plain["n_total"]) == (None, [], 12)
    assert set(ids(found)) == set(range(1, 13)) - {3}
    assert ids(found)[1] == 12
    assert {ids(found)[0], ids(found)[2]} == {1, 2}  # Lumo's, less the one that is hidden
    assert (found["redirect_url"], found["n_total"]) == ("/lamps", 11)
    assert sum(each["n_products"] for each in found["facets"]["stock"]) == 11
    light = await page(client, "light")
    assert (light["n_total"], light["corrections"], light["applied_rules"]) == (12, {}, [3, 5])


async def test_pages_of_a_search_with_rules_hold_each_product_once(client, tell):
    tell(
        rule(1, "pin", queries=["lamp"], product_id=9, position=4),
        rule(2, "pin", queries=["lamp"], product_id=10, position=5),
        rule(3, "weigh", queries=["lamp"], category_id=10, factor=5.0),
    )
    await until_applied(client, "lamp", [1, 2, 3])
    seen, cursor = [], None
    while cursor or not seen:
        more = {"cursor": cursor} if cursor else {}
        found = await page(client, "lamp", limit=4, **more)
        seen += ids(found)
        cursor = found["next_cursor"]

    assert sorted(seen) == list(range(1, 13))
    assert seen[3:5] == [9, 10]


async def test_a_cursor_outlives_a_change_of_the_rules(client, tell):
    first = await page(client, "lamp", limit=5)
    tell(rule(1, "hide", queries=["lamp"], product_id=12))
    await until_applied(client, "lamp", [1])

    second = await page(client, "lamp", limit=5, cursor=first["next_cursor"])

    assert len(ids(second)) == 5


async def test_what_is_hidden_from_all_searches_is_nowhere_but_at_its_own_address(client, tell):
    hidden = rule(1, "hide", category_id=11)
    tell(hidden)

    async def is_hidden():
        return set(ids(await page(client, ""))) == {2, 4, 6, 8, 10, 12}

    await until(is_hidden)
    suggested = (await client.get("/api/v1/suggestions", params={"q": "lam"})).json()
    listed = (await client.get("/api/v1/categories/11/products")).json()

    assert {each["product_id"] % 2 for each in suggested["products"]} == {0}
    assert [each["category_id"] for each in suggested["categories"]] == [10]
    assert (listed["products"], listed["n_total"]) == ([], 0)
    assert (await client.get("/api/v1/products/3")).status_code == 200


async def test_rules_that_nobody_understands_leave_the_last_ones_in_force(client, tell, redis_url):
    tell(rule(1, "redirect", queries=["lamp"], url="/lamps"))
    await until_applied(client, "lamp", [1])
    with redis_client.Redis.from_url(redis_url) as redis:
        redis.hset(SEARCH_RULES_KEY, "redirect", json.dumps([{"kind": "dance"}]))
    await asyncio.sleep(1)

    assert (await page(client, "lamp"))["redirect_url"] == "/lamps"
    tell()
    await until_applied(client, "lamp", [])
