"""From the cart to a paid order, by forms alone."""

import httpx2
from starlette.responses import JSONResponse

from tests.browser.store import make_store
from tests.page_reader import Browser
from tests.unit.storefront.fake_apis import ACCOUNT
from tests.unit.storefront.test_forms_and_headers import logged_in

ADDRESS = {"recipient": "Ada", "street": "Allee 1", "postal_code": "10115", "city": "Berlin"}


async def with_a_lamp(browser, quantity=1):
    product = await browser.open("/products/1")
    return await browser.send(product, "/cart/lines", product_id=1, quantity=quantity)


async def at_the_checkout(browser):
    await with_a_lamp(browser)
    await logged_in(browser)
    page = await browser.open("/checkout")
    return await browser.send(page, "/checkout/addresses", **ADDRESS)


async def test_a_guest_gets_a_cart_with_the_first_product(browser, fake):
    cart = await with_a_lamp(browser, quantity=2)

    assert cart.path == "/cart"
    assert list(fake.carts.values()) == [{1: 2}]
    assert "Total €44.80" in cart.text


async def test_the_same_product_again_is_so_many_more_up_to_a_hundred(browser, fake):
    await with_a_lamp(browser, quantity=60)
    await with_a_lamp(browser, quantity=60)

    assert list(fake.carts.values()) == [{1: 100}]


async def test_units_are_changed_and_taken_out(browser, fake):
    cart = await with_a_lamp(browser)

    cart = await browser.send(cart, "/cart/lines/1", quantity=3)
    assert list(fake.carts.values()) == [{1: 3}]
    cart = await browser.send(cart, "/cart/lines/1", remove=1)
    assert "Your cart is empty" in cart.text


async def test_a_script_that_changes_units_gets_the_cart_alone_and_the_new_count(browser):
    cart = await with_a_lamp(browser)
    fields = dict(cart.form("/cart/lines/1").fields) | {"quantity": "4"}

    answer = await browser.client.post("/cart/lines/1", data=fields, headers={"HX-Request": "true"})

    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert 'hx-swap-oob="true"' in answer.text
    assert "€89.60" in answer.text


async def test_a_price_that_changed_is_told_although_the_api_says_it_to_the_form_alone(
    browser, fake
):
    cart = await with_a_lamp(browser)
    fake.notices = [{"product_id": 1, "was_cents": 2000, "now_cents": 2240}]

    cart = await browser.send(cart, "/cart/lines/1", quantity=2)

    assert "has changed from €20.00 to €22.40" in cart.text
    assert "has changed" not in (await browser.open("/cart")).text


async def test_a_cart_that_was_given_up_is_replaced(browser, fake):
    await with_a_lamp(browser)
    fake.carts.clear()

    assert "Your cart is empty" in (await browser.open("/cart")).text
    assert "Total €22.40" in (await with_a_lamp(browser)).text


async def test_what_cannot_be_bought_leaves_the_cart_and_says_so(browser):
    product = await browser.open("/products/1")

    page = await browser.send(product, "/cart/lines", product_id=500)

    assert page.status == 404
    assert "This product is gone" in page.text


async def test_the_checkout_is_for_customers_and_comes_back_to_itself(browser):
    await with_a_lamp(browser)

    page = await browser.open("/checkout")
    assert page.path == "/login?next=/checkout"
    page = await browser.send(
        page, "/login", email="ada@example.org", password="a long and good passphrase"
    )

    assert page.path == "/checkout"
    assert "Brass reading lamp" in page.text


async def test_without_an_address_nothing_can_be_paid(browser):
    await with_a_lamp(browser)
    await logged_in(browser)

    page = await browser.open("/checkout")

    assert "Give a delivery address" in page.text
    assert [
        form for form in page.forms if form.action == "/checkout" and form.method == "post"
    ] == []


async def test_a_field_that_is_missing_is_named_beside_it(browser):
    await with_a_lamp(browser)
    await logged_in(browser)

    page = await browser.send(
        await browser.open("/checkout"), "/checkout/addresses", recipient="Ada"
    )

    assert page.status == 422
    assert 'aria-describedby="street-wrong"' in page.html
    assert 'value="Ada"' in page.html


async def test_the_checkout_shows_the_whole_price_before_it_is_paid(browser):
    page = await at_the_checkout(browser)

    # 22.40 + 4.90 shipping + 1.20 tax
    assert "Pay €28.50" in page.html


async def test_an_order_is_placed_and_shown(browser, fake):
    page = await at_the_checkout(browser)

    page = await browser.send(page, "/checkout", card="visa")

    assert page.path == "/orders/1001?placed=1"
    assert "Thank you" in page.text
    [(_, _, body)] = [each for each in fake.asked if each[:2] == ("POST", "/orders")]
    assert body == {"payment_method": "pm_card_visa", "codes": [], "address_id": 1}


