"""Recommendations over HTTP, with lists from the feature store (serving.recommendations)."""

import asyncio

import pytest
import redis as redis_client

from emporium.ports import free_port
from features.schemas.slots import SLOTS_KEY, SlotRule
from features.store.packed_lists import ALSO_BOUGHT, BOUGHT_TOGETHER, TRENDING
from serving.recommendations.chains import CHAINS
from serving.recommendations.schemas import Recommendations
from serving.recommendations.slots import slot_message
from tests.live.serving.conftest import serving, until, write_packed

pytestmark = pytest.mark.live


async def recommend(client, **params):
    answer = await client.get("/api/v1/recommendations", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_lists_come_from_the_online_store(client, redis_url):
    write_packed(redis_url, **{ALSO_BOUGHT: (4, [7, 12, 4]), BOUGHT_TOGETHER: (4, [8])})
    write_packed(redis_url, **{TRENDING: (0, [5])})

    also = await recommend(client, type="also_bought", product_id=4, limit=2)
    together = await recommend(client, type="bought_together", product_id=4, limit=2)

    assert [(item["product_id"], item["source"]) for item in also["items"]] == [
        (7, "also_bought"),
        (5, "trending"),
    ]
    assert [item["product_id"] for item in together["items"]] == [8, 7]
    assert together["bundle"] == {
        "product_ids": [4, 8],
        "price_cents": [400, 800],
        "total_cents": 1_200,
    }


async def test_a_known_customer_gets_the_models_items(client):
    found = await recommend(client, type="for_you", customer_id=1)

    assert found["items"][0] == {
        "product_id": 1,
        "rank": 1,
        "score": 1.0,
        "reason": "Chosen for you",
        "source": "model",
        "because_product_id": None,
    }
    assert found["model_version"] == "1"
    assert len(found["items"]) == 10


async def test_what_is_read_from_the_store_is_told_as_the_document_says(client):
    found = await recommend(client, type="for_cart", cart=[4, 5])

    Recommendations.model_validate(found)


async def test_operators_rules_are_in_force_within_a_second(client, redis_url):
    async def first():
        found = await recommend(client, type="trending", slot="home_top", limit=1)
        return found["items"][0]["product_id"], found["items"][0]["source"]

    assert await first() == (11, "popular")
    rules = slot_message([SlotRule(kind="pin", product_id=3, position=1)])
    with redis_client.Redis.from_url(redis_url) as redis:
        redis.hset(SLOTS_KEY, "home_top", rules)

    async def is_pinned():
        return await first() == (3, "pinned")

    await until(is_pinned)


async def test_rules_that_nobody_understands_leave_the_last_ones_in_force(client, redis_url):
    with redis_client.Redis.from_url(redis_url) as redis:
        redis.hset(SLOTS_KEY, "home_top", '[{"kind": "dance"}]')
    await asyncio.sleep(1)

    assert len((await recommend(client, type="trending", slot="home_top"))["items"]) == 10


async def test_why_is_told(client):
    answer = await client.get(
        "/api/v1/recommendations/why", params={"customer_id": 1, "product_id": 12}
    )

    assert answer.status_code == 200
    assert answer.json()["verdict"] == "It is not shown: it is out of stock."


async def test_while_redis_is_gone_the_model_and_the_index_go_on(serving_settings, shelf):
    shelf.publish_index()
    shelf.model = "1"
    nowhere = serving_settings.model_copy(
        update={"redis_url": f"redis://127.0.0.1:{free_port()}/0"}
    )

    async with serving(nowhere, shelf) as client:

        async def has_a_model():
            answer = await client.get("/api/v1/recommendations", params={"type": "for_you"})
            return answer.status_code == 200 and answer.json()["model_version"] == "1"

        await until(has_a_model)
        found = await recommend(client, type="for_you", customer_id=1, limit=2)

    assert [item["source"] for item in found["items"]] == ["model", "popular"]


@pytest.mark.parametrize("kind", CHAINS)
async def test_every_type_answers_for_the_unknown(client, kind):
    found = await recommend(client, type=kind, customer_id=999, product_id=999, category_id=999)

    assert [item["product_id"] for item in found["items"]] == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]


async def test_an_unknown_type_is_refused(client):
    answer = await client.get("/api/v1/recommendations", params={"type": "magic"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.type"
