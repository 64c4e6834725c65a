"""The shop with Stripe as its payment provider, from checkout to the last refund."""

import asyncio
import contextlib
import json
import logging

import pytest
import stripe
from granian.constants import Interfaces
from granian.server.embed import Server

from emporium.ports import free_port, is_listening
from tests.live.transactional.conftest import SECRET as TOKEN_SECRET
from tests.live.transactional.ordering import ORDERS, ledger_differs, place
from tests.live.transactional.stripe_account import (
    API_KEY,
    CARD,
    DECLINED_CARD,
    SECRET,
    THREE_D_CARD,
    THREE_D_DECLINED_CARD,
)
from transactional.settings import Settings

pytestmark = pytest.mark.live
DESK = "/api/v1/fulfilment/orders"
WEBHOOKS = "/api/v1/payments/webhooks"
TEXT_COLUMNS = """
select table_name, column_name from information_schema.columns join information_schema.tables
    using (table_schema, table_name)
where table_schema = 'public' and table_type = 'BASE TABLE'
  and data_type in ('text', 'jsonb', 'bytea', 'ARRAY')
"""


@pytest.fixture
def settings(database_url, redis_url, stripe_server):
    return Settings(
        database_url=database_url,
        redis_url=redis_url,
        token_secret=TOKEN_SECRET,
        payment_provider="stripe",
        stripe_api_key=API_KEY,
        stripe_webhook_secret=SECRET,
        stripe_return_url="http://shop/back",
        stripe_api_base=stripe_server,
        images_url="memory://images",
        log_level="DEBUG",
    )


@pytest.fixture
def provider(stripe_account):
    return stripe_account.provider()[0]


@pytest.fixture
def ann(shopper):
    return shopper()


@pytest.fixture
def ordered(client, stocked, ann, stripe_account):
    """Ann orders two units at 10.00, paid with a card."""

    async def order(number=CARD):
        await stocked({1: 5}, price_cents=1000)
        method = await stripe_account.method_of(number)
        return (await place(client, ann, {1: 2}, method=method)).json()

    return order


@pytest.fixture
def desk(client, shopper):
    """Post to an operator's endpoint of an order: `await desk(order_id, "pack")`."""
    ops = shopper(role="ops")

    async def post(order_id, path, **body):
        return await client.post(f"{DESK}/{order_id}/{path}", json=body or None, headers=ops)

    return post


@pytest.fixture
def returned(client, ann):
    """Ann announces that both units come back."""

    async def announce(order_id):
        back = {"lines": [{"line_number": 1, "quantity": 2}], "reason": "too bright"}
        return await client.post(f"{ORDERS}/{order_id}/returns", json=back, headers=ann)

    return announce


@pytest.fixture
def said(caplog, capsys):
    """What was logged so far, at whatever level."""
    caplog.set_level(logging.DEBUG)
    return lambda: caplog.text + "".join(capsys.readouterr())


@pytest.fixture
def status_of(client, ann):
    async def read(order_id):
        return (await client.get(f"{ORDERS}/{order_id}", headers=ann)).json()["status"]

    return read


async def test_checkout_shipping_capture_return_and_refund(
    app, ordered, desk, returned, rows, stripe_account
):
    order = await ordered()
    [intent] = await stripe_account.intents()
    assert (order["status"], order["payment"]["status"]) == ("confirmed", "authorised")
    assert (intent["status"], intent["amount"], intent["currency"]) == (
        "requires_capture",
        2000,
        "eur",
    )
    assert intent["metadata"] == {"key": f"order-{order['order_id']}"}

    await desk(order["order_id"], "pack")
    await desk(order["order_id"], "shipments/1/ship", carrier="Post", tracking="P1")
    assert await app.state.money.capture_shipped() == 1
    assert (await stripe_account.intent(intent["id"]))["status"] == "succeeded"

    await returned(order["order_id"])
    await desk(order["order_id"], "returns/1/receive", restock=True)
    assert await app.state.money.give_refunds() == 1

    assert await stripe_account.refunded_cents(intent["id"]) == 2000
    assert rows("select provider, status, captured_cents, refunded_cents from payments") == [
        {"provider": "stripe", "status": "captured", "captured_cents": 2000, "refunded_cents": 2000}
    ]
    assert rows("select status from orders") == [{"status": "refunded"}]
    assert ledger_differs(rows) == []


