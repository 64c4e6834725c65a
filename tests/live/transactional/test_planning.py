"""Proposals from draft to ledger, supply terms, position, alerts by days (transactional.planning)."""

import asyncio

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from jobs import plan_purchases
from jobs.partitions import Partitions
from jobs.runner import Dates
from jobs.settings import Settings as JobSettings
from tests.live.transactional.conftest import CHEAP
from tests.live.transactional.ordering import ledger_differs, place
from tests.unit.jobs.purchase_lake import DAY, fill
from transactional.outbox.reading import OutboxReader
from transactional.stock.watching import watch_levels

pytestmark = pytest.mark.live
STOCK = "/api/v1/stock"
BUYS = f"{STOCK}/purchase-orders"
RUN = f"{STOCK}/proposals/2026-05-01"
TERMS = {"supplier": "Lamps Ltd", "unit_cost_cents": 600, "pack_size": 6, "minimum_order": 12}
WHY = {"forecast": 8.5, "lead_time_days": 4, "sentence": "8.5 units are foreseen."}


@pytest.fixture
def ops(shopper):
    return shopper(role="ops")


@pytest.fixture
async def watch(migrated):
    engine = create_async_engine(migrated.replace("postgresql:", "postgresql+asyncpg:"))
    yield OutboxReader(engine, "stock", watch_levels).read_outbox
    await engine.dispose()


@pytest.fixture
def propose(client, ops):
    """Send a run's proposals: units by product, each product an order of its own supplier."""

    async def put(units, transfers=(), path=RUN):
        orders = [
            {
                "supplier": f"Supplier {id_}",
                "warehouse_id": 1,
                "lines": [
                    {"product_id": id_, "quantity": n, "unit_cost_cents": 600, "explanation": WHY}
                ],
            }
            for id_, n in units.items()
        ]
        body = {"purchase_orders": orders, "transfers": list(transfers)}
        return await client.put(path, json=body, headers=ops)

    return put


@pytest.fixture
async def drafts(client, ops):
    """Read the drafts as (id, version, product, units), by product."""

    async def read():
        found = (await client.get(f"{BUYS}?status=draft", headers=ops)).json()["purchase_orders"]
        rows = [(o["purchase_order_id"], o["version"], o["lines"][0]) for o in found]
        return sorted(
            ((id_, version, line["product_id"], line["n_ordered"]) for id_, version, line in rows),
            key=lambda row: row[2],
        )

    return read


async def test_a_draft_is_proposed_edited_approved_received_and_in_the_ledger(
    client, ops, stocked, propose, drafts, rows
):
    await stocked({1: 5})
    made = (await propose({1: 12})).json()
    [(id_, *_)] = await drafts()
    edit = {"lines": [{"line_number": 1, "quantity": 10}]}
    edited = await client.patch(f"{BUYS}/{id_}", json=edit, headers={**ops, "If-Match": '"1"'})
    early = {"delivery_note": "n", "lines": [{"line_number": 1, "quantity": 10}]}
    too_early = await client.post(f"{BUYS}/{id_}/receipts", json=early, headers=ops)
    stale = await client.post(f"{BUYS}/{id_}/approve", headers={**ops, "If-Match": '"1"'})
    approved = await client.post(f"{BUYS}/{id_}/approve", headers={**ops, "If-Match": '"2"'})
    received = await client.post(f"{BUYS}/{id_}/receipts", json=early, headers=ops)

    assert made == {"run_day": "2026-05-01", "n_purchase_orders": 1, "n_lines": 1, "n_transfers": 0, "n_left_out": 0}  # fmt: skip
    line = edited.json()["lines"][0]
    assert (line["n_ordered"], line["n_proposed"], line["explanation"]) == (10, 12, WHY)
    assert edited.headers["ETag"] == '"2"'
    assert (too_early.status_code, too_early.json()["type"]) == (409, "/problems/purchase-order-state")  # fmt: skip
    assert (stale.status_code, stale.json()["type"]) == (412, "/problems/stale-version")
    assert (approved.json()["status"], received.json()["status"]) == ("open", "received")
    assert rows("select delta_on_hand, purchase_order_id from stock_ledger where reason = 'received'") == [
        {"delta_on_hand": 10, "purchase_order_id": id_}
    ]  # fmt: skip
    assert ledger_differs(rows) == []


