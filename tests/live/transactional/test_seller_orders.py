"""A seller's own part of orders (transactional.sellers.own_orders)."""

import pytest

from tests.live.transactional.ordering import ORDERS, ledger_differs, place

pytestmark = pytest.mark.live
OWN = "/api/v1/sellers/me/orders"
POST = {"carrier": "Post", "tracking": "P1"}
HOME = {
    "recipient": "Cleo",
    "street": "Lane 1",
    "postal_code": "1",
    "city": "Nowhere",
    "country": "XX",
    "is_default": True,
}


@pytest.fixture
async def two_sellers(client, stocked, selling, shopper, book):
    """Cleo ordered a unit of seller 3's, two of seller 4's and one of the shop's own."""
    await stocked({1: 5}, seller_id=3, price_cents=1000)
    await stocked({2: 5}, seller_id=4, price_cents=333)
    await stocked({5: 5}, seller_id=None, price_cents=50)
    cleo = shopper()
    home = {name: value for name, value in HOME.items() if name != "is_default"}
    await client.post("/api/v1/accounts/me/addresses", json=home, headers=cleo)
    order_id = (await place(client, cleo, {1: 1, 2: 2, 5: 1})).json()["order_id"]
    await book()
    return selling(3), selling(4), cleo, order_id


async def test_a_seller_sees_their_own_lines_and_shipments_and_nothing_else(client, two_sellers):
    ann, bob, _, order_id = two_sellers

    hers = (await client.get(f"{OWN}/{order_id}", headers=ann)).json()
    await client.post(f"{OWN}/{order_id}/pack", headers=ann)
    his = (await client.get(OWN, headers=bob)).json()["orders"]

    assert set(hers) == {
        "order_id", "status", "placed_at", "currency", "ship_to", "lines", "shipments",
    }  # fmt: skip
    assert (hers["status"], hers["shipments"], hers["ship_to"]["recipient"]) == (
        "confirmed",
        [],
        "Cleo",
    )
    assert [(line["product_id"], line["quantity"]) for line in hers["lines"]] == [(1, 1)]
    assert [line["product_id"] for line in his[0]["lines"]] == [2]
    assert [(s["number"], s["status"]) for s in his[0]["shipments"]] == [(2, "packing")]


async def test_a_seller_packs_ships_and_delivers_and_the_history_says_a_seller_did(
    client, two_sellers, rows
):
    ann, bob, cleo, order_id = two_sellers

    await client.post(f"{OWN}/{order_id}/pack", headers=ann)
    shipped = await client.post(f"{OWN}/{order_id}/shipments/1/ship", json=POST, headers=ann)
    await client.post(f"{OWN}/{order_id}/shipments/2/ship", json=POST, headers=bob)
    delivered = await client.post(f"{OWN}/{order_id}/shipments/2/deliver", headers=bob)

    assert [s["status"] for s in shipped.json()["shipments"]] == ["shipped"]
    assert [s["status"] for s in delivered.json()["shipments"]] == ["delivered"]
    history = (await client.get(f"{ORDERS}/{order_id}/history", headers=cleo)).json()["entries"]
    assert [(entry["to_status"], entry["actor"]) for entry in history[-1:]] == [
        ("processing", "seller")
    ]  # the shop's own parcel is still there
    assert rows(
        "select product_id, delta_on_hand, email from stock_ledger join accounts"
        " on customer_id = actor_id where reason = 'shipped' order by 1"
    ) == [
        {"product_id": 1, "delta_on_hand": -1, "email": "2@example.com"},
        {"product_id": 2, "delta_on_hand": -2, "email": "3@example.com"},
    ]
    assert ledger_differs(rows) == []


async def test_what_is_another_sellers_looks_unknown(client, two_sellers, selling, stocked, rows):
    ann, _, _, order_id = two_sellers
    await client.post(f"{OWN}/{order_id}/pack", headers=ann)
    eve = selling(9)

    answers = [
        await client.post(f"{OWN}/{order_id}/shipments/2/ship", json=POST, headers=ann),
        await client.post(f"{OWN}/{order_id}/shipments/3/deliver", headers=ann),
        await client.post(f"{OWN}/{order_id}/pack", headers=eve),
        await client.get(f"{OWN}/{order_id}", headers=eve),
        await client.get(f"{OWN}/12345", headers=eve),
    ]

    assert [(a.status_code, a.json()["type"]) for a in answers] == [
        (404, "/problems/unknown-shipment"),
        (404, "/problems/unknown-shipment"),
        (404, "/problems/unknown-order"),
        (404, "/problems/unknown-order"),
        (404, "/problems/unknown-order"),
    ]
    assert (await client.get(OWN, headers=eve)).json()["orders"] == []
    assert rows("select distinct status from shipments") == [{"status": "packing"}]


async def test_orders_are_listed_by_what_is_to_be_done_newest_first(
    client, stocked, selling, shopper, book
):
    await stocked({1: 50}, seller_id=3)
    ann, cleo = selling(3), shopper()
    ids = [(await place(client, cleo, {1: 1})).json()["order_id"] for _ in range(5)]
    waiting, packing, shipped, delivered, cancelled = ids
    await book()
    for order_id in (packing, shipped, delivered):
        await client.post(f"{OWN}/{order_id}/pack", headers=ann)
    for order_id in (shipped, delivered):
        await client.post(f"{OWN}/{order_id}/shipments/1/ship", json=POST, headers=ann)
    await client.post(f"{OWN}/{delivered}/shipments/1/deliver", headers=ann)
    await client.post(f"{ORDERS}/{cancelled}/cancel", headers=cleo)

    async def listed(query=""):
        page = (await client.get(f"{OWN}?{query}", headers=ann)).json()
        return [order["order_id"] for order in page["orders"]], page["next_cursor"]

    by_status = {
        status: (await listed(f"status={status}"))[0]
        for status in ("waiting", "packing", "shipped", "delivered")
    }
    first, cursor = await listed("limit=3")
    second, end = await listed(f"limit=3&cursor={cursor}")

    assert by_status == {
        "waiting": [waiting],
        "packing": [packing],
        "shipped": [shipped],
        "delivered": [delivered],
    }
    assert (first + second, end) == (ids[::-1], None)
    other = await client.get(f"{OWN}?status=packing&cursor={cursor}", headers=ann)
    assert other.json()["type"] == "/problems/bad-cursor"


async def test_an_order_that_was_never_paid_is_not_shown(client, stocked, selling, shopper, book):
    await stocked({1: 5}, seller_id=3)
    await place(client, shopper(), {1: 1}, method="pm_card_visa_chargeDeclined")
    await book()

    assert (await client.get(OWN, headers=selling(3))).json()["orders"] == []
