"""Codes by mail: confirming and changing an e-mail, a forgotten password (transactional.accounts)."""

import datetime as dt
import re

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from tests.live.transactional.conftest import SECRET
from tests.live.transactional.ordering import place
from transactional.accounts.throttle import LOCK_OUT
from transactional.deps import utc_now
from transactional.notifications.sending import MailRoom
from transactional.proofs import ProofSigner

pytestmark = pytest.mark.live
ANN = {"email": "ann@example.com", "password": "correct horse battery"}
CONFIRM = "/api/v1/accounts/email-confirmations"
RESET = "/api/v1/accounts/password-resets"


class Letters:
    """A postman who keeps what he is given."""

    def __init__(self):
        self.sent = []

    def message(self, event_id, recipients, letter, created_at):
        return recipients, letter

    async def send(self, message):
        self.sent.append(message)


@pytest.fixture
async def codes(migrated):
    """Send what is due; return the codes by (recipient, first words of the subject)."""
    engine = create_async_engine(migrated.replace("postgresql:", "postgresql+asyncpg:"))

    async def send():
        postman = Letters()
        await MailRoom(engine, postman, ProofSigner(SECRET), utc_now).send_mails()
        found = [
            (to[0], words.subject, re.search("[0-9]+-[0-9a-f]{40}", words.text))
            for to, words in postman.sent
        ]
        return {(to, subject): code[0] if code else None for to, subject, code in found}

    yield send
    await engine.dispose()


async def log_in(client, **changes):
    return await client.post("/api/v1/tokens", json={**ANN, **changes})


@pytest.fixture
async def ann(client):
    """Ann is registered and logged in; return her headers."""
    await client.post("/api/v1/accounts", json=ANN)
    token = (await log_in(client)).json()["access_token"]
    return {"Authorization": f"Bearer {token}"}


async def confirmed_at(client, headers):
    return (await client.get("/api/v1/accounts/me", headers=headers)).json()["email_confirmed_at"]


async def test_the_code_of_a_registration_confirms_the_address_once(client, ann, codes):
    before = await confirmed_at(client, ann)
    [code] = (await codes()).values()
    first = await client.post(CONFIRM, json={"code": code})
    second = await client.post(CONFIRM, json={"code": code})

    assert before is None
    assert first.status_code == 204
    assert (second.status_code, second.json()["type"]) == (422, "/problems/code-not-valid")
    assert await confirmed_at(client, ann) is not None


@pytest.mark.parametrize(
    "code", ["1-" + "0" * 40, "2-" + "a" * 40, "1", "", "99999999999999999999-a"]
)
async def test_a_code_that_nobody_sent_confirms_nothing(client, ann, codes, code):
    await codes()

    answer = await client.post(CONFIRM, json={"code": code})

    assert answer.status_code == 422
    assert await confirmed_at(client, ann) is None


async def test_a_code_whose_time_is_over_counts_no_more(client, ann, codes, rows):
    [code] = (await codes()).values()
    rows("update proofs set expires_at = now() returning 1")

    assert (await client.post(CONFIRM, json={"code": code})).status_code == 422


async def test_a_forgotten_password_is_set_anew_and_ends_all_sessions(client, ann, codes):
    await client.post(RESET, json={"email": "ANN@example.com"})
    code = (await codes())["ann@example.com", "A new password"]
    answer = await client.put(RESET, json={"code": code, "new_password": "staple correct horse"})

    assert answer.status_code == 204
    assert (await log_in(client)).status_code == 401
    assert (await log_in(client, password="staple correct horse")).status_code == 201


async def test_a_code_for_one_purpose_is_not_good_for_another(client, ann, codes):
    [confirm] = (await codes()).values()
    await client.post(RESET, json={"email": ANN["email"]})
    reset = (await codes())["ann@example.com", "A new password"]

    misused = {"code": confirm, "new_password": "staple correct horse"}
    assert (await client.put(RESET, json=misused)).status_code == 422
    assert (await client.post(CONFIRM, json={"code": reset})).status_code == 422


async def test_asking_for_a_password_does_not_tell_who_has_an_account(client, ann, codes):
    await codes()
    known = await client.post(RESET, json={"email": ANN["email"]})
    unknown = await client.post(RESET, json={"email": "bob@example.com"})

    assert (known.status_code, known.content) == (unknown.status_code, unknown.content)
    assert set(await codes()) == {("ann@example.com", "A new password")}


async def test_nobodys_mailbox_is_filled_by_asking(client, ann, codes, rows):
    for _ in range(8):
        await client.post(RESET, json={"email": ANN["email"]})

    assert rows("select count(*) as n from mails where kind = 'reset_password'") == [{"n": 5}]


