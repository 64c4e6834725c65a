"""What an order would cost (transactional.orders.quoting)."""

import pytest

from tests.live.transactional.ordering import ORDERS

pytestmark = pytest.mark.live
QUOTES = f"{ORDERS}/quotes"


async def test_a_quote_is_what_the_order_then_costs_and_takes_nothing(
    client, stocked, shopper, promote, rows
):
    await stocked({1: 5}, price_cents=1000)
    promote(code="SAVE10")
    headers = shopper()
    await client.put("/api/v1/carts/mine/lines/1", json={"quantity": 2}, headers=headers)

    quote = await client.post(QUOTES, json={"codes": ["SAVE10"]}, headers=headers)
    units = rows("select n_on_hand, n_reserved from stock")
    uses = rows("select n_uses from promotions")
    order = await client.post(
        ORDERS,
        json={"codes": ["SAVE10"], "payment_method": "pm_card_visa"},
        headers={**headers, "Idempotency-Key": "k"},
    )

    assert quote.status_code == 200
    names = ("items_cents", "discount_cents", "total_cents", "currency", "charges")
    assert {name: quote.json()[name] for name in names} == {
        name: order.json()[name] for name in names
    }
    assert quote.json()["total_cents"] == 1800
    assert units == [{"n_on_hand": 5, "n_reserved": 0}]
    assert uses == [{"n_uses": 0}]


@pytest.mark.parametrize(
    ("quantity", "codes", "kind"),
    [(0, [], "empty-cart"), (6, [], "out-of-stock"), (1, ["NONE"], "promotion-not-usable")],
)
async def test_what_would_be_in_the_way_of_the_order_is_in_the_way_of_its_quote(
    client, stocked, shopper, quantity, codes, kind
):
    await stocked({1: 5})
    headers = shopper()
    if quantity:
        await client.put("/api/v1/carts/mine/lines/1", json={"quantity": quantity}, headers=headers)

    answer = await client.post(QUOTES, json={"codes": codes}, headers=headers)

    assert (answer.status_code, answer.json()["type"]) == (409, f"/problems/{kind}")
