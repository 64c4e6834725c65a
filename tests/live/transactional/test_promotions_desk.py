"""Operators make, bound and end promotions, and set tariffs (transactional.promotions)."""

import asyncio
import datetime as dt

import pytest
import sqlalchemy as sa

from tests.live.transactional.ordering import place

pytestmark = pytest.mark.live
PROMOTIONS, REGIONS = "/api/v1/promotions", "/api/v1/tariffs/regions"
SPRING = {"label": "Spring", "kind": "percentage", "percent_basis_points": 1000}
LAMPS_FREE = {"label": "Two for one", "kind": "buy_x_get_y", "n_buy": 1, "n_get": 1}


@pytest.fixture
def desk(client, shopper):
    """Ask as an operator: `await desk("POST", PROMOTIONS, label="Spring", ...)`."""
    ops = shopper(role="ops")

    async def ask(method, path, **body):
        return await client.request(method, path, json=body or None, headers=ops)

    return ask


async def test_a_promotion_lowers_orders_until_it_is_ended(client, stocked, shopper, desk):
    await stocked({1: 9}, price_cents=1000)
    cleo = shopper()

    made = (await desk("POST", PROMOTIONS, **SPRING, code="SPRING", seller_ids=[3])).json()
    path = f"{PROMOTIONS}/{made['promotion_id']}"
    order = (await place(client, cleo, {1: 2}, codes=["SPRING"])).json()
    now = dt.datetime.now(dt.UTC).isoformat()
    ended = await desk("PATCH", path, ends_at=now)
    refused = await place(client, cleo, {1: 2}, codes=["SPRING"])

    assert (order["discount_cents"], ended.status_code) == (200, 200)
    assert refused.json()["type"] == "/problems/promotion-not-usable"
    seen = (await desk("GET", path)).json()
    assert (seen["n_uses"], seen["seller_ids"], seen["amount_cents"]) == (1, [3], 0)
    listed = (await desk("GET", f"{PROMOTIONS}?limit=1")).json()
    assert (listed["promotions"], listed["next_cursor"]) == ([seen], None)


async def test_a_code_is_one_promotions_at_a_time_however_it_is_written(desk):
    may = {"starts_at": "2026-05-01T00:00:00Z", "ends_at": "2026-06-01T00:00:00Z"}
    june = {"starts_at": "2026-06-01T00:00:00Z"}

    answers = [
        await desk("POST", PROMOTIONS, **SPRING, code="SAVE10", **may),
        await desk("POST", PROMOTIONS, **SPRING, code="save10", **may),
        await desk("POST", PROMOTIONS, **LAMPS_FREE, code="save10", **june),
        await desk("POST", PROMOTIONS, **SPRING, code="Save10"),
    ]
    longer = await desk("PATCH", f"{PROMOTIONS}/{answers[0].json()['promotion_id']}", ends_at=None)
    at_once = await asyncio.gather(
        *(desk("POST", PROMOTIONS, **SPRING, code="RUSH") for _ in range(5))
    )

    assert [a.status_code for a in answers] == [201, 409, 201, 409]
    assert (longer.status_code, longer.json()["type"]) == (409, "/problems/promotion-code-taken")
    assert sorted(a.status_code for a in at_once) == [201, 409, 409, 409, 409]


async def test_uses_are_bounded_but_not_below_what_was_used(client, stocked, shopper, desk):
    await stocked({1: 9}, price_cents=1000)
    cleo = shopper()
    path = f"{PROMOTIONS}/{(await desk('POST', PROMOTIONS, **SPRING)).json()['promotion_id']}"
    await asyncio.gather(*(place(client, cleo, {1: 1}) for _ in range(2)))

    answers = [await desk("PATCH", path, max_uses=n) for n in (1, 2)]
    third = (await place(client, cleo, {1: 1})).json()
    await desk("PATCH", path, max_uses=None, label="Summer")
    fourth = (await place(client, cleo, {1: 1})).json()
    back = await desk("PATCH", path, ends_at="2020-01-01T00:00:00Z")
    unknown = await desk("PATCH", f"{PROMOTIONS}/77", max_uses=1)

    assert [a.status_code for a in answers] == [409, 200]
    assert answers[0].json()["type"] == "/problems/promotion-used"
    assert (third["discount_cents"], fourth["discount_cents"]) == (0, 100)
    assert "Summer" in [charge["label"] for charge in fourth["charges"]]
    assert (back.status_code, back.json()["type"]) == (409, "/problems/promotion-time")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/unknown-promotion")


def steps(*pairs):
    return [{"from_cents": start, "shipping_cents": cost} for start, cost in pairs]


async def test_a_regions_tariff_counts_for_its_orders(client, stocked, shopper, desk, database):
    await stocked({1: 9}, price_cents=1000)
    database.execute(sa.text("insert into regions (region) values ('Texas')"))  # without steps
    bavaria = {"region": "Bavaria", "tax_basis_points": 1900, "latitude": 48.1, "longitude": 11.6}

    await desk("PUT", REGIONS, **bavaria, shipping_steps=steps((0, 990)))
    changed = await desk("PUT", REGIONS, **bavaria, shipping_steps=steps((0, 490), (2000, 0)))
    first = (await desk("GET", f"{REGIONS}?limit=2")).json()
    second = (await desk("GET", f"{REGIONS}?limit=2&cursor={first['next_cursor']}")).json()
    await asyncio.sleep(1.1)  # tariffs are read anew each second
    order = (await place(client, shopper(), {1: 1})).json()

    # .19 of 14.90 is 2.831
    assert (order["shipping_cents"], order["tax_cents"]) == (490, 283)
    assert [t["region"] for t in first["tariffs"] + second["tariffs"]] == ["*", "Bavaria", "Texas"]
    assert (first["tariffs"][1], second["tariffs"][0]["shipping_steps"]) == (changed.json(), [])
