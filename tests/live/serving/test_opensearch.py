"""Searches where a cluster is set up: it answers, and the embedded index while it does not (serving.search.opensearch)."""

import asyncio
import signal
import time

import psutil
import pytest
import redis as redis_client

from models.search.documents import in_batches
from models.search.opensearch.rows import bulk_lines, settings_and_mapping
from tests.live.serving.conftest import documents, is_ready, serving, until
from tests.live.serving.test_live_products import now
from tests.live.serving.test_many_swaps import tell
from web.opensearch import OpenSearch

pytestmark = pytest.mark.live
ALIAS = "emporium-products"
SECONDS = 10
"""Generous: what is asserted is that nobody waits for a cluster that will not answer."""


def publish(url, name, title):
    """Put the shelf's products, under other titles, into a version, and the alias on it."""
    cluster = OpenSearch(url, 30)
    cluster.request("PUT", f"/{name}", settings_and_mapping(n_shards=1))
    for batch in in_batches(documents(title)):
        cluster.bulk(name, bulk_lines(batch))
    cluster.request("POST", f"/{name}/_refresh")
    actions = [{"add": {"index": name, "alias": ALIAS}}]
    if cluster.request("GET", f"/_cat/aliases/{ALIAS}?format=json"):
        actions.insert(0, {"remove": {"index": f"{ALIAS}-*", "alias": ALIAS}})
    cluster.request("POST", "/_aliases", {"actions": actions})


@pytest.fixture
async def client(opensearch_url, serving_settings, shelf, feature_store):
    publish(opensearch_url, f"{ALIAS}-{time.monotonic_ns()}", "Clustered lamp")
    shelf.publish_index("Lamp")
    shelf.model = "1"
    settings = serving_settings.model_copy(update={"opensearch_url": opensearch_url})
    async with serving(settings, shelf) as client:
        await until(lambda: is_ready(client))
        await until(lambda: is_by(client, "opensearch"))
        yield client


async def page(client, **params):
    answer = await client.get("/api/v1/products", params={"q": "lamp", **params})
    assert answer.status_code == 200, answer.text
    return answer.json()


async def is_by(client, engine):
    return (await page(client))["engine"] == engine


async def test_the_cluster_answers_with_filters_facets_and_pages(client):
    first = await page(client, sort="price_asc", max_price=400, limit=3)
    second = await page(
        client, sort="price_asc", max_price=400, limit=3, cursor=first["next_cursor"]
    )

    assert [each["title"] for each in first["products"] + second["products"]] == [
        f"Clustered lamp number{n}" for n in (1, 2, 3, 4)
    ]
    assert (first["n_total"], second["next_cursor"]) == (4, None)
    assert first["facets"]["brands"] == [{"brand": "Lumo", "n_products": 3}]


async def test_while_the_alias_moves_no_answer_is_mixed(client, opensearch_url):
    seen = set()
    for n in range(5):
        moved = asyncio.to_thread(
            publish, opensearch_url, f"{ALIAS}-{time.monotonic_ns()}", f"Swap{n} lamp"
        )
        task = asyncio.ensure_future(moved)
        while not task.done():
            listed = await page(client)
            titles = {each["title"].split()[0] for each in listed["products"]}
            assert (len(titles), len(listed["products"])) == (1, 12)
            seen |= titles
        await task
    await until(lambda: is_titled(client, "Swap4"))
    assert len(seen) > 1


async def is_titled(client, word):
    return all(each["title"].startswith(word) for each in (await page(client))["products"])


async def test_what_changed_since_the_build_is_shown_and_what_is_gone_is_not(client, redis_url):
    with redis_client.Redis.from_url(redis_url) as redis:
        tell(redis, 3, now(3, title="Lamp of today"))
        tell(redis, 4, None)

    await until(lambda: is_shown(client, 3, "Lamp of today"))
    shown = await page(client)
    assert shown["engine"] == "opensearch"
    assert 4 not in {each["product_id"] for each in shown["products"]}
    assert shown["n_total"] == 11


async def is_shown(client, product_id, title):
    products = (await page(client))["products"]
    return title in {each["title"] for each in products if each["product_id"] == product_id}


async def test_a_cluster_that_hangs_is_waited_for_a_moment_and_asked_again_when_it_is_back(
    client, opensearch_url
):
    port = int(opensearch_url.rsplit(":", 1)[1])
    [process] = [
        each.pid
        for each in psutil.net_connections("tcp")
        if each.laddr.port == port and each.status == "LISTEN"
    ][:1]
    node = psutil.Process(process)
    node.send_signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        answers = await asyncio.gather(*(page(client) for _ in range(20)))
        assert time.monotonic() - began < SECONDS
        assert {each["engine"] for each in answers} == {"tantivy"}
        assert {each["n_total"] for each in answers} == {12}
    finally:
        node.send_signal(signal.SIGCONT)

    await until(lambda: is_by(client, "opensearch"))
