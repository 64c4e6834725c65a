"""Recommendations over HTTP, with lists from the feature store (serving.recommendations)."""

import pytest

from serving.recommendations.service import CHAINS
from tests.live.serving.conftest import write_online

pytestmark = pytest.mark.live


async def recommend(client, **params):
    answer = await client.get("/api/v1/recommendations", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_lists_come_from_the_online_store(client, feature_store):
    write_online(
        feature_store,
        "item_lists",
        product_id=4,
        also_bought_ids=[7, 12, 4],
        bought_together_ids=[8],
    )
    write_online(feature_store, "category_lists", category_id=0, trending_ids=[5])

    also = await recommend(client, type="also_bought", product_id=4, limit=2)
    together = await recommend(client, type="bought_together", product_id=4, limit=2)

    assert [(item["product_id"], item["source"]) for item in also["items"]] == [
        (7, "also_bought"),
        (5, "trending"),
    ]
    assert [item["product_id"] for item in together["items"]] == [8, 7]


async def test_a_known_customer_gets_the_models_items(client):
    found = await recommend(client, type="for_you", customer_id=1)

    assert found["items"][0] == {
        "product_id": 1,
        "rank": 1,
        "score": 1.0,
        "reason": "Chosen for you",
        "source": "model",
    }
    assert found["model_version"] == "1"
    assert len(found["items"]) == 10


@pytest.mark.parametrize("kind", CHAINS)
async def test_every_type_answers_for_the_unknown(client, kind):
    found = await recommend(client, type=kind, customer_id=999, product_id=999, category_id=999)

    assert [item["product_id"] for item in found["items"]] == [11, 10, 9, 8, 7, 6, 5, 4, 3, 2]


async def test_an_unknown_type_is_refused(client):
    answer = await client.get("/api/v1/recommendations", params={"type": "magic"})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "query.type"
