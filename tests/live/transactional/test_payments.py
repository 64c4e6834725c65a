"""Paying for an order, and what is left half-way (transactional.orders, transactional.payments)."""

import dataclasses
import datetime as dt

import httpx
import pytest

from tests.live.transactional.conftest import SECRET
from tests.live.transactional.ordering import ORDERS, ledger_differs, place
from transactional.deps import utc_now
from transactional.payments.embedded import EmbeddedProvider
from transactional.payments.provider import PaymentRefusedError
from transactional.payments.signatures import sign
from transactional.payments.test_provider.cards import DECLINE, THREE_D, TIMEOUT

pytestmark = pytest.mark.live


async def test_an_order_is_confirmed_once_its_money_is_held(client, stocked, shopper, rows, books):
    await stocked({1: 5}, price_cents=250)

    order = (await place(client, shopper(), {1: 2})).json()

    entry = books()[f"order-{order['order_id']}"]
    assert (entry.status, entry.amount_cents, entry.captured_cents) == ("authorised", 500, 0)
    assert order["payment"] == {"status": "authorised", "action_url": None}
    assert rows("select status, reference, amount_cents from payments") == [
        {"status": "authorised", "reference": str(entry.reference), "amount_cents": 500}
    ]
    assert rows("select n_on_hand, n_reserved from stock") == [{"n_on_hand": 5, "n_reserved": 2}]


async def test_a_declined_payment_leaves_no_order_and_no_unit_taken(
    client, stocked, shopper, rows, books
):
    await stocked({1: 5})

    answer = await place(client, shopper(), {1: 2}, method=DECLINE)

    assert (answer.status_code, answer.json()["type"]) == (402, "/problems/payment-declined")
    assert rows("select status from orders") == [{"status": "cancelled"}]
    assert rows("select n_on_hand, n_reserved from stock") == [{"n_on_hand": 5, "n_reserved": 0}]
    assert rows("select 1 from outbox where topic = 'order_lines'") == []
    assert [entry.status for entry in books().values()] == ["declined"]
    assert ledger_differs(rows) == []


async def test_a_challenged_payment_waits_for_the_customer(
    app, bank, client, stocked, shopper, rows
):
    await stocked({1: 5})
    ann = shopper()

    order = (await place(client, ann, {1: 2}, method=THREE_D)).json()

    assert order["status"] == "pending"
    page = await decide(bank, order["payment"]["action_url"], "authorised")
    assert "authorised" in page.text
    for _ in range(2):  # a webhook that comes twice does nothing twice
        assert (await tell(client, order["order_id"], "1")).status_code == 204
    read = await client.get(f"{ORDERS}/{order['order_id']}", headers=ann)
    assert read.json()["status"] == "confirmed"
    assert len(rows("select 1 from outbox where topic = 'order_lines'")) == 1


async def decide(bank, action_url, decision):
    """Press a button on the provider's page; its webhook goes nowhere here."""
    bank.state.bank = replace_webhooks(bank.state.bank)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(bank)) as customer:
        assert "<button" in (await customer.get(action_url)).text
        return await customer.post(action_url, data={"decision": decision})


def replace_webhooks(bank):
    class Silent:
        async def tell(self, notice):
            return False

    return dataclasses.replace(bank, webhooks=Silent())


async def tell(client, order_id, reference, secret=SECRET, skew=dt.timedelta(0)):
    body = f'{{"key": "order-{order_id}", "reference": "{reference}"}}'.encode()
    headers = {"Signature": sign(body, secret, utc_now() + skew)}
    return await client.post("/api/v1/payments/webhooks", content=body, headers=headers)


async def test_a_refused_challenge_cancels_the_order(bank, client, stocked, shopper, rows):
    await stocked({1: 5})
    ann = shopper()
    order = (await place(client, ann, {1: 2}, method=THREE_D)).json()

    await decide(bank, order["payment"]["action_url"], "declined")
    await tell(client, order["order_id"], "1")

    read = await client.get(f"{ORDERS}/{order['order_id']}", headers=ann)
    assert read.json()["status"] == "cancelled"
    assert rows("select n_reserved from stock") == [{"n_reserved": 0}]


async def test_a_webhook_is_believed_only_as_far_as_the_provider_says_the_same(
    client, stocked, shopper
):
    await stocked({1: 5})
    ann = shopper()
    order = (await place(client, ann, {1: 2}, method=THREE_D)).json()

    answer = await tell(client, order["order_id"], "1")  # nobody pressed a button yet

    read = await client.get(f"{ORDERS}/{order['order_id']}", headers=ann)
    assert (answer.status_code, read.json()["status"]) == (204, "pending")


@pytest.mark.parametrize(
    "signed",
    [
        pytest.param({"secret": "another secret of the same length."}, id="another secret"),
        pytest.param({"skew": dt.timedelta(minutes=-6)}, id="six minutes ago"),
        pytest.param({"skew": dt.timedelta(minutes=6)}, id="from the future"),
    ],
)
async def test_a_webhook_that_is_not_the_providers_is_refused(client, signed):
    answer = await tell(client, 1, "1", **signed)

    assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-signature")


async def test_a_lost_answer_is_asked_for_again_and_the_money_is_held_once(
    client, stocked, shopper, rows, books
):
    await stocked({1: 5})
    ann = shopper()

    first = await place(client, ann, {1: 2}, key="k", method=TIMEOUT)

    assert (first.status_code, first.json()["type"]) == (503, "/problems/payment-unknown")
    assert first.headers["Retry-After"]
    assert rows("select status from orders") == [{"status": "pending"}]
    assert [entry.status for entry in books().values()] == ["authorised"]


