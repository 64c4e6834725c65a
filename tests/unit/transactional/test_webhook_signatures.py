"""Which webhooks are a provider's (transactional.payments.stripe_notices, .embedded)."""

import datetime as dt
import json
import time

import pytest
from stripe import WebhookSignature

from transactional.payments.embedded import EmbeddedNotices
from transactional.payments.notices import BadNoticeError, Notice
from transactional.payments.signatures import sign
from transactional.payments.stripe_notices import StripeNotices

SECRET, OTHER = "whsec_of_the_tests", "whsec_of_somebody"
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
SIX_MINUTES = dt.timedelta(minutes=6)
EMBEDDED_BODY = b'{"key": "order-1", "reference": "7"}'


def event(kind="payment_intent", **about):
    return json.dumps({"object": "event", "data": {"object": {"object": kind, **about}}})


STRIPE_BODY = event(id="pi_7", metadata={"key": "order-1"})


def by_stripe(body, secret=SECRET, late=dt.timedelta(0)):
    seconds = int(time.time() - late.total_seconds())  # the library asks the clock of now
    return WebhookSignature.generate_signature_header(body, secret, seconds)


def by_the_bank(body, secret=SECRET, late=dt.timedelta(0)):
    return sign(body, secret, NOW - late)


@pytest.fixture(params=["stripe", "embedded"])
def signing(request):
    """How a provider signs, one of its notices as (header -> what is read), and its body."""
    if request.param == "stripe":
        notices, body, name = StripeNotices(SECRET), STRIPE_BODY, "Stripe-Signature"
        return by_stripe, body, lambda header: notices.read(body.encode(), {name: header})
    notices, body = EmbeddedNotices(SECRET, lambda: NOW), EMBEDDED_BODY
    return by_the_bank, body, lambda header: notices.read(body, {"Signature": header})


def test_a_signed_notice_names_the_payment(signing):
    sign_it, body, read = signing

    notice = read(sign_it(body))

    assert notice.key == "order-1"
    assert notice.reference in ("pi_7", "7")


def test_while_a_secret_is_renewed_one_of_two_signatures_is_enough(signing):
    sign_it, body, read = signing
    ours, theirs = sign_it(body), sign_it(body, OTHER)

    assert read(f"{ours},{theirs.split(',')[1]}").key == "order-1"
    assert read(f"{theirs},{ours.split(',')[1]}").key == "order-1"


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(lambda sign_it, body: sign_it(body, OTHER), id="another secret"),
        pytest.param(lambda sign_it, body: sign_it(body + body[-1:]), id="another body"),
        pytest.param(lambda sign_it, body: sign_it(body, late=SIX_MINUTES), id="six minutes ago"),
        pytest.param(lambda sign_it, body: "", id="not signed"),
        pytest.param(lambda sign_it, body: "t=,v1=", id="nothing in it"),
        pytest.param(lambda sign_it, body: sign_it(body).split(",")[0], id="a time alone"),
        pytest.param(lambda sign_it, body: sign_it(body).split(",")[1], id="no time"),
        pytest.param(lambda sign_it, body: "t=1,v1=\u00e9", id="no ASCII"),
    ],
)
def test_what_the_provider_did_not_sign_just_now_is_refused(signing, header):
    sign_it, body, read = signing

    with pytest.raises(BadNoticeError):
        read(header(sign_it, body))


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(event(id="pi_7", metadata={}), id="a payment that is not the shop's"),
        pytest.param(event(id="pi_7"), id="a payment without metadata"),
        pytest.param(event("customer", id="cus_1", metadata={"key": "x"}), id="something else"),
    ],
)
def test_of_stripes_events_only_payments_of_the_shop_are_its_business(body):
    headers = {"Stripe-Signature": by_stripe(body)}

    assert StripeNotices(SECRET).read(body.encode(), headers) is None


@pytest.mark.parametrize("body", ["", "[]", '{"data": 1}', '{"data": {"object": {"metadata": 1}}}'])
def test_what_cannot_be_read_is_refused_though_it_is_signed(body):
    from_the_bank = {"Signature": by_the_bank(body.encode())}

    with pytest.raises(BadNoticeError):
        StripeNotices(SECRET).read(body.encode(), {"Stripe-Signature": by_stripe(body)})
    with pytest.raises(BadNoticeError):
        EmbeddedNotices(SECRET, lambda: NOW).read(body.encode(), from_the_bank)


def test_a_body_that_is_no_text_is_refused():
    with pytest.raises(BadNoticeError):
        StripeNotices(SECRET).read(b"\xff", {"Stripe-Signature": "t=1,v1=0"})


def test_the_reference_is_the_payment_intents():
    headers = {"Stripe-Signature": by_stripe(STRIPE_BODY)}

    assert StripeNotices(SECRET).read(STRIPE_BODY.encode(), headers) == Notice("order-1", "pi_7")
