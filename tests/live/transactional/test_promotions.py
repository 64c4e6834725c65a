"""What an order costs: promotions, shipping and tax (transactional.promotions)."""

import asyncio

import pytest
import sqlalchemy as sa

from tests.live.transactional.ordering import ORDERS, place

pytestmark = pytest.mark.live


async def test_a_code_lowers_the_total_and_the_total_explains_itself(
    client, stocked, shopper, promote, rows
):
    await stocked({1: 5}, price_cents=1000)
    promote(code="SAVE10")

    order = (await place(client, shopper(), {1: 2}, codes=["SAVE10"])).json()

    assert (order["items_cents"], order["discount_cents"], order["total_cents"]) == (
        2000,
        200,
        1800,
    )
    assert [(charge["kind"], charge["cents"]) for charge in order["charges"]] == [
        ("item", 2000),
        ("discount", -200),
        ("shipping", 0),
        ("tax", 0),
    ]
    assert [line["discount_cents"] for line in order["lines"]] == [200]
    assert rows("select n_uses from promotions") == [{"n_uses": 1}]


@pytest.mark.parametrize(
    "promotion",
    [
        pytest.param({"code": "OTHER"}, id="unknown"),
        pytest.param({"code": "SAVE10", "minimum_spend_cents": 9999}, id="too little"),
        pytest.param({"code": "SAVE10", "product_ids": [2]}, id="out of scope"),
        pytest.param({"code": "SAVE10", "max_uses": 0}, id="used up"),
    ],
)
async def test_a_code_that_cannot_be_used_is_said_and_nothing_is_ordered(
    client, stocked, shopper, promote, rows, promotion
):
    await stocked({1: 5})
    promote(**promotion)

    answer = await place(client, shopper(), {1: 1}, codes=["SAVE10"])

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/promotion-not-usable")
    assert answer.json()["code"] == "SAVE10"
    assert rows("select 1 from orders") == []


async def test_a_promotion_with_ten_uses_is_used_ten_times_by_fifty_buyers(
    client, stocked, shopper, promote, rows
):
    await stocked({1: 50}, price_cents=1000)
    promote(max_uses=10)
    buyers = [shopper() for _ in range(50)]

    orders = await asyncio.gather(*(place(client, buyer, {1: 1}) for buyer in buyers))

    totals = sorted(order.json()["total_cents"] for order in orders)
    assert totals == [900] * 10 + [1000] * 40
    assert rows("select n_uses from promotions") == [{"n_uses": 10}]
    assert len(rows("select 1 from promotion_uses")) == 10


async def test_a_customer_uses_a_promotion_only_as_often_as_one_may(
    client, stocked, shopper, promote
):
    await stocked({1: 50}, price_cents=1000)
    promote(max_uses_per_customer=1)
    ann, bob = shopper(), shopper()

    orders = await asyncio.gather(*(place(client, who, {1: 1}) for who in (ann, ann, ann, bob)))

    assert sorted(order.json()["total_cents"] for order in orders) == [900, 900, 1000, 1000]


async def test_a_cancelled_order_gives_its_promotion_use_back(
    client, stocked, shopper, promote, rows
):
    await stocked({1: 50})
    promote(max_uses=1)
    ann = shopper()
    order = (await place(client, ann, {1: 1})).json()

    await client.post(f"{ORDERS}/{order['order_id']}/cancel", headers=ann)

    assert rows("select n_uses from promotions") == [{"n_uses": 0}]
    assert (await place(client, ann, {1: 1})).json()["discount_cents"] > 0


async def test_shipping_and_tax_are_the_regions(client, stocked, shopper, database):
    await stocked({1: 5}, price_cents=1000)
    database.execute(
        sa.text(
            "insert into regions (region, tax_basis_points) values ('Bavaria', 1900);"
            "insert into shipping_steps values ('Bavaria', 0, 490), ('Bavaria', 2000, 0)"
        )
    )

    one, two, elsewhere = [
        (await place(client, shopper(region=region), {1: n})).json()
        for region, n in (("Bavaria", 1), ("Bavaria", 2), ("Texas", 1))
    ]

    # .19 of 14.90 is 2.831, of 20.00 3.80
    sums = [(o["shipping_cents"], o["tax_cents"], o["total_cents"]) for o in (one, two, elsewhere)]
    assert sums == [(490, 283, 1773), (0, 380, 2380), (0, 0, 1000)]