async def test_the_reconciler_ends_what_a_crash_left(app, client, stocked, shopper, rows, books):
    await stocked({1: 5})
    ann = shopper()
    await place(client, ann, {1: 2}, key="k", method=TIMEOUT)
    age(app, seconds=11)

    assert await app.state.reconciler.finish_unanswered() == 1
    answers = [await place(client, ann, {1: 2}, key="k", method=TIMEOUT) for _ in range(2)]

    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert [entry.status for entry in books().values()] == ["authorised"]
    assert rows("select status from orders") == [{"status": "confirmed"}]
    assert await app.state.reconciler.finish_unanswered() == 0


def age(app, **duration):
    """Let the reconciler's clock run ahead."""
    reconciler = app.state.reconciler
    later = dt.timedelta(**duration)
    object.__setattr__(reconciler, "now", lambda: utc_now() + later)


async def test_a_reservation_runs_out_after_a_quarter_of_an_hour(
    app, client, stocked, shopper, rows, books
):
    await stocked({1: 5})
    await place(client, shopper(), {1: 2}, method=THREE_D)
    reconciler = app.state.reconciler

    age(app, minutes=14, seconds=55)
    assert await reconciler.release_overdue() == 0
    age(app, minutes=15, seconds=5)
    assert await reconciler.release_overdue() == 1
    assert await reconciler.release_overdue() == 0

    assert rows("select n_on_hand, n_reserved from stock") == [{"n_on_hand": 5, "n_reserved": 0}]
    assert await reconciler.void_cancelled() == 1
    assert [entry.status for entry in books().values()] == ["voided"]
    assert ledger_differs(rows) == []


async def test_cancelling_lets_the_money_go(app, client, stocked, shopper, books, rows):
    await stocked({1: 5})
    ann = shopper()
    order = (await place(client, ann, {1: 2})).json()

    await client.post(f"{ORDERS}/{order['order_id']}/cancel", headers=ann)
    await app.state.reconciler.void_cancelled()

    assert [entry.status for entry in books().values()] == ["voided"]
    assert rows("select status from payments") == [{"status": "voided"}]
    history = (await client.get(f"{ORDERS}/{order['order_id']}/history", headers=ann)).json()
    assert [
        (entry["from_status"], entry["to_status"], entry["actor"]) for entry in history["entries"]
    ] == [
        (None, "pending", "customer"),
        ("pending", "confirmed", "payment"),
        ("confirmed", "cancelled", "customer"),
    ]


async def test_without_the_provider_orders_answer_503_and_hold_their_units(
    app, client, stocked, shopper, rows
):
    await stocked({1: 5})
    gone = EmbeddedProvider.at("http://127.0.0.1:1")
    app.state.checkout.authorising.handle = gone.authorise

    answer = await place(client, shopper(), {1: 2})

    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/payment-unknown")
    assert rows("select n_reserved from stock") == [{"n_reserved": 2}]


async def test_an_order_that_costs_nothing_needs_no_payment(
    client, stocked, shopper, promote, books
):
    await stocked({1: 5})
    promote(percent_basis_points=10_000)

    order = (await place(client, shopper(), {1: 1})).json()

    assert (order["status"], order["total_cents"], order["payment"]) == ("confirmed", 0, None)
    assert books() == {}


async def test_a_challenge_whose_webhook_was_lost_is_asked_for(
    app, bank, client, stocked, shopper, rows
):
    await stocked({1: 5})
    order = (await place(client, shopper(), {1: 2}, method=THREE_D)).json()
    reference = int(rows("select reference from payments")[0]["reference"])
    bank.state.bank.books.answer_challenge(reference, "authorised")
    too_early = await app.state.reconciler.ask_of_challenged()
    rows("update payments set updated_at = now() - interval '2 minutes' returning 1")
    asked = await app.state.reconciler.ask_of_challenged()

    assert (too_early, asked) == (0, 1)
    assert rows("select order_id, status from orders") == [
        {"order_id": order["order_id"], "status": "confirmed"}
    ]


async def test_a_challenge_that_is_not_answered_is_asked_for_once_a_minute(
    app, client, stocked, shopper, rows
):
    await stocked({1: 5})
    await place(client, shopper(), {1: 2}, method=THREE_D)
    rows("update payments set updated_at = now() - interval '2 minutes' returning 1")

    assert [await app.state.reconciler.ask_of_challenged() for _ in range(2)] == [1, 0]
    assert rows("select status from orders") == [{"status": "pending"}]


async def test_money_that_cannot_be_let_go_holds_up_no_other_order(
    app, client, stocked, shopper, rows, monkeypatch
):
    await stocked({1: 5})
    ann = shopper()
    first, second = [(await place(client, ann, {1: 1})).json()["order_id"] for _ in range(2)]
    for order_id in (first, second):
        await client.post(f"/api/v1/orders/{order_id}/cancel", headers=ann)
    void = app.state.provider.void

    async def refuses_the_first(reference, key):
        if str(first) in key:
            raise PaymentRefusedError("frozen")
        await void(reference, key)

    monkeypatch.setattr(app.state.provider, "void", refuses_the_first)
    with pytest.raises(PaymentRefusedError, match=str(first)):
        await app.state.reconciler.void_cancelled()

    assert rows("select order_id, status from payments order by order_id") == [
        {"order_id": first, "status": "voiding"},
        {"order_id": second, "status": "voided"},
    ]
