"""The checkout with Stripe's form: the shop gets a token, and never a card.

Stripe's script is a stand-in with the same calls: the real one comes from their server alone.
"""

import pytest

from tests.browser.store import make_store, served
from tests.browser.visits import ready_to_pay
from tests.chromium import complaints
from tests.unit.storefront.fake_apis import token_of

pytestmark = pytest.mark.browser
STAND_IN = """
window.Stripe = (key, {locale}) => ({
    elements: options => ({
        create: kind => ({mount: place => { place.textContent = [key, locale, kind, options.mode, options.amount,
            options.currency, options.captureMethod].join(' ') }}),
        submit: async () => window.incomplete ? {error: {message: 'The number is incomplete.'}} : {},
    }),
    createPaymentMethod: async () => ({paymentMethod: {id: 'pm_1AbC'}}),
})
"""


@pytest.fixture
def checkout(fake, browser):
    """The checkout of a customer with a full cart."""
    ready_to_pay(fake)
    with served(make_store(fake, stripe_publishable_key="pk_test_1")) as url:
        context = browser.new_context(base_url=url, locale="en-GB")
        context.route(
            "https://js.stripe.com/v3/",
            lambda route: route.fulfill(body=STAND_IN, content_type="text/javascript"),
        )
        context.route(
            "**/api/v1/events**",
            lambda route: route.fulfill(body="", content_type="text/javascript"),
        )
        context.add_cookies([{"name": "access", "value": token_of(7), "url": url}])
        page = context.new_page()
        found = complaints(page)
        page.goto("/checkout")
        yield page
        context.close()
    assert found == []


def test_a_card_becomes_a_token_at_stripe_and_pays_the_order(checkout, fake):
    form = checkout.locator("#card").inner_text()
    checkout.get_by_role("button", name="Pay €110.80").click()
    checkout.wait_for_url("**/orders/1001**")

    assert form == "pk_test_1 en payment payment 11080 eur manual"
    [order] = [body for method, path, body in fake.asked if (method, path) == ("POST", "/orders")]
    assert order["payment_method"] == "pm_1AbC"


def test_what_stripe_finds_wrong_is_said_and_nothing_is_ordered(checkout, fake):
    checkout.evaluate("window.incomplete = true")

    checkout.get_by_role("button", name="Pay").click()

    checkout.get_by_role("alert").filter(has_text="The number is incomplete.").wait_for()
    assert [each for each in fake.asked if each[:2] == ("POST", "/orders")] == []
