"""Registering and logging in (transactional.accounts)."""

import subprocess
import sys

import pytest

from features.schemas.logs import Customer

pytestmark = pytest.mark.live
ANN = {"email": "Ann@example.com", "password": "correct horse battery"}


async def log_in(client, **changes):
    return await client.post("/api/v1/tokens", json={**ANN, **changes})


async def test_who_registers_can_log_in_and_read_the_account(client):
    registered = await client.post("/api/v1/accounts", json={**ANN, "region": "Bavaria"})
    token = (await log_in(client)).json()["access_token"]

    me = await client.get("/api/v1/accounts/me", headers={"Authorization": f"Bearer {token}"})

    assert registered.status_code == 201
    assert me.json() == registered.json()
    assert me.json()["email"] == "ann@example.com"
    assert me.json()["role"] == "shopper"


async def test_a_registration_leaves_as_a_row_of_the_customers_log(client, rows):
    account = (await client.post("/api/v1/accounts", json={**ANN, "region": "Bavaria"})).json()

    [event] = rows("select topic, key, body, recorded_at from outbox")
    customer = Customer(**event["body"], date=event["recorded_at"].date())
    assert (event["topic"], event["key"]) == ("customers", str(account["customer_id"]))
    assert (customer.customer_id, customer.region) == (account["customer_id"], "Bavaria")
    assert "ann" not in str(event["body"])


async def test_an_email_registers_once_whatever_its_capitals(client, rows):
    await client.post("/api/v1/accounts", json=ANN)

    again = await client.post("/api/v1/accounts", json={**ANN, "email": "ANN@EXAMPLE.com"})

    assert (again.status_code, again.json()["type"]) == (409, "/problems/email-taken")
    assert len(rows("select 1 from outbox")) == 1


async def test_an_unknown_account_and_a_wrong_password_look_the_same(client):
    await client.post("/api/v1/accounts", json=ANN)

    wrong = await log_in(client, password="not the password")
    unknown = await log_in(client, email="bob@example.com")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()


async def test_the_eleventh_try_has_to_wait_even_with_the_right_password(client):
    await client.post("/api/v1/accounts", json=ANN)
    for _ in range(10):
        await log_in(client, password="not the password")

    answer = await log_in(client)

    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 900


async def test_an_unknown_account_is_throttled_like_a_known_one(client):
    answers = [await log_in(client) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [401] * 10 + [429]


async def test_another_address_is_not_throttled_with_it(client):
    await client.post("/api/v1/accounts", json=ANN)
    for _ in range(11):
        await log_in(client, password="not the password")

    elsewhere = await client.post(
        "/api/v1/tokens", json=ANN, headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"}
    )

    assert elsewhere.status_code == 201


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Basic YTpi"])
async def test_without_a_valid_token_nothing_is_told(client, header):
    headers = {"Authorization": header} if header else {}

    answer = await client.get("/api/v1/accounts/me", headers=headers)

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"email": "ann"}, "body.email"),
        ({"password": "short"}, "body.password"),
        ({"region": "\x00"}, "body.region"),
        ({"role": "ops"}, "body.role"),
    ],
)
async def test_a_bad_field_is_named_and_its_value_not_echoed(client, change, field):
    answer = await client.post("/api/v1/accounts", json={**ANN, **change})

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert "short" not in answer.text.replace("shorter", "")


async def test_an_account_becomes_an_operators_by_a_command(client, migrated):
    await client.post("/api/v1/accounts", json=ANN)
    command = [sys.executable, "-m", "transactional.accounts.grant"]

    subprocess.run(
        [*command, "--email", "ann@example.com", "--role", "ops"],
        env={"DATABASE_URL": migrated},
        check=True,
    )

    token = (await log_in(client)).json()["access_token"]
    me = await client.get("/api/v1/accounts/me", headers={"Authorization": f"Bearer {token}"})
    assert me.json()["role"] == "ops"
