"""From packing to the last refund (transactional.fulfilment)."""

import pytest
import sqlalchemy as sa

from tests.live.transactional.ordering import ORDERS, ledger_differs, place
from transactional.payments.provider import PaymentRefusedError

pytestmark = pytest.mark.live
DESK = "/api/v1/fulfilment/orders"
POST = {"carrier": "Post", "tracking": "P1"}


@pytest.fixture
def ops(shopper):
    return shopper(role="ops")


@pytest.fixture
def desk(client, ops):
    """Post to an operator's endpoint of an order: `await desk(order_id, "pack")`."""

    async def post(order_id, path, **body):
        return await client.post(f"{DESK}/{order_id}/{path}", json=body or None, headers=ops)

    return post


@pytest.fixture
def ann(shopper):
    return shopper()


@pytest.fixture
def ordered(client, stocked, ann):
    """An order of Ann's for some of five units of product 1 at 10.00."""

    async def make(n):
        await stocked({1: 5}, price_cents=1000)
        return (await place(client, ann, {1: n})).json()["order_id"]

    return make


@pytest.fixture
def shipped(ordered, desk):
    """An order of Ann's for three units, shipped by Post."""

    async def make(n=3):
        order_id = await ordered(n)
        await desk(order_id, "pack")
        assert (await desk(order_id, "shipments/1/ship", **POST)).status_code == 200
        return order_id

    return make


async def test_shipping_takes_the_units_off_the_shelf_and_the_money(
    app, shipped, rows, books, client, ann
):
    order_id = await shipped()

    n_captured = await app.state.money.capture_shipped()

    assert n_captured == 1
    assert rows("select n_on_hand, n_reserved from stock") == [{"n_on_hand": 2, "n_reserved": 0}]
    assert [(entry.status, entry.captured_cents) for entry in books().values()] == [
        ("captured", 3000)
    ]
    progress = (await client.get(f"{ORDERS}/{order_id}/progress", headers=ann)).json()
    assert progress["order"]["status"] == "shipped"
    assert [(s["status"], s["tracking"]) for s in progress["shipments"]] == [("shipped", "P1")]
    assert ledger_differs(rows) == []


async def test_a_capture_whose_note_was_lost_is_not_done_twice(app, shipped, database, books):
    await shipped()
    await app.state.money.capture_shipped()
    database.execute(sa.text("update payments set status = 'capturing', captured_cents = 0"))

    await app.state.money.capture_shipped()

    assert [entry.captured_cents for entry in books().values()] == [3000]


async def test_money_that_cannot_be_taken_any_more_holds_up_no_other_order(
    app, bank, shipped, rows
):
    orders = [await shipped(n=1) for _ in range(2)]
    bank.state.bank.books.void(1, "the bank's own")  # held too long: the bank let it go

    with pytest.raises(PaymentRefusedError, match=f"order {orders[0]}"):
        await app.state.money.capture_shipped()

    assert rows("select status from payments order by order_id") == [
        {"status": "capturing"},
        {"status": "captured"},
    ]


async def test_an_order_of_two_sellers_travels_in_two_shipments(client, stocked, ann, desk, rows):
    await stocked({1: 5}, seller_id=3)
    await stocked({2: 5}, seller_id=4)
    order_id = (await place(client, ann, {1: 1, 2: 2})).json()["order_id"]

    packed = (await desk(order_id, "pack")).json()
    halfway = (await desk(order_id, "shipments/1/ship", **POST)).json()
    stock = rows("select product_id, n_on_hand from stock order by 1")
    done = (await desk(order_id, "shipments/2/ship", **POST)).json()

    assert [(s["seller_id"], s["status"]) for s in packed["shipments"]] == [
        (3, "packing"),
        (4, "packing"),
    ]
    assert (halfway["order"]["status"], done["order"]["status"]) == ("processing", "shipped")
    assert [row["n_on_hand"] for row in stock] == [4, 5]


async def test_an_order_is_delivered_with_its_last_shipment(shipped, desk, client, ann):
    order_id = await shipped()

    delivered = (await desk(order_id, "shipments/1/deliver")).json()

    assert delivered["order"]["status"] == "delivered"
    history = (await client.get(f"{ORDERS}/{order_id}/history", headers=ann)).json()
    assert [entry["to_status"] for entry in history["entries"]] == [
        "pending", "confirmed", "processing", "shipped", "delivered",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("steps", "refused", "expected"),
    [
        pytest.param(
            [], "shipments/1/ship", (404, "/problems/unknown-shipment"), id="ship before packing"
        ),
        pytest.param(["pack"], "pack", (409, "/problems/order-state"), id="pack twice"),
        pytest.param(
            ["pack"], "shipments/1/deliver", (409, "/problems/shipment-state"), id="deliver unsent"
        ),
        pytest.param(
            ["pack"], "shipments/2/ship", (404, "/problems/unknown-shipment"), id="no such shipment"
        ),
        pytest.param(
            ["pack", "ship"], "shipments/1/ship", (409, "/problems/shipment-state"), id="ship twice"
        ),
        pytest.param(
            ["pack", "ship"], "cancel", (409, "/problems/order-state"), id="cancel what has left"
        ),
        pytest.param(
            ["cancel"], "pack", (409, "/problems/order-state"), id="pack what is cancelled"
        ),
    ],
)
async def test_steps_out_of_turn_are_refused(ordered, desk, steps, refused, expected):
    order_id = await ordered(1)
    for step in steps:
        path, body = ("shipments/1/ship", POST) if step == "ship" else (step, {})
        assert (await desk(order_id, path, **body)).status_code == 200

    answer = await desk(order_id, refused, **(POST if refused.endswith("ship") else {}))

    assert (answer.status_code, answer.json()["type"]) == expected


