"""Addresses, and what a customer may have and have deleted (transactional.accounts)."""

import json

import pytest

from tests.live.transactional.ordering import place

pytestmark = pytest.mark.live
ADDRESSES = "/api/v1/accounts/me/addresses"
ME = "/api/v1/accounts/me"
PASSWORD = "correct horse battery"
HOME = {
    "recipient": "Ann Smith",
    "street": "Elm Street 7",
    "postal_code": "80331",
    "city": "Munich",
    "region": "Bavaria",
    "country": "DE",
}
WORK = {**HOME, "street": "Oak Road 1", "postal_code": "1010", "city": "Vienna", "country": "AT",
        "region": None}  # fmt: skip


@pytest.fixture
async def ann(client):
    """Ann of Saxony is registered and logged in; return her headers."""
    credentials = {"email": "ann@example.com", "password": PASSWORD}
    await client.post("/api/v1/accounts", json={**credentials, "region": "Saxony"})
    token = (await client.post("/api/v1/tokens", json=credentials)).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


async def add(client, headers, address, **fields):
    return (await client.post(ADDRESSES, json={**address, **fields}, headers=headers)).json()


async def defaults(client, headers):
    listed = (await client.get(ADDRESSES, headers=headers)).json()
    return {each["city"]: each["is_default"] for each in listed}


async def test_one_address_is_the_default_whatever_is_added_changed_or_removed(client, ann):
    first = await add(client, ann, HOME)
    second = await add(client, ann, WORK, is_default=True)
    after_adding = await defaults(client, ann)
    await client.put(
        f"{ADDRESSES}/{first['address_id']}", json={**HOME, "is_default": True}, headers=ann
    )
    after_changing = await defaults(client, ann)
    await client.delete(f"{ADDRESSES}/{first['address_id']}", headers=ann)

    assert first["is_default"] is True
    assert after_adding == {"Munich": False, "Vienna": True}
    assert after_changing == {"Munich": True, "Vienna": False}
    assert await defaults(client, ann) == {"Vienna": True}
    assert second["is_default"] is True


async def test_twenty_addresses_are_kept(client, ann):
    for _ in range(20):
        await add(client, ann, HOME)

    answer = await client.post(ADDRESSES, json=HOME, headers=ann)

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/too-many-addresses")


async def test_somebody_elses_address_looks_like_an_unknown_one(client, ann, shopper):
    anns = (await add(client, ann, HOME))["address_id"]
    bob = shopper()

    other = await client.delete(f"{ADDRESSES}/{anns}", headers=bob)
    unknown = await client.delete(f"{ADDRESSES}/{anns + 1}", headers=bob)

    assert other.status_code == unknown.status_code == 404
    assert len(await defaults(client, ann)) == 1


@pytest.mark.parametrize(
    ("named", "goes_to"), [(False, ("Munich", "Bavaria")), (True, ("Vienna", "AT"))]
)
async def test_an_order_goes_to_the_address_it_names_or_to_the_default_one(
    client, ann, stocked, rows, named, goes_to
):
    await stocked({1: 5})
    await add(client, ann, HOME)
    work = await add(client, ann, WORK)
    order = {
        "payment_method": "pm_card_visa",
        "lines": [{"product_id": 1, "quantity": 1}],
        **({"address_id": work["address_id"]} if named else {}),
    }
    placed = await client.post(
        "/api/v1/orders", json=order, headers={**ann, "Idempotency-Key": "k"}
    )

    [order] = rows("select region from orders")
    assert (placed.json()["ship_to"]["city"], order["region"]) == goes_to


async def test_without_an_address_the_accounts_region_counts(client, ann, stocked, rows):
    await stocked({1: 5})
    placed = await place(client, ann, {1: 1})

    assert placed.json()["ship_to"] is None
    assert rows("select region from orders") == [{"region": "Saxony"}]


async def test_an_order_cannot_go_to_somebody_elses_address(client, ann, shopper, stocked):
    await stocked({1: 5})
    anns = (await add(client, ann, HOME))["address_id"]
    order = {
        "payment_method": "pm_card_visa",
        "lines": [{"product_id": 1, "quantity": 1}],
        "address_id": anns,
    }
    answer = await client.post(
        "/api/v1/orders", json=order, headers={**shopper(), "Idempotency-Key": "k"}
    )

    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/unknown-address")


async def test_an_export_holds_what_is_ones_own_and_no_secret(client, ann, shopper, stocked):
    await stocked({1: 5})
    await add(client, ann, HOME)
    anns = (await place(client, ann, {1: 2})).json()["order_id"]
    bobs = (await place(client, shopper(), {1: 1})).json()["order_id"]
    export = (await client.get(f"{ME}/export", headers=ann)).json()

    assert export["account"][0]["email"] == "ann@example.com"
    assert [order["order_id"] for order in export["orders"]] == [anns]
    assert [line["quantity"] for line in export["order_lines"]] == [2]
    assert export["addresses"][0]["street"] == "Elm Street 7"
    text = json.dumps(export)
    assert str(bobs) not in text
    assert "argon2" not in text
    assert "token" not in text


async def test_a_deleted_account_leaves_its_orders_and_no_person(client, ann, stocked, rows):
    await stocked({1: 5})
    await add(client, ann, HOME)
    order_id = (await place(client, ann, {1: 1})).json()["order_id"]
    await client.post(f"/api/v1/orders/{order_id}/cancel", headers=ann)
    answer = await client.post(f"{ME}/deletion", json={"password": PASSWORD}, headers=ann)

    assert answer.status_code == 204
    assert rows("select order_id, ship_to from orders") == [{"order_id": order_id, "ship_to": None}]
    everything = " ".join(
        str(rows(f"select * from {table}"))
        for table in ("accounts", "addresses", "sessions", "mails", "proofs", "outbox",
                      "idempotency_keys", "orders", "order_history")
    )  # fmt: skip
    for trace in ("ann@example.com", "Ann Smith", "Elm Street", "argon2"):
        assert trace not in everything
    again = {"email": "ann@example.com", "password": PASSWORD}
    assert (await client.post("/api/v1/tokens", json=again)).status_code == 401
    assert (await client.post("/api/v1/accounts", json=again)).status_code == 201


async def test_an_account_with_an_order_under_way_is_not_deleted(client, ann, stocked):
    await stocked({1: 5})
    order_id = (await place(client, ann, {1: 1})).json()["order_id"]

    answer = await client.post(f"{ME}/deletion", json={"password": PASSWORD}, headers=ann)

    assert (answer.status_code, answer.json()["order_id"]) == (409, order_id)
    assert (await client.get(ME, headers=ann)).status_code == 200


async def test_the_wrong_password_deletes_nothing(client, ann):
    answer = await client.post(f"{ME}/deletion", json={"password": "not it"}, headers=ann)

    assert answer.status_code == 401
    assert (await client.get(ME, headers=ann)).status_code == 200
