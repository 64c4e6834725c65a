"""Stock in several warehouses, its versions and its ledger (transactional.stock)."""

import asyncio

import pytest
import sqlalchemy as sa

from tests.live.transactional.ordering import ledger_differs, place

pytestmark = pytest.mark.live
TOLD = """
    select (body->>'warehouse_id')::int as warehouse_id,
           (body->>'n_available_there')::int as n_available_there,
           (body->>'n_available')::int as n_available
    from outbox where topic = 'stock_levels' order by position"""


@pytest.fixture
def warehouses(database):
    """Two warehouses, Main in Munich and another in Hamburg, and the regions around them."""
    database.execute(
        sa.text(
            "update warehouses set latitude = 48.1, longitude = 11.6;"
            "insert into warehouses (name, latitude, longitude) values ('North', 53.6, 10.0);"
            "insert into regions (region, latitude, longitude)"
            " values ('Bavaria', 49, 11.5), ('Hamburg', 53.5, 10)"
        )
    )
    return 1, 2


@pytest.fixture
def in_warehouse(client, shopper, warehouses):
    """Receive units of a product in a warehouse."""

    async def receive(product_id, warehouse_id, n):
        move = {"product_id": product_id, "warehouse_id": warehouse_id, "delta": n}
        answer = await client.post(
            "/api/v1/stock/movements",
            json={**move, "reason": "received"},
            headers=shopper(role="ops"),
        )
        assert answer.status_code == 201

    return receive


async def test_the_nearest_warehouse_that_can_fill_sends(
    client, stocked, shopper, rows, warehouses, in_warehouse
):
    munich, hamburg = warehouses
    await stocked({1: 3})
    await in_warehouse(1, hamburg, 5)

    for region, n in (("Bavaria", 2), ("Hamburg", 1), ("Bavaria", 3), ("Hamburg", 2)):
        assert (await place(client, shopper(region=region), {1: n})).status_code == 201

    assert rows("select warehouse_id, quantity from allocations order by order_id, 1") == [
        {"warehouse_id": munich, "quantity": 2},
        {"warehouse_id": hamburg, "quantity": 1},
        {"warehouse_id": hamburg, "quantity": 3},  # one unit is left in Munich: too few
        {"warehouse_id": munich, "quantity": 1},  # split: none has two
        {"warehouse_id": hamburg, "quantity": 1},
    ]
    assert [tuple(row.values()) for row in rows(TOLD)] == [
        (hamburg, 5, 8),  # received
        (munich, 1, 6),
        (hamburg, 4, 5),
        (hamburg, 1, 2),
        (munich, 0, 0),  # split: a row for each
        (hamburg, 0, 0),
    ]


async def test_fifty_units_in_two_warehouses_are_sold_to_five_hundred_buyers_once(
    client, stocked, shopper, rows, promote, in_warehouse
):
    await stocked({1: 21})
    await in_warehouse(1, 2, 29)
    promote(max_uses=10)
    buyers = [shopper(region=region) for region in ("Bavaria", "Hamburg") for _ in range(250)]

    answers = await asyncio.gather(*(place(client, buyer, {1: 1}) for buyer in buyers))

    statuses = [answer.status_code for answer in answers]
    assert (statuses.count(201), statuses.count(409) + statuses.count(503)) == (50, 450)
    assert rows("select sum(n_on_hand - n_reserved) as left_ from stock") == [{"left_": 0}]
    assert rows("select n_uses from promotions") == [{"n_uses": 10}]
    assert ledger_differs(rows) == []


async def test_the_ledger_and_the_history_cannot_be_changed(client, stocked, shopper, database):
    await stocked({1: 5})
    await place(client, shopper(), {1: 1})

    for statement in ("update stock_ledger set reason = 'moved'", "delete from order_history"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            database.execute(sa.text(statement))


async def test_stock_is_changed_only_in_the_version_that_was_read(client, stocked, shopper):
    await stocked({1: 5})
    ops = shopper(role="ops")
    [row] = (await client.get("/api/v1/stock/1", headers=ops)).json()["warehouses"]
    move = {"product_id": 1, "delta": 3, "reason": "corrected"}
    headers = {**ops, "If-Match": f'"{row["version"]}"'}

    first, second = [
        await client.post("/api/v1/stock/movements", json=move, headers=headers) for _ in range(2)
    ]

    assert (first.status_code, first.json()["n_available"]) == (201, 8)
    assert (second.status_code, second.json()["type"]) == (412, "/problems/stale-version")
