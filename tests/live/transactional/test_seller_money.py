"""Commissions, the sellers' ledger and payout runs (transactional.sellers)."""

import asyncio
import csv
import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from tests.live.transactional.ordering import place
from transactional.deps import utc_now
from transactional.outbox.reading import OutboxReader
from transactional.sellers.booking import book_sales
from transactional.sellers.payouts import PayoutRuns, PayoutTerms

pytestmark = pytest.mark.live
SELLERS = "/api/v1/sellers"
POST = {"carrier": "Post", "tracking": "P1"}
FORTNIGHT = PayoutTerms(dt.timedelta(days=14), 100)


@pytest.fixture
def ops(shopper):
    return shopper(role="ops")


@pytest.fixture
def commission(client, ops):
    """Set a rate: `await commission(1500, seller_id=3)`."""

    async def put(basis_points, **whose):
        body = {"basis_points": basis_points, **whose}
        return await client.put(f"{SELLERS}/commissions", json=body, headers=ops)

    return put


@pytest.fixture
def delivered(client, shopper, ops):
    """Order units, `{product_id: n}`, and deliver every parcel; return the customer and the order."""

    async def make(lines, **options):
        cleo = shopper()
        order_id = (await place(client, cleo, lines, **options)).json()["order_id"]
        desk = f"/api/v1/fulfilment/orders/{order_id}"
        packed = (await client.post(f"{desk}/pack", headers=ops)).json()
        for shipment in packed["shipments"]:
            parcel = f"{desk}/shipments/{shipment['number']}"
            await client.post(f"{parcel}/ship", json=POST, headers=ops)
            await client.post(f"{parcel}/deliver", headers=ops)
        return cleo, order_id

    return make


@pytest.fixture
def give_back(client, ops):
    """Send units of a line back and take them in."""

    async def make(cleo, order_id, line_number, n):
        body = {"lines": [{"line_number": line_number, "quantity": n}], "reason": "too big"}
        asked = await client.post(f"/api/v1/orders/{order_id}/returns", json=body, headers=cleo)
        path = f"/api/v1/fulfilment/orders/{order_id}/returns/{asked.json()['number']}/receive"
        return (await client.post(path, json={"restock": True}, headers=ops)).json()

    return make


@pytest.fixture
def pay(client, ops):
    async def post(key):
        headers = {**ops, "Idempotency-Key": key}
        return await client.post(f"{SELLERS}/payout-runs", headers=headers)

    return post


LEDGER = "select kind, cents from seller_ledger where seller_id = :seller order by entry_id"


def ledger(rows, seller=3):
    return [(row["kind"], row["cents"]) for row in rows(LEDGER, seller=seller)]


async def test_a_delivered_line_is_earned_less_the_commission_and_what_comes_back_is_taken_back(
    client, stocked, selling, promote, commission, delivered, give_back, book, rows
):
    await stocked({1: 9}, seller_id=3, price_cents=1000)
    await stocked({2: 9}, seller_id=None, price_cents=500)
    promote(percent_basis_points=1000)
    ann = selling(3)
    await commission(1500)

    # 3 of 10.00 less 10 % is 27.00, a unit 9.00, of each the shop keeps 1.35; line 2 is the shop's own
    cleo, order_id = await delivered({1: 3, 2: 1})
    n_read = await book()
    first = ledger(rows)
    returned = await give_back(cleo, order_id, 1, 1)
    await give_back(cleo, order_id, 1, 2)
    await book()

    assert n_read > 0
    assert first == [("sale", 2700), ("commission", -405)]
    assert returned["refund_cents"] == 900
    assert ledger(rows)[2:] == [
        ("refund", -2700),
        ("commission_refund", 405),
    ]  # both returns were read at once
    assert rows("select distinct seller_id, rate_basis_points from seller_ledger") == [
        {"seller_id": 3, "rate_basis_points": 1500}
    ]
    entries = (await client.get(f"{SELLERS}/me/ledger?limit=3", headers=ann)).json()
    rest = await client.get(
        f"{SELLERS}/me/ledger?limit=3&cursor={entries['next_cursor']}", headers=ann
    )
    assert [entry["kind"] for entry in entries["entries"] + rest.json()["entries"]] == [
        "commission_refund", "refund", "commission", "sale",
    ]  # fmt: skip
    assert (await client.get(f"{SELLERS}/me/balance", headers=ann)).json()["balance_cents"] == 0


