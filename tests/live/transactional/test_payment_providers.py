"""What the shop may expect of a payment provider, of each of the two (transactional.payments)."""

from dataclasses import dataclass
from typing import Any

import pytest

from emporium.ports import free_port
from tests.live.transactional.stripe_account import (
    API_KEY,
    CARD,
    DECLINED_CARD,
    THREE_D_CARD,
    THREE_D_DECLINED_CARD,
)
from transactional.payments.embedded import EmbeddedProvider
from transactional.payments.provider import (
    AuthorisationRequest,
    PaymentRefusedError,
    ProviderUnreachableError,
)
from transactional.payments.stripe_provider import StripeProvider
from transactional.payments.test_provider.cards import METHODS, TIMEOUT

pytestmark = pytest.mark.live
REFUNDS_ANY_SUM = pytest.mark.xfail(
    strict=True, reason="localstripe gives back any sum; Stripe refuses"
)

TAKES_WHAT_WAS_LET_GO = pytest.mark.xfail(
    strict=True, reason="localstripe captures a cancelled intent; Stripe refuses"
)


@dataclass
class EmbeddedBank:
    """The test provider over ASGI, and its customers."""

    bank: Any
    provider: Any
    name: str = "embedded"

    async def method_of(self, number):
        return METHODS["4000000000000002" if number == DECLINED_CARD else number]

    async def decide(self, reference, success):
        decision = "authorised" if success else "declined"
        self.bank.state.bank.books.answer_challenge(int(reference), decision)

    async def refunded_cents(self, reference):
        return self.bank.state.bank.books.entry(int(reference)).refunded_cents

    async def authorise_with_a_lost_answer(self, key):
        [lost] = await self.provider.authorise([AuthorisationRequest(key, 500, "EUR", TIMEOUT)])
        [again] = await self.provider.authorise([AuthorisationRequest(key, 500, "EUR", TIMEOUT)])
        return lost, again

    async def n_held(self):
        return len(self.bank.state.bank.books.entries())

    def gone(self):
        return EmbeddedProvider.at(f"http://127.0.0.1:{free_port()}")


@dataclass
class Stripe:
    """Stripe's library against localstripe, and its customers."""

    account: Any
    provider: Any
    line: Any
    name: str = "stripe"

    async def method_of(self, number):
        return await self.account.method_of(number)

    async def decide(self, reference, success):
        await self.account.decide(reference, success)

    async def refunded_cents(self, reference):
        return await self.account.refunded_cents(reference)

    async def authorise_with_a_lost_answer(self, key):
        request = AuthorisationRequest(key, 500, "EUR", "pm_card_visa")
        self.line.n_to_lose = 2  # the library asks again once by itself
        [lost] = await self.provider.authorise([request])
        [again] = await self.provider.authorise([request])
        return lost, again

    async def n_held(self):
        return len(await self.account.intents())

    def gone(self):
        return StripeProvider.at(API_KEY, f"http://127.0.0.1:{free_port()}", "http://shop/back")


BACKENDS = ["embedded", "stripe"]


@pytest.fixture(params=BACKENDS)
async def backend(request):
    if request.param == "embedded":
        bank, provider = request.getfixturevalue("make_bank")()
        made = EmbeddedBank(bank, provider)
    else:
        account = request.getfixturevalue("stripe_account")
        made = Stripe(account, *account.provider())
    yield made
    await made.provider.aclose()


@pytest.fixture
def held(backend):
    """Hold 5.00 of a card under a key and return what the provider said."""

    async def hold(number=CARD, key="order-1", cents=500):
        method = await backend.method_of(number)
        request = AuthorisationRequest(key, cents, "EUR", method)
        return (await backend.provider.authorise([request]))[0]

    return hold


async def status(backend, reference):
    return (await backend.provider.status(reference)).status


async def test_money_is_held_until_it_is_taken(backend, held):
    authorisation = await held()

    assert (authorisation.status, authorisation.reason) == ("authorised", None)
    assert await status(backend, authorisation.reference) == "authorised"

    await backend.provider.capture(authorisation.reference, 500, "order-1-capture")

    assert await status(backend, authorisation.reference) == "captured"


async def test_a_card_that_is_declined_holds_nothing(held):
    authorisation = await held(DECLINED_CARD)

    assert authorisation.status == "declined"
    assert authorisation.reason


async def test_a_method_nobody_gave_out_is_declined(backend):
    request = AuthorisationRequest("order-1", 500, "EUR", "pm_of_nobody")

    [authorisation] = await backend.provider.authorise([request])

    assert authorisation.status == "declined"


async def test_many_are_answered_in_order(backend):
    cards = [CARD, DECLINED_CARD, THREE_D_CARD, CARD]
    methods = [await backend.method_of(card) for card in cards]
    requests = [
        AuthorisationRequest(f"order-{n}", 500, "EUR", method) for n, method in enumerate(methods)
    ]

    found = await backend.provider.authorise(requests)

    expected = ["authorised", "declined", "action_required", "authorised"]
    assert [each.status for each in found] == expected
    assert len({each.reference for each in found if each.reference}) >= 3


@pytest.mark.parametrize(("success", "expected"), [(True, "authorised"), (False, "declined")])
async def test_the_customers_bank_asks_the_customer(backend, held, success, expected):
    authorisation = await held(THREE_D_CARD)
    assert authorisation.status == "action_required"
    # localstripe leaves the step to Stripe's JavaScript and so names no page; Stripe, given a
    # return_url, does.
    assert bool(authorisation.action_url) == (backend.name == "embedded")

    await backend.decide(authorisation.reference, success)

    assert await status(backend, authorisation.reference) == expected


