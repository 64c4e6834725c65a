"""What operators look at: sales by hour and day, and cover (transactional.figures)."""

import pytest
import sqlalchemy as sa

from tests.live.transactional.ordering import ORDERS, place

pytestmark = pytest.mark.live
SALES, COVER = "/api/v1/figures/sales", "/api/v1/figures/cover"
SUMS = ("n_orders", "n_cancelled", "n_units", "total_cents", "refunded_cents")


@pytest.fixture
def ops(shopper):
    return shopper(role="ops")


async def test_sales_are_orders_that_stand_and_refunds_are_told_beside_them(
    client, ops, shopper, stocked, database
):
    await stocked({1: 50, 2: 50})
    buyer = shopper()
    for lines in ({1: 2}, {1: 1, 2: 3}, {2: 5}):
        order = (await place(client, buyer, lines)).json()
    await client.post(f"{ORDERS}/{order['order_id']}/cancel", headers=buyer)
    refund = sa.text(
        "insert into refunds (order_id, number, cents, reason, status, created_at, updated_at)"
        " select min(order_id), 1, 150, 'goodwill', 'given', now(), now() from orders"
    )
    database.execute(refund)

    for unit in ("hour", "day"):
        told = (await client.get(SALES, params={"unit": unit, "n": 3}, headers=ops)).json()
        sums = {name: sum(bucket[name] for bucket in told["buckets"]) for name in SUMS}

        assert len(told["buckets"]) == 3
        # 2 + 1 units of the first and 3 of the second product, each at 10.00.
        assert sums == dict(zip(SUMS, (2, 1, 6, 6000, 150), strict=True))


async def test_cover_is_told_lowest_first_page_by_page_and_searched(client, ops, stocked):
    await stocked({1: 100, 2: 6, 3: 0, 4: 9})
    rates = [{"product_id": id_, "units_per_day": rate} for id_, rate in ((1, 2), (2, 3), (3, 1))]
    await client.put("/api/v1/stock/demand-rates", json={"rates": rates}, headers=ops)

    found, cursor = [], {}
    while True:
        answer = await client.get(COVER, params={"limit": 2, **cursor}, headers=ops)
        page = answer.json()
        found += [(each["product_id"], each["days_of_cover"]) for each in page["products"]]
        if page["next_cursor"] is None:
            break
        cursor = {"cursor": page["next_cursor"]}

    assert found == [(3, 0.0), (2, 2.0), (1, 50.0), (4, None)]
    for q, ids in (("2", [2]), ("PRODUCT 4", [4]), ("100%", []), ("_", []), ("nothing", [])):
        answer = await client.get(COVER, params={"q": q}, headers=ops)
        assert [each["product_id"] for each in answer.json()["products"]] == ids, q


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (f"{SALES}?unit=minute", 422),
        (f"{SALES}?n=0", 422),
        (f"{SALES}?n=201", 422),
        (f"{COVER}?limit=101", 422),
        (f"{COVER}?cursor=abc", 400),
    ],
)
async def test_what_cannot_be_told_is_a_problem(client, ops, path, status):
    assert (await client.get(path, headers=ops)).status_code == status
