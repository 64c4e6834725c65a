"""Accounts of programs and what is loaded in their name (transactional.accounts.operator, planning.loading)."""

import datetime as dt

import pytest

from transactional.accounts.operator import NotAnOperatorError, make_operator
from transactional.planning.loading import load_terms

pytestmark = pytest.mark.live
NOW = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)
EMAIL, PASSWORD = "Planner@example.org", "a long and good passphrase"


async def log_in(client, password):
    body = {"email": EMAIL, "password": password}
    return (await client.post("/api/v1/tokens", json=body)).status_code


async def test_a_programs_account_is_made_once_and_takes_a_new_password(client, migrated, rows):
    for password in (PASSWORD, PASSWORD, f"{PASSWORD} 2"):
        await make_operator(migrated, EMAIL, password, NOW)

    assert rows("select email, role from accounts") == [
        {"email": "planner@example.org", "role": "ops"}
    ]
    assert [await log_in(client, each) for each in (PASSWORD, f"{PASSWORD} 2")] == [401, 201]
    assert rows("select count(*)::int as n from outbox") == [{"n": 0}]


async def test_a_shopper_does_not_become_an_operator_by_having_the_address(client, migrated, rows):
    body = {"email": EMAIL, "password": PASSWORD}
    await client.post("/api/v1/accounts", json=body)

    with pytest.raises(NotAnOperatorError, match=r"planner@example\.org is a shopper's"):
        await make_operator(migrated, EMAIL, "another long passphrase", NOW)

    assert rows("select role from accounts") == [{"role": "shopper"}]
    assert await log_in(client, PASSWORD) == 201


async def test_loaded_terms_are_for_products_that_have_none(migrated, stocked, rows):
    await make_operator(migrated, EMAIL, PASSWORD, NOW)
    await stocked({1: 5, 2: 5})

    def terms(product_id, supplier):
        return {
            "product_id": product_id,
            "supplier": supplier,
            "unit_cost_cents": 600,
            "pack_size": 6,
            "minimum_order": 12,
        }

    first = await load_terms(migrated, [terms(1, "A"), terms(9, "A")], EMAIL, NOW)
    again = await load_terms(migrated, [terms(1, "B"), terms(2, "B")], EMAIL, NOW)

    assert (first, again) == (1, 1)
    assert rows("select product_id, supplier from supply_terms order by 1") == [
        {"product_id": 1, "supplier": "A"},
        {"product_id": 2, "supplier": "B"},
    ]
