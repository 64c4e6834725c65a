"""Placing, reading and cancelling orders (transactional.orders)."""

import asyncio
import itertools
import uuid

import pytest
import sqlalchemy as sa

from features.schemas import logs

pytestmark = pytest.mark.live
ORDERS = "/api/v1/orders"
CLASSES = {row.table: row for row in logs.LOGS}


VISA = "pm_card_visa"
AVAILABLE = "select product_id, n_on_hand - n_reserved as n_available from stock order by 1"


async def place(client, shopper, lines=None, key=None, method=VISA, **fields):
    body = {"payment_method": method, **fields}
    if lines is not None:
        body["lines"] = [{"product_id": id_, "quantity": n} for id_, n in lines.items()]
    headers = {**shopper, "Idempotency-Key": key or uuid.uuid4().hex}
    return await client.post(ORDERS, json=body, headers=headers)


@pytest.fixture
def logged(rows):
    """The outbox's rows of the logs, validated, in order of position."""

    def read():
        events = rows("select topic, body, recorded_at from outbox order by position")
        return [
            CLASSES[event["topic"]](**event["body"], date=event["recorded_at"].date())
            for event in events
            if event["topic"] in CLASSES
        ]

    return read


async def test_an_order_takes_its_units_and_keeps_its_price(client, stocked, shopper, rows):
    await stocked({1: 5}, price_cents=250)
    await stocked({2: 5}, price_cents=99)

    order = (await place(client, shopper(), {2: 1, 1: 3})).json()

    assert order["status"] == "confirmed"
    assert order["total_cents"] == 849
    assert [(line["product_id"], line["unit_price_cents"]) for line in order["lines"]] == [
        (1, 250),
        (2, 99),
    ]
    assert rows(AVAILABLE) == [
        {"product_id": 1, "n_available": 2},
        {"product_id": 2, "n_available": 4},
    ]


async def test_what_was_sold_leaves_as_rows_of_the_logs(client, stocked, shopper, logged):
    await stocked({1: 5, 2: 9})

    order = (await place(client, shopper(region="Bavaria"), {1: 3, 2: 1})).json()

    first, second, *lines = logged()
    assert [(type(line), line.order_id, line.line_number, line.kind) for line in lines] == [
        (logs.OrderLine, order["order_id"], 1, "sale"),
        (logs.OrderLine, order["order_id"], 2, "sale"),
    ]
    assert {line.region for line in lines} == {"Bavaria"}
    assert [(level.product_id, level.n_available, level.reason) for level in (first, second)] == [
        (1, 2, "sold"),
        (2, 8, "sold"),
    ]


async def test_an_order_without_lines_takes_the_cart_and_empties_it(client, stocked, shopper):
    await stocked({1: 5})
    ann = shopper()
    await client.put("/api/v1/carts/mine/lines/1", json={"quantity": 2}, headers=ann)

    order = await place(client, ann)

    cart = await client.get("/api/v1/carts/mine", headers=ann)
    assert [line["quantity"] for line in order.json()["lines"]] == [2]
    assert cart.json()["lines"] == []


async def test_an_order_from_the_cart_is_replayed_after_the_cart_is_empty(client, stocked, shopper):
    await stocked({1: 5})
    ann = shopper()
    await client.put("/api/v1/carts/mine/lines/1", json={"quantity": 2}, headers=ann)
    first = await place(client, ann, key="k")

    again = await place(client, ann, key="k")

    assert (again.status_code, again.content) == (201, first.content)


async def test_an_empty_cart_cannot_be_ordered(client, shopper):
    answer = await place(client, shopper())

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/empty-cart")


async def test_nothing_is_taken_when_one_product_is_short(client, stocked, shopper, rows):
    await stocked({1: 5, 2: 1})

    answer = await place(client, shopper(), {1: 3, 2: 2})

    problem = answer.json()
    assert (answer.status_code, problem["type"]) == (409, "/problems/out-of-stock")
    assert (problem["product_id"], problem["n_available"]) == (2, 1)
    assert [row["n_available"] for row in rows(AVAILABLE)] == [5, 1]
    assert rows("select 1 from orders union all select 1 from outbox") == []


@pytest.mark.parametrize(
    ("status", "product_id", "type_"),
    [("published", 2, "unknown-product"), ("archived", 1, "not-for-sale")],
)
async def test_what_is_not_sold_cannot_be_ordered(
    client, stocked, shopper, status, product_id, type_
):
    await stocked({1: 5}, status=status)

    answer = await place(client, shopper(), {product_id: 1})

    assert answer.json()["type"] == f"/problems/{type_}"


async def test_fifty_buyers_of_ten_units_get_exactly_ten(client, stocked, shopper, rows, logged):
    await stocked({1: 10})
    buyers = [shopper() for _ in range(50)]

    answers = await asyncio.gather(*(place(client, buyer, {1: 1}) for buyer in buyers))

    assert sorted(answer.status_code for answer in answers) == [201] * 10 + [409] * 40
    assert rows(AVAILABLE) == [{"product_id": 1, "n_available": 0}]
    levels = [row.n_available for row in logged() if isinstance(row, logs.StockLevel)]
    # Told in the order it happened; orders that shared a commit are told of together.
    assert levels == sorted(set(levels), reverse=True)
    assert levels[-1] == 0


async def test_carts_of_the_same_products_in_any_order_never_deadlock(client, stocked, shopper):
    await stocked(dict.fromkeys((1, 2, 3), 1000))
    orders = list(itertools.permutations((1, 2, 3))) * 5

    answers = await asyncio.gather(
        *(place(client, shopper(), dict.fromkeys(ids, 1)) for ids in orders)
    )

    assert {answer.status_code for answer in answers} == {201}