async def test_the_job_proposes_what_operators_find_and_a_rerun_leaves_what_they_edited(
    client, ops, stocked, drafts, address, database, tmp_path
):
    await stocked({1: 4, 2: 200, 3: 0})
    both = [{**TERMS, "product_id": id_} for id_ in (1, 2, 3)]
    await client.put(f"{STOCK}/terms", json={"terms": both}, headers=ops)
    statement = sa.text(
        "insert into accounts (email, password_hash, role, registered_at)"
        " values ('plan@example.com', :hash, 'ops', now())"
    )
    database.execute(statement, {"hash": CHEAP.hash("a long passphrase")})
    fill(Partitions(tmp_path / "lake"))
    settings = JobSettings(
        emporium_home=tmp_path,
        shop_url=address,
        shop_operator_email="plan@example.com",
        shop_operator_password="a long passphrase",
    )
    await asyncio.to_thread(plan_purchases.main, settings, Dates(DAY, DAY))
    [(id_, version, product_id, n_units)] = await drafts()
    made = (await client.get(f"{BUYS}/{id_}", headers=ops)).json()
    edit = {"lines": [{"line_number": 1, "quantity": n_units + 6}]}
    await client.patch(f"{BUYS}/{id_}", json=edit, headers=ops)
    await asyncio.to_thread(plan_purchases.main, settings, Dates(DAY, DAY))

    assert (made["run_day"], made["supplier"], product_id) == ("2026-05-01", "Lamps Ltd", 1)
    assert n_units % 6 == 0
    assert made["lines"][0]["explanation"]["sentence"].startswith("24.0 units")
    assert await drafts() == [(id_, version + 1, 1, n_units + 6)]


async def test_a_draft_is_rejected_for_a_reason_once(client, ops, stocked, propose, drafts):
    await stocked({1: 5})
    await propose({1: 12})
    [(id_, *_)] = await drafts()
    nothing = {"lines": [{"line_number": 1, "quantity": 0}]}
    await client.patch(f"{BUYS}/{id_}", json=nothing, headers=ops)
    empty = await client.post(f"{BUYS}/{id_}/approve", headers=ops)
    unsaid = await client.post(f"{BUYS}/{id_}/reject", json={"reason": ""}, headers=ops)
    why = {"reason": "Season is over."}
    rejected = await client.post(f"{BUYS}/{id_}/reject", json=why, headers=ops)
    again = await client.post(f"{BUYS}/{id_}/reject", json=why, headers=ops)

    assert (empty.status_code, unsaid.status_code, again.status_code) == (409, 422, 409)
    assert (rejected.json()["status"], rejected.json()["reason"]) == ("rejected", "Season is over.")
    assert rejected.json()["decided_by"] is not None


async def test_a_rerun_replaces_the_drafts_that_nobody_has_touched_and_no_others(
    client, ops, stocked, propose, drafts
):
    await stocked({1: 0, 2: 0, 3: 0, 4: 0})
    await propose({1: 10, 2: 10, 3: 10, 4: 10})
    edited, approved, rejected, untouched = [row[0] for row in await drafts()]
    edit = {"lines": [{"line_number": 1, "quantity": 7}]}
    await client.patch(f"{BUYS}/{edited}", json=edit, headers=ops)
    await client.post(f"{BUYS}/{approved}/approve", headers=ops)
    await client.post(f"{BUYS}/{rejected}/reject", json={"reason": "no room"}, headers=ops)

    again = (await propose({1: 20, 2: 20, 3: 20, 4: 20})).json()

    assert (again["n_lines"], again["n_left_out"]) == (1, 3)
    assert [row[2:] for row in await drafts()] == [(1, 7), (4, 20)]
    assert (await client.get(f"{BUYS}/{untouched}", headers=ops)).status_code == 404
    assert (await client.get(f"{BUYS}/{approved}", headers=ops)).json()["lines"][0][
        "n_ordered"
    ] == 10