async def test_an_operator_cancels_what_is_being_packed(ordered, desk, rows):
    order_id = await ordered(2)
    await desk(order_id, "pack")

    cancelled = (await desk(order_id, "cancel")).json()

    assert cancelled["order"]["status"] == "cancelled"
    assert rows("select n_on_hand, n_reserved from stock") == [{"n_on_hand": 5, "n_reserved": 0}]
    assert ledger_differs(rows) == []


@pytest.fixture
def send_back(client, ann):
    """Announce a return of Ann's: `await send_back(order_id, 2)` is two units of the first line."""

    async def post(order_id, quantity, line_number=1, headers=ann):
        lines = [{"line_number": line_number, "quantity": quantity}]
        body = {"lines": lines, "reason": "too small"}
        return await client.post(f"{ORDERS}/{order_id}/returns", json=body, headers=headers)

    return post


async def test_a_part_comes_back_and_its_share_of_the_money_goes_back(
    app, shipped, send_back, desk, books, rows
):
    order_id = await shipped()
    await app.state.money.capture_shipped()

    asked = await send_back(order_id, 1)
    received = await desk(order_id, "returns/1/receive", restock=True)
    n_given = await app.state.money.give_refunds()

    assert (asked.status_code, received.json()["refund_cents"], n_given) == (201, 1000, 1)
    assert [entry.refunded_cents for entry in books().values()] == [1000]
    assert rows("select n_on_hand from stock") == [{"n_on_hand": 3}]
    assert rows("select status from orders") == [{"status": "shipped"}]
    returned = rows("select body from outbox where body->>'kind' = 'return'")
    assert [row["body"]["quantity"] for row in returned] == [1]
    assert ledger_differs(rows) == []


async def test_an_order_that_came_back_whole_is_refunded_to_the_cent(
    app, shipped, send_back, desk, books, rows
):
    order_id = await shipped()
    await app.state.money.capture_shipped()
    for number, quantity in ((1, 1), (2, 2)):
        await send_back(order_id, quantity)
        await desk(order_id, f"returns/{number}/receive", restock=False)

    for _ in range(2):
        await app.state.money.give_refunds()

    assert [entry.refunded_cents for entry in books().values()] == [3000]
    assert rows("select status from orders") == [{"status": "refunded"}]
    assert rows("select captured_cents, refunded_cents from payments") == [
        {"captured_cents": 3000, "refunded_cents": 3000}
    ]
    assert rows("select n_on_hand from stock") == [{"n_on_hand": 2}]


async def test_no_more_units_come_back_than_were_bought(shipped, send_back, desk):
    order_id = await shipped()
    await send_back(order_id, 2)

    too_many = await send_back(order_id, 2)
    unknown_line = await send_back(order_id, 1, line_number=2)
    await desk(order_id, "returns/1/refuse")
    again = await send_back(order_id, 3)

    assert (too_many.status_code, too_many.json()["n_left"]) == (409, 1)
    assert unknown_line.status_code == 409
    assert again.status_code == 201


async def test_goodwill_and_returns_together_never_give_back_more_than_was_paid(
    app, shipped, send_back, desk, books
):
    order_id = await shipped()
    await app.state.money.capture_shipped()
    goodwill = await desk(order_id, "refunds", cents=2500, reason="late")
    too_much = await desk(order_id, "refunds", cents=501, reason="very late")
    await send_back(order_id, 3)
    received = await desk(order_id, "returns/1/receive", restock=True)
    await app.state.money.give_refunds()

    assert (goodwill.status_code, too_much.status_code) == (201, 409)
    assert too_much.json()["left_cents"] == 500
    assert received.json()["refund_cents"] == 500
    assert [entry.refunded_cents for entry in books().values()] == [3000]


async def test_what_is_not_theirs_looks_unknown_to_customers(shipped, client, shopper, send_back):
    order_id = await shipped()
    bob = shopper()

    answers = [
        await client.get(f"{ORDERS}/{order_id}/progress", headers=bob),
        await send_back(order_id, 1, headers=bob),
        await client.get(f"{DESK}/{order_id}", headers=bob),
        await client.post(f"{DESK}/{order_id}/pack", headers=bob),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 403, 403]


async def test_operators_see_what_waits_oldest_first(client, stocked, ann, ops, desk):
    await stocked({1: 9})
    ids = [(await place(client, ann, {1: 1})).json()["order_id"] for _ in range(3)]
    await desk(ids[0], "pack")

    first = (await client.get(DESK, params={"limit": 1}, headers=ops)).json()
    rest = (await client.get(DESK, params={"cursor": first["next_cursor"]}, headers=ops)).json()

    assert [order["order_id"] for order in first["orders"] + rest["orders"]] == ids[1:]
    assert rest["next_cursor"] is None
