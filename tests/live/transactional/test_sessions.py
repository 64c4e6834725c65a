"""Sessions: refresh tokens that are good once, and logging out (transactional.accounts.sessions)."""

import datetime as dt

import pytest

from transactional.deps import utc_now

pytestmark = pytest.mark.live
ANN = {"email": "ann@example.com", "password": "correct horse battery"}


@pytest.fixture
async def ann(client):
    """Ann is registered and logged in: her tokens."""
    await client.post("/api/v1/accounts", json=ANN)
    return (await client.post("/api/v1/tokens", json=ANN)).json()


@pytest.fixture
def refresh(client):
    async def post(token):
        return await client.post("/api/v1/tokens/refresh", json={"refresh_token": token})

    return post


async def me(client, token):
    headers = {"Authorization": f"Bearer {token}"}
    return (await client.get("/api/v1/accounts/me", headers=headers)).status_code


async def test_a_session_goes_on_from_token_to_token(client, ann, refresh):
    second = (await refresh(ann["refresh_token"])).json()
    third = (await refresh(second["refresh_token"])).json()

    assert len({each["refresh_token"] for each in (ann, second, third)}) == 3
    assert await me(client, third["access_token"]) == 200


async def test_a_token_that_comes_twice_ends_the_session_for_thief_and_owner(
    client, ann, refresh, rows
):
    stolen = ann["refresh_token"]
    owners = (await refresh(stolen)).json()

    thief = await refresh(stolen)
    owner = await refresh(owners["refresh_token"])

    assert (thief.status_code, owner.status_code) == (401, 401)
    assert rows("select ended_why from sessions") == [{"ended_why": "a refresh token came twice"}]


async def test_other_sessions_do_not_notice(client, ann, refresh):
    phone = (await client.post("/api/v1/tokens", json=ANN)).json()
    for _ in range(2):
        await refresh(ann["refresh_token"])

    assert (await refresh(phone["refresh_token"])).status_code == 201


async def test_logging_out_ends_one_session(client, ann, refresh):
    phone = (await client.post("/api/v1/tokens", json=ANN)).json()

    body = {"refresh_token": ann["refresh_token"]}
    out = [await client.post("/api/v1/tokens/revoke", json=body) for _ in range(2)]

    assert [answer.status_code for answer in out] == [204, 204]
    assert (await refresh(ann["refresh_token"])).status_code == 401
    assert (await refresh(phone["refresh_token"])).status_code == 201


async def test_logging_out_everywhere_ends_every_session_and_access_token(
    app, client, ann, refresh
):
    phone = (await client.post("/api/v1/tokens", json=ANN)).json()
    headers = {"Authorization": f"Bearer {phone['access_token']}"}

    await client.post("/api/v1/accounts/me/log-out-everywhere", headers=headers)
    await app.state.revocations.refresh_revocations()
    again = (await client.post("/api/v1/tokens", json=ANN)).json()

    for tokens in (ann, phone):
        assert (await refresh(tokens["refresh_token"])).status_code == 401
        assert await me(client, tokens["access_token"]) == 401
    assert await me(client, again["access_token"]) == 200


async def test_a_new_password_logs_out_everywhere(app, client, ann, refresh):
    headers = {"Authorization": f"Bearer {ann['access_token']}"}
    change = {"password": "a wrong one", "new_password": "battery staple horse"}

    wrong = await client.put("/api/v1/accounts/me/password", json=change, headers=headers)
    change["password"] = ANN["password"]
    right = await client.put("/api/v1/accounts/me/password", json=change, headers=headers)

    assert (wrong.status_code, right.status_code) == (401, 204)
    assert (await refresh(ann["refresh_token"])).status_code == 401
    assert (await client.post("/api/v1/tokens", json=ANN)).status_code == 401
    new = {**ANN, "password": "battery staple horse"}
    assert (await client.post("/api/v1/tokens", json=new)).status_code == 201


async def test_a_session_ends_after_thirty_days(client, ann, refresh, monkeypatch):
    later = utc_now() + dt.timedelta(days=30, seconds=1)
    monkeypatch.setattr("transactional.accounts.deps.utc_now", lambda: later)

    assert (await refresh(ann["refresh_token"])).status_code == 401


async def test_an_unknown_token_looks_like_an_ended_one(ann, refresh):
    for _ in range(2):
        ended = await refresh(ann["refresh_token"])

    assert (await refresh("x" * 43)).json() == ended.json()


async def test_only_hashes_are_stored(ann, rows):
    stored = rows("select encode(token_hash, 'escape') as token from refresh_tokens")

    assert ann["refresh_token"] not in str(stored)