async def test_the_next_days_plan_replaces_drafts_and_an_older_days_none(stocked, propose, drafts):
    await stocked({1: 0, 2: 0})
    await propose({1: 10})
    next_day = await propose({2: 5}, path=f"{STOCK}/proposals/2026-05-02")
    older = await propose({1: 30})

    assert next_day.status_code == 200
    assert (older.status_code, older.json()["type"]) == (409, "/problems/older-planning-run")
    assert [row[2:] for row in await drafts()] == [(2, 5)]


async def test_proposals_of_a_product_that_is_not_there_change_no_draft(stocked, propose, drafts):
    await stocked({1: 0})
    await propose({1: 10})

    refused = await propose({1: 20, 99: 1})

    assert (refused.status_code, refused.json()["product_id"]) == (404, 99)
    assert [row[2:] for row in await drafts()] == [(1, 10)]


async def test_two_runs_and_an_approval_at_once_leave_each_product_proposed_once(
    client, ops, stocked, propose, drafts
):
    await stocked({1: 0, 2: 0})
    await propose({1: 10, 2: 10})
    first = (await drafts())[0][0]

    answers = await asyncio.gather(
        propose({1: 11, 2: 11}),
        client.post(f"{BUYS}/{first}/approve", headers=ops),
        propose({1: 11, 2: 11}),
    )

    assert [answer.status_code for answer in (answers[0], answers[2])] == [200, 200]
    was_approved = answers[1].status_code == 200  # or it was gone before, and is a draft again
    assert [row[2] for row in await drafts()] == ([2] if was_approved else [1, 2])


async def test_a_proposed_transfer_moves_units_once_approved_and_both_sides_are_in_the_ledger(
    client, ops, stocked, propose, rows
):
    await stocked({1: 20})
    north = (await client.post(f"{STOCK}/warehouses", json={"name": "North"}, headers=ops)).json()
    to_id = north["warehouse_id"]
    move = {"product_id": 1, "from_warehouse_id": 1, "to_warehouse_id": to_id, "quantity": 6, "explanation": WHY}  # fmt: skip
    await propose({}, [move])
    desk = f"{STOCK}/transfer-drafts"
    [draft] = (await client.get(desk, headers=ops)).json()["transfers"]
    own = f"{desk}/{draft['transfer_id']}"
    too_many = await client.patch(own, json={"quantity": 21}, headers=ops)
    refused = await client.post(f"{own}/approve", headers=ops)
    await client.patch(own, json={"quantity": 8}, headers=ops)
    moved = await client.post(f"{own}/approve", headers=ops)
    again = await client.post(f"{own}/reject", json={"reason": "late"}, headers=ops)

    assert too_many.status_code == 200
    assert (refused.status_code, refused.json()["n_available"]) == (409, 20)
    assert (moved.json()["status"], moved.json()["n_proposed"], again.status_code) == (
        "moved",
        6,
        409,
    )
    assert rows("select warehouse_id, delta_on_hand from stock_ledger where reason = 'moved' order by 1") == [
        {"warehouse_id": 1, "delta_on_hand": -8},
        {"warehouse_id": to_id, "delta_on_hand": 8},
    ]  # fmt: skip
    assert ledger_differs(rows) == []


async def test_supply_terms_are_set_read_listed_and_removed(client, ops, stocked):
    await stocked({1: 0, 2: 0})
    own = f"{STOCK}/1/terms"
    missing = await client.get(own, headers=ops)
    first = await client.put(own, json=TERMS, headers={**ops, "If-Match": '"0"'})
    stale = await client.put(own, json=TERMS, headers={**ops, "If-Match": '"0"'})
    both = [{**TERMS, "product_id": id_, "service_class": "AX"} for id_ in (1, 2)]
    many = await client.put(f"{STOCK}/terms", json={"terms": both}, headers=ops)
    unknown = {"terms": [{**TERMS, "product_id": 2}, {**TERMS, "product_id": 99}]}
    none = await client.put(f"{STOCK}/terms", json=unknown, headers=ops)
    page = (await client.get(f"{STOCK}/terms?supplier=Lamps Ltd&limit=1", headers=ops)).json()
    gone = await client.delete(own, headers={**ops, "If-Match": '"2"'})

    assert [each.status_code for each in (missing, first, stale, many, none, gone)] == [404, 200, 412, 204, 404, 204]  # fmt: skip
    assert first.headers["ETag"] == '"1"'
    assert [(each["product_id"], each["version"]) for each in page["terms"]] == [(1, 2)]
    assert page["next_cursor"] is not None
    assert (await client.get(f"{STOCK}/2/terms", headers=ops)).json()["service_class"] == "AX"