async def test_a_form_sent_twice_carries_one_key(browser, fake):
    page = await at_the_checkout(browser)
    await browser.send(page, "/checkout", card="declined")
    await browser.send(page, "/checkout", card="declined")

    keys = [each["idempotency-key"] for each in fake.headers if "idempotency-key" in each]
    assert len(keys) == 2
    assert len(set(keys)) == 1


async def test_a_declined_card_keeps_the_cart_and_gets_a_new_key(browser):
    page = await at_the_checkout(browser)
    declined = await browser.send(page, "/checkout", card="declined")

    assert declined.status == 402
    assert "The card was declined" in declined.text
    keys = [dict(p.form("/checkout").fields)["key"] for p in (page_with(page), page_with(declined))]
    assert keys[0] != keys[1]


def page_with(page):
    """The page without the form that chooses an address, which has the same action."""
    page.forms = [form for form in page.forms if form.method == "post"]
    return page


async def test_a_payment_nobody_knows_of_is_tried_again_with_the_same_key(browser, fake):
    page = page_with(await at_the_checkout(browser))
    fake.answers["POST", "/orders"] = problem_503()

    again = page_with(await browser.send(page, "/checkout", card="visa"))

    assert "not placed twice" in again.text
    assert dict(again.form("/checkout").fields)["key"] == dict(page.form("/checkout").fields)["key"]


def problem_503():
    from tests.unit.storefront.fake_apis import problem

    return problem("payment-unknown", 503)


async def test_a_bank_that_asks_is_linked_to_while_the_order_waits(browser):
    page = await at_the_checkout(browser)

    order = await browser.send(page, "/checkout", card="confirmed")

    assert "https://bank.example/1" in order.links
    assert "Thank you" not in order.text


async def test_a_promotion_code_lowers_the_total_and_can_be_taken_away(browser):
    await at_the_checkout(browser)
    cart = await browser.send(await browser.open("/cart"), "/cart/codes", code="SPRING")
    assert "SPRING" in cart.text
    assert "Pay €23.50" in (await browser.open("/checkout")).html

    await browser.send(cart, "/cart/codes", remove="SPRING")
    assert "Pay €28.50" in (await browser.open("/checkout")).html


async def test_a_code_that_counts_not_is_told_before_the_order(browser):
    await at_the_checkout(browser)
    await browser.send(await browser.open("/cart"), "/cart/codes", code="GONE")

    page = await browser.open("/checkout")

    assert "promotion code cannot be used" in page.text
    assert "Pay €" not in page.html


async def test_a_code_with_other_signs_is_refused_beside_its_field(browser):
    page = await browser.send(await with_a_lamp(browser), "/cart/codes", code="a b;c")

    assert page.status == 422
    assert 'aria-describedby="code-wrong"' in page.html


async def test_a_guest_pays_with_an_email_alone_and_sets_a_password_later(browser, fake):
    await browser.send(await browser.open("/products/1"), "/cart/lines")
    page = await browser.open("/checkout")

    page = await browser.send(page, "/guest", email="ada@example.org")

    assert page.path == "/checkout"
    assert "Brass reading lamp" in page.text
    fake.answers["GET", "/accounts/me"] = JSONResponse({**ACCOUNT, "has_password": False})
    account = await browser.open("/account")
    assert "You have no password yet" in account.text
    assert 'name="new_password"' not in account.html
    sent = await browser.send(account, "/password")
    assert ("POST", "/accounts/password-resets", {"email": ACCOUNT["email"]}) in fake.asked
    assert "the code is on its way" in sent.text


async def test_a_guest_whose_email_has_an_account_is_told_to_log_in(browser):
    page = await browser.send(
        await browser.open("/login?next=/checkout"), "/guest", email="taken@example.org"
    )

    assert page.status == 409
    assert "Log in, or use another one" in page.text
    assert page.form("/guest")


async def test_only_on_the_way_to_the_checkout_is_a_guest_asked(browser):
    assert 'action="/guest"' not in (await browser.open("/login?next=/account")).html


async def test_with_a_key_of_stripes_its_form_takes_the_place_of_test_cards(fake):
    transport = httpx2.ASGITransport(make_store(fake, stripe_publishable_key="pk_test_1"))
    async with httpx2.AsyncClient(transport=transport, base_url="http://store") as client:
        browser = Browser(client)
        page = await at_the_checkout(browser)
        refused = await browser.send(page, "/checkout")
        cart = await browser.open("/cart")

    assert 'name="card"' not in page.html
    assert 'data-stripe="pk_test_1"' in page.html
    assert "https://js.stripe.com" in page.answer.headers["content-security-policy"]
    assert "stripe" not in cart.answer.headers["content-security-policy"]
    assert (refused.status, "needs JavaScript" in refused.text) == (422, True)
    assert [each for each in fake.asked if each[:2] == ("POST", "/orders")] == []


async def test_without_a_key_nothing_of_stripe_is_let_in(browser):
    page = await at_the_checkout(browser)

    assert "stripe" not in page.html + page.answer.headers["content-security-policy"]