async def test_a_cancelled_order_lets_the_money_go(app, client, ordered, ann, stripe_account):
    order = await ordered()

    await client.post(f"{ORDERS}/{order['order_id']}/cancel", headers=ann)
    assert await app.state.reconciler.void_cancelled() == 1

    assert [intent["status"] for intent in await stripe_account.intents()] == ["canceled"]


async def test_a_declined_card_orders_nothing(ordered, rows):
    answer = await ordered(DECLINED_CARD)

    assert answer["type"] == "/problems/payment-declined"
    assert rows("select status from orders") == [{"status": "cancelled"}]
    assert rows("select n_reserved from stock") == [{"n_reserved": 0}]


def event(intent, kind="payment_intent.amount_capturable_updated", **about):
    about = {
        "object": "payment_intent",
        "id": intent["id"],
        "metadata": intent["metadata"],
        **about,
    }
    return json.dumps({"id": "evt_1", "object": "event", "type": kind, "data": {"object": about}})


def signed(body, secret=SECRET):
    return stripe.WebhookSignature.generate_signature_header(body, secret)


async def tell(client, body, signature):
    headers = {"Stripe-Signature": signature, "Content-Type": "application/json"}
    return (await client.post(WEBHOOKS, content=body, headers=headers)).status_code


async def test_a_webhook_confirms_the_order_once_however_often_and_in_whatever_order_it_comes(
    client, ordered, status_of, stripe_account, rows
):
    order = await ordered(THREE_D_CARD)
    [intent] = await stripe_account.intents()
    needed = event(intent, "payment_intent.requires_action")
    held = event(intent)
    assert await tell(client, held, signed(held)) == 204  # the bank was not asked yet
    assert (order["status"], await status_of(order["order_id"])) == ("pending", "pending")

    await stripe_account.decide(intent["id"], success=True)
    for body in (held, needed, held):
        assert await tell(client, body, signed(body)) == 204

    assert await status_of(order["order_id"]) == "confirmed"
    assert len(rows("select 1 from outbox where topic = 'order_lines'")) == 1
    assert len(rows("select 1 from order_history where to_status = 'confirmed'")) == 1


async def test_a_webhook_that_is_not_stripes_is_refused(client):
    body = event({"id": "pi_1", "metadata": {"key": "order-1"}})

    assert await tell(client, body, signed(body, "whsec_other")) == 400
    assert await tell(client, body, signed(body)) == 204


@contextlib.asynccontextmanager
async def listening(app):
    """Serve an application that runs already on a port of its own."""
    port = free_port()
    server = Server(app, port=port, interface=Interfaces.ASGINL)
    serving = asyncio.create_task(server.serve())
    while not is_listening(port):
        await asyncio.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.stop()
    await serving


async def test_stripe_tells_by_itself_that_the_bank_refused(
    app, ordered, status_of, stripe_account
):
    async with listening(app) as url:
        await stripe_account.tell(url + WEBHOOKS)
        order = await ordered(THREE_D_DECLINED_CARD)
        [intent] = await stripe_account.intents()

        await stripe_account.decide(intent["id"], success=True)
        async with asyncio.timeout(10):
            while await status_of(order["order_id"]) == "pending":
                await asyncio.sleep(0.1)

    assert await status_of(order["order_id"]) == "cancelled"


async def test_a_payment_of_another_provider_is_left_alone(app, ordered, database, stripe_account):
    """A shop that changes its provider while orders are under way asks neither for the other's."""
    await ordered()
    database.exec_driver_sql("update payments set status = 'capturing', provider = 'test'")

    assert await app.state.money.capture_shipped() == 0

    assert [each["status"] for each in await stripe_account.intents()] == ["requires_capture"]


async def test_no_card_number_is_stored_or_logged(client, ordered, ann, rows, said):
    await ordered(CARD)
    await ordered(DECLINED_CARD)
    await ordered(THREE_D_CARD)
    typed = await place(client, ann, {1: 1}, method=CARD)
    wrapped = await place(client, ann, {1: 1}, method=f"pm_{CARD}")

    assert (typed.status_code, wrapped.status_code) == (422, 422)
    stored = "".join(
        str(rows(f'select "{each["column_name"]}" from "{each["table_name"]}"'))
        for each in rows(TEXT_COLUMNS)
    )
    told = said() + typed.text + wrapped.text
    assert "payment_intents" in told
    assert "pm_" in stored
    for number in (CARD, DECLINED_CARD, THREE_D_CARD):
        assert number not in stored
        assert number not in told