async def test_a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told(
    client, ann, codes
):
    await codes()
    change = {"password": ANN["password"], "new_email": "Ann@new.example.com"}
    asked = await client.post("/api/v1/accounts/me/email-changes", json=change, headers=ann)
    before = (await client.get("/api/v1/accounts/me", headers=ann)).json()["email"]
    [(sent_to, code)] = [(to, code) for (to, _), code in (await codes()).items()]
    await client.post(CONFIRM, json={"code": code})
    after = (await client.get("/api/v1/accounts/me", headers=ann)).json()["email"]

    assert (asked.status_code, sent_to) == (202, "ann@new.example.com")
    assert (before, after) == ("ann@example.com", "ann@new.example.com")
    assert set(await codes()) == {("ann@example.com", "Your e-mail address was changed")}


async def test_an_address_that_was_taken_meanwhile_stays_its_owners(client, ann, codes):
    await codes()
    change = {"password": ANN["password"], "new_email": "bob@example.com"}
    await client.post("/api/v1/accounts/me/email-changes", json=change, headers=ann)
    [code] = (await codes()).values()
    await client.post("/api/v1/accounts", json={**ANN, "email": "bob@example.com"})

    answer = await client.post(CONFIRM, json={"code": code})

    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/email-taken")
    assert (await client.get("/api/v1/accounts/me", headers=ann)).json()["email"] == ANN["email"]


async def test_the_wrong_password_changes_no_address(client, ann, codes):
    await codes()
    change = {"password": "not the password", "new_email": "eve@example.com"}
    answer = await client.post("/api/v1/accounts/me/email-changes", json=change, headers=ann)

    assert answer.status_code == 401
    assert await codes() == {}


async def test_guessing_from_many_places_is_locked_out_whether_there_is_an_account_or_not(
    client, ann
):
    async def guess(email, n):
        headers = {"X-Forwarded-For": f"203.0.113.{n % 250}"}
        body = {"email": email, "password": "a wrong password"}
        return await client.post("/api/v1/tokens", json=body, headers=headers)

    for email in (ANN["email"], "nobody@example.com"):
        for n in range(LOCK_OUT.max_attempts):
            await guess(email, n)
    known = await guess(ANN["email"], 251)
    unknown = await guess("nobody@example.com", 251)

    assert known.status_code == unknown.status_code == 429
    assert known.json()["type"] == unknown.json()["type"] == "/problems/too-many-attempts"


async def test_codes_are_good_for_as_long_as_the_mail_says(client, ann, rows):
    await client.post(RESET, json={"email": ANN["email"]})

    found = rows(
        "select purpose, expires_at - created_at as good_for from proofs order by proof_id"
    )
    assert found == [
        {"purpose": "confirm_email", "good_for": dt.timedelta(days=7)},
        {"purpose": "reset_password", "good_for": dt.timedelta(hours=1)},
    ]


async def test_a_guest_has_an_account_with_their_cart_that_opens_by_a_password_set_from_a_mail(
    client, stocked, codes
):
    await stocked({1: 5})
    cart = {"Cart-Token": (await client.post("/api/v1/carts")).json()["cart_token"]}
    await client.put("/api/v1/carts/mine/lines/1", json={"quantity": 2}, headers=cart)

    made = await client.post(
        "/api/v1/accounts/guests", json={"email": "Ann@example.com"}, headers=cart
    )
    guest = {"Authorization": f"Bearer {made.json()['access_token']}"}
    again = await client.post("/api/v1/accounts/guests", json={"email": "ann@example.com"})
    shut = [(await log_in(client, password=each)).status_code for each in (" ", ANN["password"])]
    me = (await client.get("/api/v1/accounts/me", headers=guest)).json()
    cart_lines = (await client.get("/api/v1/carts/mine", headers=guest)).json()["lines"]
    order = await place(client, guest, {1: 2})
    await codes()
    await client.post(RESET, json={"email": "ann@example.com"})
    code = next(code for (_, _), code in (await codes()).items() if code)
    await client.put(RESET, json={"code": code, "new_password": ANN["password"]})
    opened = await log_in(client)

    assert made.status_code == order.status_code == opened.status_code == 201
    assert (again.status_code, again.json()["type"]) == (409, "/problems/email-taken")
    assert shut == [401, 401]
    assert (me["email"], me["has_password"]) == ("ann@example.com", False)
    assert [each["quantity"] for each in cart_lines] == [2]
    known = {"Authorization": f"Bearer {opened.json()['access_token']}"}
    orders = (await client.get("/api/v1/orders", headers=known)).json()["orders"]
    assert [each["order_id"] for each in orders] == [order.json()["order_id"]]
