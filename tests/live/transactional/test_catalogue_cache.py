"""Public pages are kept near who asks, and are right within moments of any change."""

import pytest
import sqlalchemy as sa

from tests.live.transactional.catalogue_readers import (
    CATALOGUE,
    listed,
    shown,
    two_processes,
    until,
)
from tests.live.transactional.conftest import level, product
from tests.live.transactional.ordering import place
from transactional.catalogue.loading import load_products, load_stock

pytestmark = pytest.mark.live
PATHS = (
    "/products/1",
    "/products/by-ids?product_ids=2,1",
    "/products",
    "/products?category_id=7",
    "/categories",
    "/categories/7",
    "/categories/7/children",
)


@pytest.fixture
async def shops(settings, migrated, provider, stocked):
    await stocked({1: 5, 2: 5})
    async with two_processes(settings, provider) as both:
        yield both


@pytest.fixture
def app(shops):
    """The first of the two, for who makes callers."""
    return shops[0][0]


@pytest.fixture
def client(shops):
    return shops[0][1]


@pytest.fixture
def other(shops):
    return shops[1][1]


@pytest.fixture
def ops(shopper):
    return shopper(role="ops")


@pytest.fixture
def change(client, ops):
    """Send an operator's change, and return what became of it."""

    async def send(method, path, body=None, **options):
        answer = await client.request(method, path, json=body, headers=ops, **options)
        assert answer.status_code < 300, answer.text
        return answer.json() if answer.content else None

    return send


@pytest.mark.parametrize("path", PATHS)
async def test_a_page_is_read_once_for_all_who_ask_for_it(shops, client, other, database, path):
    first = await client.get(CATALOGUE + path)
    database.execute(sa.text("update products set title = 'nobody told of it'"))
    database.execute(sa.text("update categories set path = 'nobody told of it'"))

    again, elsewhere = await client.get(CATALOGUE + path), await other.get(CATALOGUE + path)

    assert first.content == again.content == elsewhere.content
    assert first.headers["etag"] == elsewhere.headers["etag"]
    assert "nobody told of it" not in elsewhere.text


async def test_a_price_is_seen_by_all_processes(client, other, change):
    before = await shown(client, 1), await shown(other, 1), await listed(other)

    await change("PATCH", f"{CATALOGUE}/products/1", {"price_cents": 777})

    for each in (client, other):
        await until(lambda each=each: price_is(each, 777))
        assert [one["price_cents"] for one in await together(each, "2,1")] == [1000, 777]
    in_list = (await other.get(f"{CATALOGUE}/products?category_id=7")).json()["products"]
    assert [each["price_cents"] for each in in_list] == [777, 1000]
    assert before[0]["price_cents"] == before[1]["price_cents"] == 1000


async def together(client, product_ids):
    answer = await client.get(f"{CATALOGUE}/products/by-ids?product_ids={product_ids}")
    assert answer.json()["unread_ids"] == []
    return answer.json()["products"]


async def test_several_products_are_shown_as_each_of_them_alone_without_drafts(client, change):
    draft = await change("POST", f"{CATALOGUE}/products", {"title": "Draft", "price_cents": 1})

    several = await together(client, f"2,{draft['product_id']},1,999,2")

    assert several == [await shown(client, 2), await shown(client, 1)]


@pytest.mark.parametrize("product_ids", ["", "one", "1,,2", "0", ",".join(["1"] * 101)])
async def test_ids_that_are_none_or_too_many_are_refused(client, product_ids):
    answer = await client.get(f"{CATALOGUE}/products/by-ids?product_ids={product_ids}")

    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


async def price_is(client, price_cents, product_id=1):
    return (await shown(client, product_id))["price_cents"] == price_cents


async def test_units_that_are_sold_and_units_that_come_are_seen(client, other, change, shopper):
    assert (await shown(other, 1))["n_available"] == 5

    assert (await place(client, shopper(), {1: 2})).status_code == 201
    await until(lambda: units_are(other, 3))
    movement = {"product_id": 1, "delta": 7, "reason": "received"}
    await change("POST", "/api/v1/stock/movements", movement)

    await until(lambda: units_are(other, 10))


async def units_are(client, n_available, product_id=1):
    return (await shown(client, product_id))["n_available"] == n_available


async def test_what_is_archived_leaves_all_lists_and_comes_back(client, other, change):
    everywhere = f"{CATALOGUE}/products"
    assert await listed(other) == [1, 2]
    assert len((await other.get(everywhere)).json()["products"]) == 2

    await change("PATCH", f"{CATALOGUE}/products/1", {"status": "archived"})
    await until(lambda: lists_are(other, [2]))
    assert len((await other.get(everywhere)).json()["products"]) == 1
    assert (await shown(other, 1))["status"] == "archived"
    await change("PATCH", f"{CATALOGUE}/products/1", {"status": "published"})

    await until(lambda: lists_are(other, [1, 2]))


async def lists_are(client, product_ids, category_id=7):
    return await listed(client, category_id) == product_ids