def test_the_database_itself_refuses_stock_below_zero(database, stocked):
    asyncio.run(stocked({1: 5}))

    with pytest.raises(sa.exc.IntegrityError, match="ck_stock_not_oversold"):
        database.execute(sa.text("update stock set n_reserved = 6"))


async def test_twenty_callers_with_one_key_make_one_order(client, stocked, shopper, rows):
    await stocked({1: 100})
    ann = shopper()

    answers = await asyncio.gather(*(place(client, ann, {1: 2}, key="k") for _ in range(20)))

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert rows(AVAILABLE) == [{"product_id": 1, "n_available": 98}]
    assert len(rows("select 1 from orders")) == 1


async def test_a_refusal_is_repeated_too(client, stocked, shopper):
    await stocked({1: 1})
    ann = shopper()
    first = await place(client, ann, {1: 2}, key="k")
    movement = {"product_id": 1, "delta": 5, "reason": "received"}
    await client.post("/api/v1/stock/movements", json=movement, headers=shopper(role="ops"))

    again = await place(client, ann, {1: 2}, key="k")

    assert (again.status_code, again.content) == (409, first.content)
    assert again.headers["content-type"] == first.headers["content-type"]


async def test_a_key_with_another_body_is_refused(client, stocked, shopper):
    await stocked({1: 5})
    ann = shopper()
    await place(client, ann, {1: 1}, key="k")

    answer = await place(client, ann, {1: 2}, key="k")

    assert (answer.status_code, answer.json()["type"]) == (
        422,
        "/problems/idempotency-key-reused",
    )


async def test_a_key_is_free_again_after_24_hours(client, stocked, shopper, database, rows):
    await stocked({1: 5})
    ann = shopper()
    await place(client, ann, {1: 1}, key="k")
    database.execute(sa.text("update idempotency_keys set created_at = now() - interval '24 h'"))

    answer = await place(client, ann, {1: 2}, key="k")

    assert answer.status_code == 201
    assert len(rows("select 1 from orders")) == 2


async def test_two_customers_may_use_the_same_key(client, stocked, shopper, rows):
    await stocked({1: 5})

    await place(client, shopper(), {1: 1}, key="k")
    await place(client, shopper(), {1: 1}, key="k")

    assert len(rows("select 1 from orders")) == 2


async def test_an_order_without_a_key_is_a_bad_request(client, shopper):
    answer = await client.post(ORDERS, json={"payment_method": VISA}, headers=shopper())

    assert answer.status_code == 400
    assert answer.json()["type"] == "/problems/idempotency-key-required"


async def test_a_product_named_twice_is_refused(client, shopper):
    lines = [{"product_id": 1, "quantity": 1}] * 2
    headers = {**shopper(), "Idempotency-Key": "k"}

    answer = await client.post(
        ORDERS, json={"payment_method": VISA, "lines": lines}, headers=headers
    )

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "body.lines"


async def test_anothers_order_looks_unknown(client, stocked, shopper):
    await stocked({1: 5})
    ann, bob = shopper(), shopper()
    order_id = (await place(client, ann, {1: 1})).json()["order_id"]

    for path, method in ((f"{ORDERS}/{order_id}", "GET"), (f"{ORDERS}/{order_id}/cancel", "POST")):
        anothers = await client.request(method, path, headers=bob)
        other_path = path.replace(f"/{order_id}", "/999")
        unknown = await client.request(method, other_path, headers=bob)

        assert anothers.status_code == unknown.status_code == 404
        assert anothers.json()["type"] == unknown.json()["type"] == "/problems/unknown-order"

    assert (await client.get(ORDERS, headers=bob)).json()["orders"] == []
    assert (await client.get(f"{ORDERS}/{order_id}", headers=ann)).status_code == 200


async def test_orders_come_newest_first_page_by_page(client, stocked, shopper):
    await stocked({1: 50})
    ann = shopper()
    made = [(await place(client, ann, {1: 1})).json()["order_id"] for _ in range(5)]
    seen, cursor = [], None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await client.get(ORDERS, params=params, headers=ann)).json()
        seen += [order["order_id"] for order in page["orders"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break

    assert seen == sorted(made, reverse=True)


async def test_a_cursor_of_another_customers_listing_is_refused(client, stocked, shopper):
    await stocked({1: 5})
    ann = shopper()
    for _ in range(2):
        await place(client, ann, {1: 1})
    cursor = (await client.get(ORDERS, params={"limit": 1}, headers=ann)).json()["next_cursor"]

    answer = await client.get(ORDERS, params={"cursor": cursor}, headers=shopper())

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-cursor")


async def test_cancelling_puts_the_units_back_once(client, stocked, shopper, rows, logged):
    await stocked({1: 5})
    ann = shopper()
    order_id = (await place(client, ann, {1: 3})).json()["order_id"]

    answers = await asyncio.gather(
        *(client.post(f"{ORDERS}/{order_id}/cancel", headers=ann) for _ in range(5))
    )

    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 4
    assert rows(AVAILABLE) == [{"product_id": 1, "n_available": 5}]
    *_, returned, level = logged()
    assert (returned.kind, returned.quantity, returned.order_id) == ("return", 3, order_id)
    assert (level.n_available, level.reason) == (5, "returned")
    event_ids = [row.event_id for row in logged()]
    assert len(set(event_ids)) == len(event_ids)