async def test_goodwill_is_the_shops_and_nothing_is_earned_before_it_arrives(
    client, stocked, selling, shopper, ops, delivered, book, rows
):
    await stocked({1: 9}, seller_id=3, price_cents=1000)
    selling(3)
    await place(client, shopper(), {1: 1})
    await book()
    before = ledger(rows)
    _, order_id = await delivered({1: 1})
    goodwill = {"cents": 400, "reason": "it was late"}
    desk = f"/api/v1/fulfilment/orders/{order_id}"
    await client.post(f"{desk}/refunds", json=goodwill, headers=ops)
    await book()

    assert (before, ledger(rows)) == ([], [("sale", 1000)])


async def test_the_most_specific_rate_of_the_moment_of_the_order_counts(
    client, stocked, selling, shopper, commission, book, rows, database, ops
):
    await stocked({1: 99}, seller_id=3)  # in category 7, Home > Lamps
    await stocked({2: 99}, seller_id=4)
    database.exec_driver_sql(
        "insert into categories (category_id, path) values (90, 'House');"
        "update categories set parent_id = 90, ancestor_ids = '{90}' where category_id = 7"
    )
    cleo = shopper()

    async def rate_of(product_id):
        order_id = (await place(client, cleo, {product_id: 1})).json()["order_id"]
        await book()
        found = rows(
            "select rate_basis_points as r from sold_lines where order_id = :id", id=order_id
        )
        return found[0]["r"]

    found = [await rate_of(1)]
    for basis_points, whose in (
        (1000, {}),
        (900, {"seller_id": 3}),
        (800, {"category_id": 90}),
        (700, {"category_id": 7}),
        (600, {"category_id": 90, "seller_id": 3}),
        (500, {"category_id": 7, "seller_id": 3}),
    ):
        assert (await commission(basis_points, **whose)).status_code == 200
        found.append(await rate_of(1))
    await commission(None, category_id=7, seller_id=3)
    found.append(await rate_of(1))

    assert found == [0, 1000, 900, 800, 700, 600, 500, 600]
    assert await rate_of(2) == 700
    page = (await client.get(f"{SELLERS}/commissions?limit=4", headers=ops)).json()
    last = await client.get(
        f"{SELLERS}/commissions?limit=4&cursor={page['next_cursor']}", headers=ops
    )
    assert [
        (rate["seller_id"], rate["category_id"], rate["basis_points"])
        for rate in page["commissions"] + last.json()["commissions"]
    ] == [(None, None, 1000), (None, 7, 700), (None, 90, 800), (3, None, 900), (3, 90, 600)]


async def test_a_rate_that_changes_after_the_order_changes_nothing_of_it(
    stocked, selling, commission, delivered, book, rows
):
    await stocked({1: 9}, seller_id=3, price_cents=1000)
    await commission(1000)
    await delivered({1: 1})
    await commission(9000)  # before the reader has been there

    await book()

    assert ledger(rows) == [("sale", 1000), ("commission", -100)]


async def test_a_rate_that_cannot_be_is_refused(commission):
    answers = [
        await commission(None),
        await commission(1, category_id=99),
        await commission(1, seller_id=99),
        await commission(10_001),
    ]

    assert [(a.status_code, a.json()["type"]) for a in answers] == [
        (409, "/problems/default-commission"),
        (404, "/problems/unknown-category"),
        (404, "/problems/unknown-seller"),
        (422, "/problems/invalid-request"),
    ]


@pytest.fixture
def long_ago(rows, database):
    """Let what is in the ledger have been earned so many days ago."""

    def shift(days):
        database.exec_driver_sql(f"""
            alter table seller_ledger disable trigger append_only;
            update seller_ledger set earned_at = earned_at - interval '{days} days';
            alter table seller_ledger enable trigger append_only;
        """)

    return shift


