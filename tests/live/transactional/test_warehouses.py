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


async def test_anybody_reads_where_a_product_lies_and_how_much_can_be_sold_there(
    client, stocked, shopper, warehouses, in_warehouse, database
):
    munich, hamburg = warehouses
    path = "/api/v1/catalogue/products/1/places"
    await stocked({1: 3})
    await in_warehouse(1, hamburg, 5)
    await place(client, shopper(region="Hamburg"), {1: 2})

    places = (await client.get(path)).json()["places"]
    database.execute(sa.text("update warehouses set is_open = false where name = 'North'"))
    left = (await client.get(path)).json()["places"]

    assert [tuple(each.values()) for each in places] == [(munich, "Main", 3), (hamburg, "North", 3)]
    assert [each["name"] for each in left] == ["Main"]
    assert (await client.get("/api/v1/catalogue/products/99/places")).status_code == 404


async def test_a_seller_brings_and_takes_units_of_their_own_products(
    client, stocked, shopper, selling, rows
):
    await stocked({1: 3}, seller_id=3)
    await stocked({2: 3}, seller_id=4)
    own, ann = "/api/v1/sellers/me/products/{}/stock", selling(3)
    await place(client, shopper(), {1: 2})
    [row] = (await client.get(own.format(1), headers=ann)).json()["warehouses"]
    versioned = {**ann, "If-Match": f'"{row["version"]}"'}
    brought, taken = ({"delta": n, "reason": "corrected"} for n in (4, -6))

    moved, stale, too_many, anothers = [
        await client.post(own.format(product_id), json=body, headers=headers)
        for product_id, body, headers in (
            (1, brought, versioned), (1, brought, versioned), (1, taken, ann), (2, brought, ann),
        )
    ]  # fmt: skip

    assert (row["n_on_hand"], row["n_reserved"]) == (3, 2)
    assert (moved.status_code, moved.json()["n_available"]) == (201, 5)
    assert [each.status_code for each in (stale, too_many, anothers)] == [412, 409, 404]
    assert rows(
        "select actor_id is not null as by_ann from stock_ledger where delta_on_hand = 4"
    ) == [{"by_ann": True}]
