"""Listings of sellers: drafts, editing, variants and prices (transactional.catalogue)."""

import asyncio
import datetime as dt

import pytest

from features.schemas.logs import ProductVersion
from tests.live.transactional.conftest import LAST_YEAR, product
from tests.live.transactional.ordering import place
from transactional.catalogue.loading import load_products

pytestmark = pytest.mark.live

CATALOGUE = "/api/v1/catalogue"
PRODUCTS = f"{CATALOGUE}/products"
LAMP = {"title": "Lamp", "price_cents": 1000}
DAYS = [LAST_YEAR + dt.timedelta(days=n) for n in range(9)]


@pytest.fixture
def ann(selling):
    """The headers of seller 3."""
    return selling(3)


@pytest.fixture
def bob(selling):
    """The headers of seller 4."""
    return selling(4)


@pytest.fixture
def ask(client):
    """Ask for something of the catalogue; return the status and the document."""

    async def request(who, method, path, body=None, **headers):
        answer = await client.request(
            method, CATALOGUE + path, json=body, headers={**who, **headers}
        )
        return answer.status_code, answer.json() if answer.content else None

    return request


async def test_a_draft_is_its_sellers_alone_until_it_is_published(ask, ann, bob, shopper, rows):
    ops, eve = shopper(role="ops"), shopper()
    _, draft = await ask(ann, "POST", "/products", {**LAMP, "external_id": "L1"})
    path = f"/products/{draft['product_id']}"

    seen = [(await ask(who, "GET", path))[0] for who in (ann, ops, bob, eve, {})]
    told = rows("select 1 from outbox")
    edited = await ask(bob, "PATCH", path, {"price_cents": 1})
    deleted = await ask(bob, "DELETE", path)
    _, published = await ask(ann, "PATCH", path, {"status": "published"})

    assert (draft["status"], draft["seller_id"], draft["version"]) == ("draft", 3, 1)
    assert seen == [200, 200, 404, 404, 404]
    assert told == []
    assert (edited[0], deleted[0]) == (404, 404)
    assert (published["status"], published["version"]) == ("published", 2)
    assert (await ask({}, "GET", path))[0] == 200
    [event] = rows("select body, recorded_at from outbox")
    version = ProductVersion(**event["body"], date=event["recorded_at"].date())
    assert (version.status, version.external_id, version.seller_id) == ("published", "L1", 3)


async def test_units_of_a_draft_are_told_once_it_is_published(ask, client, shopper, rows):
    ops = shopper(role="ops")
    _, draft = await ask(ops, "POST", "/products", LAMP)
    move = {"product_id": draft["product_id"], "delta": 7, "reason": "received"}
    await client.post("/api/v1/stock/movements", json=move, headers=ops)
    before = rows("select 1 from outbox")

    await ask(ops, "PATCH", f"/products/{draft['product_id']}", {"status": "published"})

    assert before == []
    told = rows("select topic, body->>'n_available' as n, body->>'reason' as reason from outbox")
    assert told == [
        {"topic": "products", "n": None, "reason": None},
        {"topic": "stock_levels", "n": "7", "reason": "opening"},
    ]


async def test_units_that_come_in_while_a_draft_is_published_are_told(ask, client, shopper, rows):
    ops = shopper(role="ops")
    _, draft = await ask(ops, "POST", "/products", LAMP)
    move = {"product_id": draft["product_id"], "delta": 1, "reason": "received"}

    async def receive():
        await client.post("/api/v1/stock/movements", json=move, headers=ops)

    publish = ask(ops, "PATCH", f"/products/{draft['product_id']}", {"status": "published"})
    await asyncio.gather(receive(), receive(), publish, receive(), receive())

    levels = rows("""
        select (body->>'n_available')::int as n from outbox where topic = 'stock_levels'
        order by position
    """)
    assert levels[-1] == {"n": 4}


async def test_a_draft_can_neither_be_put_into_a_cart_nor_ordered(ask, client, ann, shopper):
    _, draft = await ask(ann, "POST", "/products", LAMP)
    eve = shopper()

    cart = await client.put(
        f"/api/v1/carts/mine/lines/{draft['product_id']}", json={"quantity": 1}, headers=eve
    )
    order = await place(client, eve, {draft["product_id"]: 1})

    assert [(each.status_code, each.json()["type"]) for each in (cart, order)] == [
        (409, "/problems/not-for-sale")
    ] * 2


