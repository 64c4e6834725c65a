"""Becoming a seller, and ceasing to be one (transactional.sellers)."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from tests.live.transactional.ordering import place
from transactional.accounts.personal_data import PersonalData
from transactional.deps import utc_now
from transactional.sellers.suspending import Suspensions

pytestmark = pytest.mark.live
SELLERS = "/api/v1/sellers"
LAMPS = {"name": "Ann's Lamps", "about": "Lamps, and their bulbs"}


@pytest.fixture
def ops(shopper):
    return shopper(role="ops")


@pytest.fixture
def decide(client, ops):
    """Decide about a seller: `await decide(seller_id, "approve")`."""

    async def post(seller_id, decision, note="as we said"):
        body = {"decision": decision, "note": note}
        return await client.post(f"{SELLERS}/{seller_id}/decision", json=body, headers=ops)

    return post


async def apply(client, who, **changes):
    return await client.post(SELLERS, json=LAMPS | changes, headers=who)


async def test_a_customer_applies_is_approved_told_by_mail_and_may_list(
    client, shopper, ops, decide, rows
):
    ann = shopper()
    applied = (await apply(client, ann)).json()
    early = await client.post(
        "/api/v1/catalogue/products", json={"title": "Lamp", "price_cents": 1}, headers=ann
    )

    waiting = (await client.get(f"{SELLERS}?status=applied", headers=ops)).json()
    approved = (await decide(applied["seller_id"], "approve", "Welcome")).json()

    assert (applied["status"], early.status_code) == ("applied", 403)
    assert [each["name"] for each in waiting["sellers"]] == ["Ann's Lamps"]
    assert approved["status"] == "approved"
    assert [(each["decision"], each["note"]) for each in approved["decisions"]] == [
        ("approve", "Welcome")
    ]
    assert rows(
        "select role from accounts where customer_id = :id", id=approved["customer_id"]
    ) == [{"role": "seller"}]
    assert rows("select kind, customer_id, facts from mails") == [
        {
            "kind": "seller_approved",
            "customer_id": approved["customer_id"],
            "facts": {"name": "Ann's Lamps", "note": "Welcome"},
        }
    ]
    listed = await client.post(
        "/api/v1/catalogue/products", json={"title": "Lamp", "price_cents": 1}, headers=ann
    )
    assert (listed.status_code, listed.json()["seller_id"]) == (201, applied["seller_id"])


async def test_one_application_at_a_time_and_a_refused_one_may_be_made_again(
    client, shopper, decide
):
    ann = shopper()
    first = (await apply(client, ann)).json()

    twice = await apply(client, ann, name="Other")
    renamed = await client.patch(f"{SELLERS}/me", json={"name": "Lights"}, headers=ann)
    await decide(first["seller_id"], "refuse", "no papers")
    again = await apply(client, ann, about="with papers")

    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/already-applied")
    assert (renamed.status_code, renamed.json()["name"]) == (200, "Lights")
    assert (again.status_code, again.json()) == (
        201,
        first | {"about": "with papers", "applied_at": again.json()["applied_at"]},
    )


async def test_a_name_is_one_sellers_however_it_is_written(client, shopper, decide):
    ann, bob, eve = shopper(), shopper(), shopper()
    seller_id = (await apply(client, ann)).json()["seller_id"]
    await apply(client, bob, name="Bob's")

    answers = [
        await apply(client, eve, name="ANN'S  lamps"),
        await client.patch(f"{SELLERS}/me", json={"name": "ann's lamps"}, headers=bob),
    ]
    await decide(seller_id, "approve")
    approved = await client.patch(f"{SELLERS}/me", json={"name": "Fake Brand"}, headers=ann)
    about = await client.patch(f"{SELLERS}/me", json={"about": "more lamps"}, headers=ann)

    assert {(a.status_code, a.json()["type"]) for a in answers} == {
        (409, "/problems/seller-name-taken")
    }
    assert approved.json()["type"] == "/problems/seller-name-approved"
    assert about.json()["about"] == "more lamps"


async def test_of_twenty_who_want_a_name_at_once_one_gets_it(client, shopper, rows):
    answers = await asyncio.gather(*(apply(client, shopper()) for _ in range(20)))

    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 19
    assert len(rows("select 1 from sellers")) == 1


async def test_who_was_refused_can_be_forgotten_and_leaves_the_name_to_others(
    client, shopper, decide, engine, rows
):
    ann, bob = shopper(), shopper()
    seller_id = (await apply(client, ann)).json()["seller_id"]
    await decide(seller_id, "refuse")
    (customer_id,) = [row["customer_id"] for row in rows("select customer_id from sellers")]

    async with AsyncSession(engine) as session, session.begin():
        data = PersonalData(session, customer_id, utc_now)
        known = (await data.export())["business"]
        await data.forget()

    assert [(each["name"], each["status"]) for each in known] == [("Ann's Lamps", "refused")]
    assert rows("select customer_id, name, about from sellers") == [
        {"customer_id": None, "name": None, "about": ""}
    ]
    assert (await apply(client, bob)).status_code == 201


async def test_who_never_applied_is_told_so(client, shopper, ops):
    mine = await client.get(f"{SELLERS}/me", headers=shopper())
    unknown = await client.get(f"{SELLERS}/77", headers=ops)

    assert (mine.status_code, mine.json()["type"]) == (404, "/problems/no-application")
    assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/unknown-seller")


async def test_a_suspended_sellers_products_are_archived_told_and_cannot_be_bought(
    app, client, stocked, selling, shopper, decide, rows
):
    await stocked({1: 5, 2: 5, 3: 5}, seller_id=3)
    await stocked({4: 5}, seller_id=4)
    ann, before = selling(3), len(rows("select 1 from outbox"))
    suspensions = app.state.suspensions

    await decide(3, "suspend", "complaints")
    n_archived = await Suspensions(
        suspensions.sessions, suspensions.now, suspensions.new_event_id, n_at_once=2
    ).archive_suspended()
    refused = await place(client, shopper(), {1: 1})

    assert (n_archived, await suspensions.archive_suspended()) == (3, 0)
    assert rows("select product_id from products where status = 'published'") == [{"product_id": 4}]
    told = rows("select body->>'status' as status from outbox order by position")[before:]
    assert told == [{"status": "archived"}] * 3
    assert refused.json()["type"] == "/problems/not-for-sale"
    publish = await client.patch(
        "/api/v1/catalogue/products/1", json={"status": "published"}, headers=ann
    )
    assert publish.status_code == 403
    assert rows("select role from accounts where role = 'seller'") == []

    await decide(3, "reinstate")
    again = await client.patch(
        "/api/v1/catalogue/products/1", json={"status": "published"}, headers=ann
    )
    assert (again.status_code, await suspensions.archive_suspended()) == (200, 0)
