"""Purchase orders, warehouses, low-stock alerts and stock-outs (transactional.stock)."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from tests.live.transactional.ordering import ledger_differs, place
from transactional.outbox.reading import OutboxReader
from transactional.stock.watching import watch_levels

pytestmark = pytest.mark.live
STOCK = "/api/v1/stock"
BUYS = f"{STOCK}/purchase-orders"


@pytest.fixture
def ops(shopper):
    return shopper(role="ops")


@pytest.fixture
async def watch(migrated):
    """Let the worker's watch see what happened."""
    engine = create_async_engine(migrated.replace("postgresql:", "postgresql+asyncpg:"))
    yield OutboxReader(engine, "stock", watch_levels).read_outbox
    await engine.dispose()


async def buy(client, ops, units, **fields):
    lines = [{"product_id": id_, "quantity": n} for id_, n in units.items()]
    body = {"supplier": "Lamps Ltd", "lines": lines, **fields}
    return await client.post(BUYS, json=body, headers=ops)


async def receive(client, ops, order_id, note, units):
    lines = [{"line_number": number, "quantity": n} for number, n in units.items()]
    body = {"delivery_note": note, "lines": lines}
    return await client.post(f"{BUYS}/{order_id}/receipts", json=body, headers=ops)


def on_hand(rows):
    found = rows("select product_id, sum(n_on_hand)::int as n from stock group by 1 order by 1")
    return {row["product_id"]: row["n"] for row in found}


async def test_what_comes_is_taken_in_until_all_is_there(client, ops, stocked, rows):
    await stocked({1: 5, 2: 0})
    order_id = (await buy(client, ops, {1: 10, 2: 4})).json()["purchase_order_id"]
    first = await receive(client, ops, order_id, "note 1", {1: 6})
    second = await receive(client, ops, order_id, "note 2", {1: 4, 2: 4})

    assert [first.json()["status"], second.json()["status"]] == ["open", "received"]
    assert on_hand(rows) == {1: 15, 2: 4}
    assert ledger_differs(rows) == []
    assert rows(
        "select product_id, delta_on_hand, reason from stock_ledger"
        " where purchase_order_id is not null order by entry_id"
    ) == [
        {"product_id": 1, "delta_on_hand": 6, "reason": "received"},
        {"product_id": 1, "delta_on_hand": 4, "reason": "received"},
        {"product_id": 2, "delta_on_hand": 4, "reason": "received"},
    ]


async def test_a_delivery_note_that_comes_twice_is_one_delivery(client, ops, stocked, rows):
    await stocked({1: 0})
    order_id = (await buy(client, ops, {1: 10})).json()["purchase_order_id"]
    answers = await asyncio.gather(
        *[receive(client, ops, order_id, "note", {1: 3}) for _ in range(5)]
    )
    other = await receive(client, ops, order_id, "note", {1: 4})

    assert {answer.status_code for answer in answers} == {201}
    assert (other.status_code, other.json()["type"]) == (409, "/problems/receipt-not-possible")
    assert on_hand(rows) == {1: 3}


@pytest.mark.parametrize(
    ("units", "refusal"),
    [
        ({1: 11}, "/problems/receipt-not-possible"),
        ({2: 1}, "/problems/receipt-not-possible"),
        ({1: 0}, "/problems/invalid-request"),
    ],
)
async def test_what_was_not_ordered_is_not_taken_in(client, ops, stocked, rows, units, refusal):
    await stocked({1: 0})
    order_id = (await buy(client, ops, {1: 10})).json()["purchase_order_id"]

    answer = await receive(client, ops, order_id, "note", units)

    assert answer.json()["type"] == refusal
    assert on_hand(rows) == {1: 0}
    assert rows("select * from receipts") == []


async def test_nothing_comes_against_a_closed_purchase_order(client, ops, stocked):
    await stocked({1: 0})
    order_id = (await buy(client, ops, {1: 10})).json()["purchase_order_id"]
    await client.post(f"{BUYS}/{order_id}/close", headers=ops)

    answer = await receive(client, ops, order_id, "note", {1: 1})

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/purchase-order-state")