async def test_a_product_that_moves_leaves_one_list_and_comes_to_another_and_those_above(
    client, other, change
):
    outer = await change("POST", f"{CATALOGUE}/categories", {"name": "Garden"})
    inner = await change(
        "POST", f"{CATALOGUE}/categories", {"name": "Lanterns", "parent_id": outer["category_id"]}
    )
    assert await listed(other, outer["category_id"]) == []

    await change("PATCH", f"{CATALOGUE}/products/1", {"category_id": inner["category_id"]})

    await until(lambda: lists_are(other, [1], outer["category_id"]))
    assert await listed(other, inner["category_id"]) == [1]
    assert await listed(other) == [2]


async def test_a_page_says_that_no_other_follows_once_the_next_product_is_gone(
    client, other, change
):
    first = f"{CATALOGUE}/products?category_id=7&limit=1"
    assert (await other.get(first)).json()["next_cursor"] is not None

    await change("PATCH", f"{CATALOGUE}/products/2", {"status": "archived"})

    async def is_last():
        return (await other.get(first)).json()["next_cursor"] is None

    await until(is_last)


async def test_a_variants_price_units_and_coming_are_seen_on_its_siblings_pages(
    client, other, change
):
    group = await change(
        "POST", f"{CATALOGUE}/groups", {"title": "Lamp", "axes": ["size"], "seller_id": 3}
    )
    for product_id, size in ((1, "S"), (2, "M")):
        assert (await shown(other, product_id))["variants"] == []
        variant = {"group_id": group["group_id"], "attributes": {"size": size}}
        await change("PATCH", f"{CATALOGUE}/products/{product_id}", variant)

    async def variants_are(*wanted):
        found = (await shown(other, 1))["variants"]
        return [(v["product_id"], v["price_cents"], v["n_available"]) for v in found] == [*wanted]

    await until(lambda: variants_are((2, 1000, 5)))
    await change("PATCH", f"{CATALOGUE}/products/2", {"price_cents": 900})
    await until(lambda: variants_are((2, 900, 5)))
    movement = {"product_id": 2, "delta": -1, "reason": "corrected"}
    await change("POST", "/api/v1/stock/movements", movement)
    await until(lambda: variants_are((2, 900, 4)))
    await change("PATCH", f"{CATALOGUE}/products/2", {"group_id": None})
    await until(variants_are)


async def test_the_tree_is_seen_as_it_is_now(client, other, change):
    assert (await shown(other, 1))["category_path"] == "Home > Lamps"
    assert (await other.get(f"{CATALOGUE}/categories/7")).json()["path"] == "Home > Lamps"
    before = (await other.get(f"{CATALOGUE}/categories")).json()["categories"]

    await change("PATCH", f"{CATALOGUE}/categories/7", {"name": "Lights"})
    made = await change("POST", f"{CATALOGUE}/categories", {"name": "Oak", "parent_id": 7})

    async def is_renamed():
        return (await shown(other, 1))["category_path"] == "Home > Lights"

    await until(is_renamed)
    below = (await other.get(f"{CATALOGUE}/categories/7/children")).json()["categories"]
    tree = (await other.get(f"{CATALOGUE}/categories")).json()["categories"]
    assert (await other.get(f"{CATALOGUE}/categories/7")).json()["path"] == "Home > Lights"
    assert [each["category_id"] for each in below] == [made["category_id"]]
    assert len(tree) == len(before) + 1


async def test_a_category_that_is_gone_is_gone_for_all(client, other, change):
    made = await change("POST", f"{CATALOGUE}/categories", {"name": "Garden"})
    path = f"{CATALOGUE}/categories/{made['category_id']}"
    assert (await other.get(path)).status_code == 200

    await change("DELETE", path)

    async def is_gone():
        return (await other.get(path)).status_code == 404

    await until(is_gone)


async def test_the_units_of_a_warehouse_that_closes_are_no_longer_offered(client, other, change):
    assert (await shown(other, 1))["n_available"] == 5
    [warehouse] = await change("GET", "/api/v1/stock/warehouses")
    path = f"/api/v1/stock/warehouses/{warehouse['warehouse_id']}"

    await change("PUT", path, {"name": warehouse["name"], "is_open": False})

    await until(lambda: units_are(other, 0))


async def test_a_loaded_log_is_seen(other, migrated):
    later = level(1, 50)["occurred_at"].replace(year=2026)
    assert (await shown(other, 1))["n_available"] == 5

    await load_products(migrated, [product(1, 300, at=later)])
    await load_stock(migrated, [level(1, 50, at=later)])

    await until(lambda: price_is(other, 300))
    await until(lambda: units_are(other, 50))