async def test_which_state_follows_which_and_what_can_be_deleted(ask, ann):
    path = f"/products/{(await ask(ann, 'POST', '/products', LAMP))[1]['product_id']}"

    async def put(status):
        code, answer = await ask(ann, "PATCH", path, {"status": status})
        return code if code == 200 else answer["type"]

    assert await put("archived") == "/problems/listing-transition"
    assert await put("published") == 200
    assert (await ask(ann, "DELETE", path))[1]["type"] == "/problems/published"
    assert await put("archived") == 200
    assert (await ask(ann, "DELETE", path))[1]["type"] == "/problems/published"
    assert await put("published") == 200
    _, other = await ask(ann, "POST", "/products", LAMP)
    assert (await ask(ann, "DELETE", f"/products/{other['product_id']}"))[0] == 204
    assert (await ask(ann, "GET", f"/products/{other['product_id']}"))[0] == 404


async def test_a_change_that_was_decided_on_an_old_version_is_refused(client, ask, ann, rows):
    path = f"/products/{(await ask(ann, 'POST', '/products', LAMP))[1]['product_id']}"
    etag = (await client.get(CATALOGUE + path, headers=ann)).headers["ETag"]

    first = await ask(ann, "PATCH", path, {"price_cents": 900}, **{"If-Match": etag})
    second = await ask(ann, "PATCH", path, {"price_cents": 800}, **{"If-Match": etag})
    same = await ask(ann, "PATCH", path, {"price_cents": 900})
    gone = await ask(ann, "DELETE", path, **{"If-Match": etag})

    assert etag.startswith('"1-')  # the version, then what else can change
    assert first[1]["version"] == 2
    assert (second[0], second[1]["type"], gone[0]) == (412, "/problems/stale-version", 412)
    assert same[1]["version"] == 2  # nothing changed, so nothing counts up
    assert rows("select price_cents from products") == [{"price_cents": 900}]


async def test_every_field_can_be_edited_and_null_takes_away(ask, ann, stocked, rows):
    await stocked({1: 5}, seller_id=3, brand="X", external_id="E")
    everything = {
        "title": "T", "description": "D", "category_id": None, "brand": None, "price_cents": 7,
        "attributes": {"size": "M"}, "external_id": "F", "group_id": None,
    }  # fmt: skip

    code, shown = await ask(ann, "PATCH", "/products/1", everything)

    assert code == 200
    assert {name: shown[name] for name in everything} == everything
    [told] = [row["body"] for row in rows("select body from outbox")]
    assert {name: told[name] for name in ("title", "brand", "category_path", "attributes")} == {
        "title": "T", "brand": None, "category_path": None, "attributes": '{"size": "M"}',
    }  # fmt: skip


WRONG = [
    ({"title": None}, "invalid-request"),
    ({}, "invalid-request"),
    ({"titel": "x"}, "invalid-request"),
    ({"title": "x\x00y"}, "invalid-request"),
    ({"status": "draft"}, "invalid-request"),
    ({"attributes": {"": "x"}}, "invalid-request"),
    ({"category_id": 12345}, "unknown-category"),
    ({"group_id": 12345}, "unknown-group"),
    ({"external_id": "taken"}, "external-id-taken"),
]


async def test_what_a_product_cannot_be_is_refused_and_nothing_changes(ask, ann, migrated, rows):
    await load_products(migrated, [product(1), product(2, external_id="taken")])

    answers = [(await ask(ann, "PATCH", "/products/1", body))[1]["type"] for body, _ in WRONG]

    assert answers == [f"/problems/{type_}" for _, type_ in WRONG]
    assert rows("select version from products where product_id = 1") == [{"version": 1}]
    assert rows("select 1 from outbox") == []


async def test_of_ten_who_give_the_same_code_at_once_one_does(ask, ann, rows):
    answers = await asyncio.gather(
        *(ask(ann, "POST", "/products", {**LAMP, "external_id": "E"}) for _ in range(10))
    )

    assert sorted(code for code, _ in answers) == [201] + [409] * 9
    assert len(rows("select 1 from products")) == 1


async def test_a_seller_lists_for_themselves_and_an_operator_for_anybody(ask, ann, shopper):
    ops = shopper(role="ops")

    assert (await ask(ann, "POST", "/products", {**LAMP, "seller_id": 4}))[0] == 403
    assert (await ask(ops, "POST", "/products", {**LAMP, "seller_id": 3}))[1]["seller_id"] == 3
    assert (await ask(ops, "POST", "/products", LAMP))[1]["seller_id"] is None
    assert (await ask(ops, "POST", "/products", {**LAMP, "seller_id": 99}))[0] == 404
    assert (await ask(shopper(), "POST", "/products", LAMP))[0] == 403


