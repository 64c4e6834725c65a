"""Index and model are swapped under load without a lost request."""

import asyncio

import pytest

pytestmark = pytest.mark.live


async def test_no_request_is_lost_while_index_and_model_swap(client, shelf):
    stop = asyncio.Event()
    statuses, titles, versions = [], set(), set()

    async def hammer():
        while not stop.is_set():
            search = await client.get("/api/v1/products", params={"q": "number3"})
            params = {"type": "for_you", "customer_id": 1, "limit": 1}
            recommended = await client.get("/api/v1/recommendations", params=params)
            statuses.extend((search.status_code, recommended.status_code))
            titles.add(search.json()["products"][0]["title"])
            [item] = recommended.json()["items"]
            # The version told and the version that answered are one.
            assert str(item["product_id"]) == recommended.json()["model_version"]
            versions.add(recommended.json()["model_version"])

    async def swap():
        for n in range(2, 8):
            await asyncio.to_thread(shelf.publish_index, f"Lamp{n}")
            shelf.model = str(n)
            await asyncio.sleep(0.15)
        stop.set()

    await asyncio.gather(swap(), *(hammer() for _ in range(4)))

    assert set(statuses) == {200}
    assert len(statuses) > 50
    assert len(titles) > 2
    assert len(versions) > 2