async def test_a_plan_reads_stock_sales_what_is_on_order_and_what_came(
    client, ops, shopper, stocked, propose, drafts
):
    await stocked({1: 9, 2: 0, 3: 0})
    both = [{**TERMS, "product_id": id_} for id_ in (1, 2)]
    await client.put(f"{STOCK}/terms", json={"terms": both}, headers=ops)
    await place(client, shopper(), {1: 2})
    await propose({1: 12, 2: 12})
    one, two = [row[0] for row in await drafts()]
    await client.post(f"{BUYS}/{one}/approve", headers=ops)
    note = {"delivery_note": "n1", "lines": [{"line_number": 1, "quantity": 5}]}
    await client.post(f"{BUYS}/{one}/receipts", json=note, headers=ops)
    untouched = (await client.get(f"{STOCK}/position", headers=ops)).json()["products"]
    edit = {"lines": [{"line_number": 1, "quantity": 8}]}
    await client.patch(f"{BUYS}/{two}", json=edit, headers=ops)
    first = (await client.get(f"{STOCK}/position?limit=1", headers=ops)).json()
    rest = (await client.get(f"{STOCK}/position?cursor={first['next_cursor']}", headers=ops)).json()
    receipts = (await client.get(f"{STOCK}/receipts", headers=ops)).json()["receipts"]

    [lamp], [other] = first["products"], rest["products"]
    assert lamp["warehouses"] == [
        {"warehouse_id": 1, "n_on_hand": 14, "n_reserved": 2, "n_on_order": 7, "n_sold": 2}
    ]
    assert (lamp["price_cents"], lamp["terms"]["pack_size"]) == (1000, 6)
    assert other["warehouses"][0]["n_on_order"] == 8  # somebody is at it
    assert untouched[1]["warehouses"][0]["n_on_order"] == 0
    assert [(each["supplier"], each["n_units"]) for each in receipts] == [("Supplier 1", 5)]


async def test_an_alert_in_days_of_cover_turns_with_stock_and_with_demand(
    client, ops, shopper, stocked, watch, rows
):
    await stocked({1: 12})
    rate = {"rates": [{"product_id": 1, "units_per_day": 1.25}]}
    await client.put(f"{STOCK}/demand-rates", json=rate, headers=ops)
    await watch()
    alert = await client.put(f"{STOCK}/1/alert", json={"days_of_cover": 8}, headers=ops)
    await place(client, shopper(), {1: 2})  # 10 units are 8 days of 1.25
    await watch()
    faster = {"rates": [{"product_id": 1, "units_per_day": 0.5}]}
    await client.put(f"{STOCK}/demand-rates", json=faster, headers=ops)
    enough = (await client.get(f"{STOCK}/alerts", headers=ops)).json()["alerts"]
    await client.put(f"{STOCK}/demand-rates", json=rate, headers=ops)
    low = (await client.get(f"{STOCK}/alerts", headers=ops)).json()["alerts"]
    told = rows("select facts from mails where kind = 'low_stock' order by created_at")

    assert alert.json() == {"product_id": 1, "threshold": None, "days_of_cover": 8, "is_low": False}
    assert (enough, [each["is_low"] for each in low]) == ([], [True])
    assert [row["facts"] for row in told] == 2 * [
        {"product_id": 1, "n_available": 10, "threshold": 10, "days_of_cover": 8}
    ]


async def test_an_alert_has_one_bound(client, ops, stocked):
    await stocked({1: 5})
    both = {"threshold": 3, "days_of_cover": 2.5}

    answers = [await client.put(f"{STOCK}/1/alert", json=body, headers=ops) for body in (both, {})]

    assert [answer.status_code for answer in answers] == [422, 422]