async def test_drafts_are_shown_to_their_seller_alone_and_are_kept_nowhere(
    client, other, selling, shopper, redis_url
):
    ann, bob, eve = selling(3), selling(4), shopper()
    lamp = {"title": "A secret lamp", "price_cents": 5, "category_id": 7}
    made = (await client.post(f"{CATALOGUE}/products", json=lamp, headers=ann)).json()
    path = f"{CATALOGUE}/products/{made['product_id']}"

    for _ in range(2):
        own = await client.get(path, headers=ann)
        others = [await client.get(path, headers=who) for who in ({}, bob, eve)]
        others += [await other.get(path, headers=who) for who in ({}, bob, eve)]
        assert (own.status_code, own.headers["cache-control"]) == (200, "private, no-store")
        assert [answer.status_code for answer in others] == [404] * 6
        assert all("public" not in answer.headers.get("cache-control", "") for answer in others)
    lists = [await c.get(f"{CATALOGUE}/products?category_id=7") for c in (client, other)]
    assert all("secret" not in answer.text for answer in lists)
    import redis

    with redis.Redis.from_url(redis_url) as stored:
        pages = [stored.hget(key, "body") for key in stored.scan_iter("catalogue:page:*")]
    assert pages
    assert not any(b"secret" in page for page in pages)

    await client.patch(path, json={"status": "published"}, headers=ann)

    assert (await client.get(path)).status_code == 200  # a 404 is kept nowhere either
    await until(lambda: lists_are(other, [1, 2, made["product_id"]]))


async def test_who_may_change_a_product_sees_it_as_it_is_now(client, change, ops, shopper):
    eve = shopper()
    first = await client.get(f"{CATALOGUE}/products/1", headers=eve)

    changed = await client.patch(f"{CATALOGUE}/products/1", json={"price_cents": 7}, headers=ops)
    seen = await client.get(f"{CATALOGUE}/products/1", headers=ops)

    assert (seen.json()["price_cents"], seen.headers["etag"]) == (7, changed.headers["etag"])
    assert first.headers["cache-control"].startswith("public, max-age=")
    assert seen.headers["cache-control"] == "private, no-store"
    assert first.headers["vary"] == seen.headers["vary"].lower() == "authorization"


@pytest.mark.parametrize("path", PATHS)
async def test_who_has_the_page_is_told_that_it_is_unchanged_until_it_changes(client, change, path):
    etag = (await client.get(CATALOGUE + path)).headers["etag"]

    unchanged = await client.get(CATALOGUE + path, headers={"If-None-Match": f'"x", W/{etag}'})
    await change("PATCH", f"{CATALOGUE}/products/1", {"price_cents": 777})
    await change("PATCH", f"{CATALOGUE}/categories/7", {"name": "Lights"})
    await change("POST", f"{CATALOGUE}/categories", {"name": "Oak", "parent_id": 7})

    async def is_changed():
        answer = await client.get(CATALOGUE + path, headers={"If-None-Match": etag})
        return answer.status_code == 200 and answer.headers["etag"] != etag

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert unchanged.headers["etag"] == etag
    assert unchanged.headers["cache-control"].startswith("public, max-age=")
    await until(is_changed)


async def test_an_etag_that_was_read_guards_a_change_though_units_were_sold(
    client, ops, change, shopper
):
    etag = (await client.get(f"{CATALOGUE}/products/1")).headers["etag"]
    await place(client, shopper(), {1: 1})

    first, second = [
        await client.patch(
            f"{CATALOGUE}/products/1",
            json={"price_cents": cents},
            headers={**ops, "If-Match": etag},
        )
        for cents in (900, 800)
    ]

    assert (first.status_code, second.status_code) == (200, 412)


async def test_what_strangers_make_up_fills_nothing(shops, client, redis_url):
    reads = shops[0][0].state.catalogue_reads
    for n in range(50):
        await client.get(f"{CATALOGUE}/products/{1000 + n}")
        await client.get(f"{CATALOGUE}/categories/{1000 + n}")

    import redis

    with redis.Redis.from_url(redis_url) as stored:
        assert list(stored.scan_iter("catalogue:page:*")) == []
    assert reads.local.n_bytes == 0


async def test_metrics_tell_where_pages_came_from(shops, client, other, change):
    def counted(text):
        names = ("catalogue_reads_total", "catalogue_invalidations_total", "catalogue_told")
        lines = [line.rpartition(" ") for line in text.splitlines() if line.startswith(names)]
        return {name: float(value) for name, _, value in lines}

    async def metrics(each):
        return counted((await each.get("/metrics")).text)

    before = await metrics(client), await metrics(other)
    for _ in range(3):
        await client.get(f"{CATALOGUE}/products/1")
    for _ in range(2):
        await other.get(f"{CATALOGUE}/products/1")
    await change("PATCH", f"{CATALOGUE}/products/1", {"price_cents": 777})
    await until(lambda: price_is(client, 777))
    after = await metrics(client), await metrics(other)

    def grew(n, source):
        name = f'catalogue_reads_total{{source="{source}"}}'
        return after[n][name] - before[n][name]

    assert after[0]["catalogue_told"] == 1
    assert after[0]["catalogue_invalidations_total"] > before[0]["catalogue_invalidations_total"]
    assert grew(0, "truth") >= 1
    assert grew(0, "local") >= 2
    assert (grew(1, "truth"), grew(1, "shared"), grew(1, "local")) == (0, 1, 1)