async def test_a_run_pays_what_is_two_weeks_old_and_its_books_reconcile(
    client, stocked, selling, commission, delivered, give_back, book, pay, ops, long_ago, rows
):
    await stocked({1: 99}, seller_id=3, price_cents=1000)
    await stocked({2: 99}, seller_id=4, price_cents=99)
    await stocked({5: 99}, seller_id=5, price_cents=5000)  # has no account
    ann, bob = selling(3), selling(4)
    await commission(1000)
    cleo, order_id = await delivered({1: 3, 2: 1, 5: 1})
    await book()
    too_early = (await pay("early")).json()
    long_ago(14)
    await give_back(cleo, order_id, 1, 1)
    await delivered({1: 1})
    await book()
    before = (await client.get(f"{SELLERS}/me/balance", headers=ann)).json()

    # 30.00 - 3.00 - (10.00 - 1.00) is payable, 10.00 - 1.00 not yet; Bob's .89 are below the minimum
    run = (await pay("2026-05")).json()
    again = (await pay("2026-05")).json()

    assert (too_early["n_payouts"], again) == (0, run)
    assert (before["balance_cents"], before["payable_cents"]) == (2700, 1800)
    assert [
        run[name]
        for name in (
            "n_payouts",
            "opening_cents",
            "entries_cents",
            "payouts_cents",
            "closing_cents",
        )
    ] == [1, 0, 2700, 1800, 900]
    assert run["payouts_cents"] + run["ledger_cents"] == 0
    after = (await client.get(f"{SELLERS}/me/balance", headers=ann)).json()
    assert (after["balance_cents"], after["payable_cents"]) == (900, 0)
    assert (await client.get(f"{SELLERS}/me/balance", headers=bob)).json()["balance_cents"] == 89


async def test_a_run_is_a_file_for_the_bank_and_a_transfer_is_noted_once(
    client, selling, pay, adjust, ops
):
    ann = selling(3)
    await adjust()
    run = (await pay("2026-05")).json()
    path = f"{SELLERS}/payout-runs/{run['payout_run_id']}"

    (listed,) = (await client.get(f"{path}/payouts", headers=ops)).json()["payouts"]
    file = await client.get(path, headers={**ops, "Accept": "text/csv"})
    paid = f"{SELLERS}/payouts/{listed['payout_id']}/paid"
    answers = [
        await client.post(paid, json={"bank_reference": reference}, headers=ops)
        for reference in ("SEPA 1", "SEPA 1", "SEPA 2")
    ]
    unknown = await client.get(f"{SELLERS}/payout-runs/77", headers=ops)

    assert (listed["seller_id"], listed["name"], listed["cents"]) == (3, "Seller 3", 500)
    assert file.headers["content-type"].startswith("text/csv")
    assert [
        (row["seller_id"], row["cents"], row["closing_cents"], row["paid_at"])
        for row in csv.DictReader(file.text.splitlines())
    ] == [("3", "500", "0", "")]
    assert [a.status_code for a in answers] == [200, 200, 409]
    assert (await client.get(path, headers=ops)).json()["n_paid"] == 1
    runs = (await client.get(f"{SELLERS}/payout-runs", headers=ops)).json()["runs"]
    assert [each["payout_run_id"] for each in runs] == [run["payout_run_id"]]
    mine = (await client.get(f"{SELLERS}/me/payouts", headers=ann)).json()["payouts"]
    assert [(p["cents"], p["bank_reference"]) for p in mine] == [(500, "SEPA 1")]
    assert unknown.json()["type"] == "/problems/unknown-payout-run"


async def test_what_a_seller_owes_is_taken_along_and_only_the_approved_are_paid(
    client, stocked, selling, delivered, give_back, book, pay, ops, long_ago, rows
):
    await stocked({1: 99}, seller_id=3, price_cents=1000)
    await stocked({2: 99}, seller_id=4, price_cents=1000)
    ann, bob = selling(3), selling(4)
    cleo, order_id = await delivered({1: 1, 2: 1})
    await book()
    long_ago(14)
    suspend = {"decision": "suspend", "note": "complaints"}
    await client.post(f"{SELLERS}/4/decision", json=suspend, headers=ops)

    await pay("first")
    await give_back(cleo, order_id, 1, 1)
    await delivered({1: 3})
    await book()
    long_ago(14)
    owed = (await client.get(f"{SELLERS}/me/payouts", headers=ann)).json()["payouts"]
    second = (await pay("second")).json()

    assert [p["closing_cents"] for p in owed] == [0]
    assert [second[n] for n in ("opening_cents", "entries_cents", "payouts_cents")] == [
        0,
        2000,
        2000,
    ]
    assert ledger(rows) == [
        ("sale", 1000), ("payout", -1000), ("refund", -1000), ("sale", 3000), ("payout", -2000),
    ]  # fmt: skip
    assert (await client.get(f"{SELLERS}/me/balance", headers=bob)).json()["balance_cents"] == 1000