async def test_lists_come_in_pages_of_what_one_may_see(ask, ann, bob, migrated, shopper):
    await load_products(
        migrated, [product(1), product(2, status="archived"), product(3), product(4, seller_id=4)]
    )
    await ask(ann, "POST", "/products", LAMP)

    async def ids(who, path):
        found, cursor = [], ""
        while cursor is not None:
            _, page = await ask(who, "GET", f"{path}limit=2{cursor and '&cursor=' + cursor}")
            found += [(each["product_id"], each["status"]) for each in page["products"]]
            cursor = page["next_cursor"]
        return found

    published = [(1, "published"), (3, "published")]
    assert await ids({}, "/products?") == [*published, (4, "published")]
    assert await ids(ann, "/listings?") == [
        (1, "published"), (2, "archived"), (3, "published"), (5, "draft"),
    ]  # fmt: skip
    assert await ids(ann, "/listings?status=draft&") == [(5, "draft")]
    assert await ids(bob, "/listings?") == [(4, "published")]
    assert await ids(shopper(role="ops"), "/listings?seller_id=3&status=published&") == published
    assert (await ask(ann, "GET", "/listings?seller_id=4"))[0] == 403


async def test_variants_differ_on_the_axes_and_show_each_other(ask, ann, bob, client, shopper):
    _, group = await ask(ann, "POST", "/groups", {"title": "Shirt", "axes": ["size", "colour"]})
    ids = {}

    async def variant(size, colour="red", who=ann, **fields):
        body = {
            **LAMP,
            "group_id": group["group_id"],
            "attributes": {"size": size, "colour": colour, "fit": "slim"},
            **fields,
        }
        code, answer = await ask(who, "POST", "/products", body)
        ids[size] = answer.get("product_id")
        return code, answer.get("type")

    assert await variant("M") == (201, None)
    assert await variant("L", price_cents=1200) == (201, None)
    assert await variant("M") == (409, "/problems/variant")
    assert await variant("XL", attributes={"size": "XL"}) == (409, "/problems/variant")
    assert await variant("S", who=bob) == (404, "/problems/unknown-group")
    assert await variant("S") == (201, None)
    ids["M"], large, small = 1, ids["L"], ids["S"]
    for id_ in (1, large):
        await ask(ann, "PATCH", f"/products/{id_}", {"status": "published"})
    await client.post(
        "/api/v1/stock/movements",
        json={"product_id": large, "delta": 4, "reason": "received"},
        headers=shopper(role="ops"),
    )

    _, shown = await ask({}, "GET", "/products/1")
    clash = await ask(
        ann, "PATCH", f"/products/{small}", {"attributes": {"size": "L", "colour": "red"}}
    )
    left = await ask(ann, "PATCH", f"/products/{large}", {"group_id": None})

    assert shown["variants"] == [  # the small one is a draft
        {
            "product_id": large,
            "axes": {"size": "L", "colour": "red"},
            "price_cents": 1200,
            "n_available": 4,
        }
    ]
    assert clash[1]["type"] == "/problems/variant"
    assert left[1]["variants"] == []
    assert (await ask(ann, "GET", "/groups"))[1]["groups"] == [group]
    assert (await ask(bob, "GET", "/groups"))[1]["groups"] == []


async def test_prices_are_kept_for_ever_and_a_reduction_names_the_prior_price(
    ask, ann, rows, database
):
    path = f"/products/{(await ask(ann, 'POST', '/products', LAMP))[1]['product_id']}"
    for change in ({"price_cents": 5}, {"price_cents": 1000, "status": "published"}):
        await ask(ann, "PATCH", path, change)  # a draft's price was never asked
    for cents in (1500, 1500, 1200):
        _, shown = await ask(ann, "PATCH", path, {"price_cents": cents})

    _, first = await ask({}, "GET", f"{path}/prices?limit=2")
    _, rest = await ask({}, "GET", f"{path}/prices?cursor={first['next_cursor']}")

    pages = [first["prices"], rest["prices"]]
    assert [[each["price_cents"] for each in page] for page in pages] == [[1200, 1500], [1000]]
    assert shown["prior_price_cents"] == 1000
    for change in ("update price_history set price_cents = 1", "delete from price_history"):
        with pytest.raises(Exception, match="append-only"):
            database.exec_driver_sql(change)


async def test_loading_gives_the_history_of_prices_once(migrated, ask, rows):
    versions = [
        product(1, 300, at=DAYS[0]),
        product(1, 300, at=DAYS[1], brand="X"),
        product(1, 250, at=DAYS[2]),
        product(2, 100, at=DAYS[0]),
    ]
    history = "select product_id, price_cents, changed_at from price_history order by 1, 3"
    expected = [(1, 300, DAYS[0]), (1, 250, DAYS[2]), (2, 100, DAYS[0])]

    for batch in (versions[:2], versions, versions[2:]):
        await load_products(migrated, batch)

    assert [tuple(row.values()) for row in rows(history)] == expected
    assert (await ask({}, "GET", "/products/1"))[1]["prior_price_cents"] == 300