async def test_the_same_key_holds_once_and_tells_what_has_become_of_it(backend):
    method = await backend.method_of(THREE_D_CARD)
    request = AuthorisationRequest("order-1", 500, "EUR", method)
    n_before = await backend.n_held()
    [first] = await backend.provider.authorise([request])
    await backend.decide(first.reference, success=True)

    [second] = await backend.provider.authorise([request])

    assert (first.status, second.status) == ("action_required", "authorised")
    assert second.reference == first.reference
    assert await backend.n_held() == n_before + 1


async def test_a_lost_answer_is_unknown_until_it_is_asked_for_again(backend):
    n_before = await backend.n_held()

    lost, again = await backend.authorise_with_a_lost_answer("order-1")

    assert isinstance(lost, ProviderUnreachableError)
    assert again.status == "authorised"
    assert await backend.n_held() == n_before + 1


async def test_less_than_was_held_can_be_taken_and_no_more(backend, held):
    less, more = await held(key="order-1"), await held(key="order-2")

    await backend.provider.capture(less.reference, 300, "order-1-capture")
    with pytest.raises(PaymentRefusedError):
        await backend.provider.capture(more.reference, 501, "order-2-capture")

    assert await status(backend, less.reference) == "captured"
    assert await status(backend, more.reference) == "authorised"


async def test_a_capture_asked_for_again_is_done_once(backend, held):
    authorisation = await held()

    for _ in range(2):
        await backend.provider.capture(authorisation.reference, 500, "order-1-capture")

    assert await status(backend, authorisation.reference) == "captured"


async def test_what_was_let_go_stays_let_go(backend, held):
    authorisation = await held()

    await backend.provider.void(authorisation.reference, "order-1-void")
    await backend.provider.void(authorisation.reference, "order-1-void-again")

    assert await status(backend, authorisation.reference) == "voided"


@pytest.mark.parametrize(
    "backend", ["embedded", pytest.param("stripe", marks=TAKES_WHAT_WAS_LET_GO)], indirect=True
)
async def test_what_was_let_go_cannot_be_taken(backend, held):
    authorisation = await held()
    await backend.provider.void(authorisation.reference, "order-1-void")

    with pytest.raises(PaymentRefusedError):
        await backend.provider.capture(authorisation.reference, 500, "order-1-capture")


async def test_a_challenge_nobody_answered_can_be_let_go(backend, held):
    authorisation = await held(THREE_D_CARD)

    await backend.provider.void(authorisation.reference, "order-1-void")

    assert await status(backend, authorisation.reference) == "voided"


async def test_what_was_taken_cannot_be_let_go(backend, held):
    authorisation = await held()
    await backend.provider.capture(authorisation.reference, 500, "order-1-capture")

    with pytest.raises(PaymentRefusedError):
        await backend.provider.void(authorisation.reference, "order-1-void")


async def test_money_goes_back_once_for_each_key(backend, held):
    authorisation = await held()
    await backend.provider.capture(authorisation.reference, 500, "order-1-capture")

    for key in ("order-1-refund-1", "order-1-refund-1", "order-1-refund-2"):
        await backend.provider.refund(authorisation.reference, 200, key)

    assert await backend.refunded_cents(authorisation.reference) == 400


@pytest.mark.parametrize(
    "backend", ["embedded", pytest.param("stripe", marks=REFUNDS_ANY_SUM)], indirect=True
)
async def test_no_more_goes_back_than_was_taken(backend, held):
    authorisation = await held()
    await backend.provider.capture(authorisation.reference, 500, "order-1-capture")
    await backend.provider.refund(authorisation.reference, 400, "order-1-refund-1")

    with pytest.raises(PaymentRefusedError):
        await backend.provider.refund(authorisation.reference, 101, "order-1-refund-2")


async def test_a_provider_that_is_gone_is_unreachable(backend):
    gone = backend.gone()

    with pytest.raises(ProviderUnreachableError):
        await gone.status("1")
    with pytest.raises(ProviderUnreachableError):
        await gone.capture("1", 500, "order-1-capture")
    await gone.aclose()


async def test_what_was_never_asked_for_is_refused(backend):
    with pytest.raises(PaymentRefusedError):
        await backend.provider.capture("404", 500, "order-1-capture")


@pytest.mark.parametrize("backend", ["stripe"], indirect=True)
async def test_a_refund_is_not_given_twice_though_stripe_forgets_keys_after_a_day(backend, held):
    authorisation = await held()
    await backend.provider.capture(authorisation.reference, 500, "order-1-capture")
    await backend.provider.refund(authorisation.reference, 200, "order-1-refund-1")

    backend.line.forget_keys()
    await backend.provider.refund(authorisation.reference, 200, "order-1-refund-1")

    assert await backend.refunded_cents(authorisation.reference) == 200


@pytest.mark.parametrize("backend", ["stripe"], indirect=True)
async def test_a_card_may_be_declined_after_the_customers_confirmation(backend, held):
    authorisation = await held(THREE_D_DECLINED_CARD)

    await backend.decide(authorisation.reference, success=True)

    found = await backend.provider.status(authorisation.reference)
    assert (found.status, found.reason) == ("declined", "card_declined")