async def test_runs_at_the_same_time_pay_once(
    client, stocked, selling, delivered, book, pay, long_ago, rows
):
    await stocked({1: 9}, seller_id=3, price_cents=1000)
    selling(3)
    await delivered({1: 1})
    await book()
    long_ago(14)

    keys = ["one", "two", "one", "three", "two"]
    answers = await asyncio.gather(*(pay(key) for key in keys))

    assert [a.status_code for a in answers] == [201] * 5
    runs = [(key, a.json()["payout_run_id"]) for key, a in zip(keys, answers, strict=True)]
    assert len(set(runs)) == 3
    assert rows("select cents from payouts") == [{"cents": 1000}]


@pytest.fixture
def adjust(client, ops):
    """Give seller 3 (or another) 5.00 by hand."""

    async def post(seller_id=3, **changes):
        body = {"cents": 500, "reference": "case-1", "note": "we lost a parcel"} | changes
        path = f"{SELLERS}/{seller_id}/adjustments"
        return await client.post(path, json=body, headers=ops)

    return post


async def test_an_adjustment_counts_once_by_its_reference_and_is_payable_at_once(
    client, selling, pay, adjust
):
    ann = selling(3)

    answers = [
        await adjust(),
        await adjust(),
        await adjust(cents=600),
        await adjust(cents=-200, reference="case-2"),
        await adjust(seller_id=77),
        await adjust(cents=0),
    ]
    run = (await pay("now")).json()

    assert [a.status_code for a in answers] == [201, 201, 409, 201, 404, 422]
    assert answers[0].json() == answers[1].json()
    assert run["payouts_cents"] == 300
    assert (await client.get(f"{SELLERS}/me/balance", headers=ann)).json()["balance_cents"] == 0


async def test_a_reader_that_dies_after_it_wrote_books_once(
    stocked, delivered, engine, book, rows, database
):
    await stocked({1: 9}, seller_id=3, price_cents=1000)
    await delivered({1: 1})

    async def dies(connection, events):
        await book_sales(connection, events)
        raise ConnectionError("killed")

    with pytest.raises(ConnectionError):
        await OutboxReader(engine, "sellers", dies).read_outbox()
    after_the_kill = ledger(rows)
    await book()
    database.exec_driver_sql("delete from outbox_readers where name = 'sellers'")
    n_again = await book()  # every event a second time

    assert (after_the_kill, n_again > 0) == ([], True)
    assert ledger(rows) == [("sale", 1000)]


async def test_units_that_come_back_before_they_arrived_were_never_earned(
    client, stocked, shopper, ops, give_back, book, rows
):
    await stocked({1: 9}, seller_id=3, price_cents=1000)
    cleo = shopper()
    order_id = (await place(client, cleo, {1: 2})).json()["order_id"]
    desk = f"/api/v1/fulfilment/orders/{order_id}"
    await client.post(f"{desk}/pack", headers=ops)
    await client.post(f"{desk}/shipments/1/ship", json=POST, headers=ops)
    await give_back(cleo, order_id, 1, 1)
    await book()
    before = ledger(rows)
    await client.post(f"{desk}/shipments/1/deliver", headers=ops)
    await book()

    assert before == []
    assert ledger(rows) == [("sale", 2000), ("refund", -1000)]


async def test_nobody_changes_the_ledger(database, stocked, delivered, book):
    await stocked({1: 9}, seller_id=3)
    await delivered({1: 1})
    await book()

    for statement in ("update seller_ledger set cents = 0", "delete from seller_ledger"):
        with pytest.raises(sa.exc.DBAPIError, match="append-only"):
            database.exec_driver_sql(statement)


async def test_a_run_that_dies_before_its_commit_paid_nobody(
    engine, stocked, selling, delivered, book, long_ago, rows
):
    await stocked({1: 9}, seller_id=3, price_cents=1000)
    selling(3)
    await delivered({1: 1})
    await book()
    long_ago(14)

    async def run(dies):
        async with AsyncSession(engine) as session, session.begin():
            await PayoutRuns(session, 1, utc_now).pay("may", FORTNIGHT)
            if dies:
                raise ConnectionError("killed")

    with pytest.raises(ConnectionError):
        await run(dies=True)
    after_the_kill = rows("select 1 from payouts")
    await run(dies=False)

    assert after_the_kill == []
    assert ledger(rows) == [("sale", 1000), ("payout", -1000)]