async def test_open_purchase_orders_come_in_pages_oldest_first(client, ops, stocked):
    await stocked({1: 0})
    made = [(await buy(client, ops, {1: 1})).json()["purchase_order_id"] for _ in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = (await client.get(f"{BUYS}?limit=2{cursor}", headers=ops)).json()
        seen += [each["purchase_order_id"] for each in page["purchase_orders"]]
        cursor = page["next_cursor"] and f"&cursor={page['next_cursor']}"

    assert seen == made


async def test_a_product_that_is_not_there_cannot_be_ordered(client, ops, stocked):
    await stocked({1: 0})

    answer = await buy(client, ops, {1: 1, 99: 1})

    assert (answer.status_code, answer.json()["product_id"]) == (404, 99)


async def test_units_go_from_one_warehouse_to_another_and_promised_ones_stay(
    client, ops, shopper, stocked, rows
):
    await stocked({1: 5})
    await place(client, shopper(), {1: 2})
    north = {"name": "North", "latitude": 53.5, "longitude": 10.0}
    north_id = (await client.post(f"{STOCK}/warehouses", json=north, headers=ops)).json()[
        "warehouse_id"
    ]
    move = {"product_id": 1, "from_warehouse_id": 1, "to_warehouse_id": north_id, "quantity": 3}
    moved = await client.post(f"{STOCK}/transfers", json=move, headers=ops)
    too_many = await client.post(f"{STOCK}/transfers", json={**move, "quantity": 1}, headers=ops)

    assert moved.status_code == 204
    assert (too_many.status_code, too_many.json()["n_available"]) == (409, 0)
    assert rows("select warehouse_id, n_on_hand, n_reserved from stock order by 1") == [
        {"warehouse_id": 1, "n_on_hand": 2, "n_reserved": 2},
        {"warehouse_id": north_id, "n_on_hand": 3, "n_reserved": 0},
    ]
    assert ledger_differs(rows) == []


async def test_a_warehouses_name_is_its_own(client, ops):
    answer = await client.post(f"{STOCK}/warehouses", json={"name": "Main"}, headers=ops)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/warehouse-name-taken")


async def test_operators_are_told_once_of_low_stock_and_again_after_there_was_enough(
    client, ops, shopper, stocked, watch, rows
):
    await stocked({1: 5})
    ann = shopper()
    alert = await client.put(f"{STOCK}/1/alert", json={"threshold": 3}, headers=ops)
    for _ in range(3):  # 4, 3, 2 left
        await place(client, ann, {1: 1})
    await watch()
    listed = (await client.get(f"{STOCK}/alerts", headers=ops)).json()["alerts"]
    n_told = len(rows("select from mails where kind = 'low_stock'"))
    more = {"product_id": 1, "delta": 2, "reason": "received"}
    await client.post(f"{STOCK}/movements", json=more, headers=ops)
    await place(client, ann, {1: 1})
    await watch()

    in_units = {"product_id": 1, "threshold": 3, "days_of_cover": None}
    assert alert.json() == {**in_units, "is_low": False}
    assert listed == [{**in_units, "is_low": True}]
    assert n_told == 1
    assert [row["facts"]["n_available"] for row in rows(
        "select facts from mails where kind = 'low_stock' order by created_at")] == [3, 3]  # fmt: skip


async def test_the_hours_without_stock_are_known(client, ops, shopper, stocked, watch, rows):
    await stocked({1: 1})
    await place(client, shopper(), {1: 1})
    await watch()
    rows("update stock_outs set began_at = now() - interval '36 hours' returning 1")
    while_out = (await client.get(f"{STOCK}/1/stock-outs?n_days=1", headers=ops)).json()
    more = {"product_id": 1, "delta": 2, "reason": "received"}
    await client.post(f"{STOCK}/movements", json=more, headers=ops)
    await watch()
    after = (await client.get(f"{STOCK}/1/stock-outs", headers=ops)).json()

    assert while_out["n_hours"] == pytest.approx(24, abs=0.01)
    assert while_out["stock_outs"][0]["ended_at"] is None
    assert after["n_hours"] == pytest.approx(36, abs=0.01)
    assert after["stock_outs"][0]["ended_at"] is not None
