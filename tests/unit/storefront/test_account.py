"""Accounts, sessions, orders and sellers as their pages have them."""

import asyncio

import pytest

from storefront.account.progress import returnable_units, steps_of
from storefront.seller.business import AmountError, amount_of, cents_of
from tests.unit.storefront.test_buying import at_the_checkout
from tests.unit.storefront.test_forms_and_headers import logged_in


async def test_a_wrong_password_is_told_without_saying_which_of_both_is_wrong(browser):
    page = await browser.send(
        await browser.open("/login"), "/login", email="ada@example.org", password="wrong"
    )

    assert page.status == 401
    assert "E-mail or password is wrong" in page.text
    assert 'value="ada@example.org"' in page.html
    assert "wrong" not in [value for form in page.forms for _, value in form.fields]


async def test_an_account_is_made_and_logged_in(browser):
    page = await browser.open("/register?next=/orders")

    page = await browser.send(
        page, "/register", email="new@example.org", password="a long and good passphrase"
    )

    assert page.path == "/orders"


async def test_an_address_that_has_an_account_is_told(browser):
    page = await browser.open("/register")

    page = await browser.send(
        page, "/register", email="taken@example.org", password="a long and good passphrase"
    )

    assert page.status == 409
    assert "There is an account with this e-mail already" in page.text


async def test_a_forgotten_password_is_set_anew_by_the_code_of_a_mail(browser):
    page = await browser.send(await browser.open("/password"), "/password", email="ada@example.org")
    assert "the code is on its way" in page.text

    wrong = await browser.send(page, "/password", code="99-zz", password="another good passphrase")
    assert "not valid any more" in wrong.text
    done = await browser.send(wrong, "/password", code="12-ab", password="another good passphrase")
    assert done.path == "/login"


async def test_a_session_goes_on_when_its_access_token_runs_out(browser, fake):
    await logged_in(browser)
    browser.client.cookies.delete("access")

    page = await browser.open("/account")

    assert page.path == "/account"
    assert "access" in browser.client.cookies


async def test_pages_asked_for_at_once_exchange_a_refresh_token_once(browser, fake):
    await logged_in(browser)
    browser.client.cookies.delete("access")
    cookies = dict(browser.client.cookies)

    answers = await asyncio.gather(
        *(browser.client.get("/account", cookies=cookies) for _ in range(5))
    )

    assert [each.status_code for each in answers] == [200] * 5
    assert list(fake.refreshes.values()) == [1]


async def test_a_session_that_ended_asks_to_log_in_and_comes_back(browser):
    browser.client.cookies.set("refresh", "ended", domain="store.local")

    page = await browser.open("/account")

    assert page.path == "/login?next=/account"
    assert "refresh" not in browser.client.cookies


async def test_a_token_that_the_shop_does_not_take_is_forgotten(browser, fake):
    from tests.unit.storefront.fake_apis import problem

    await logged_in(browser)
    fake.answers["GET", "/accounts/me"] = problem("unauthorised", 401)

    page = await browser.open("/account")

    assert page.path == "/login?next=/account"
    assert "access" not in browser.client.cookies


async def test_who_logs_out_leaves_nothing_behind(browser, fake):
    await logged_in(browser)

    await browser.send(await browser.open("/account"), "/logout")

    assert ("POST", "/tokens/revoke") in [each[:2] for each in fake.asked]
    assert set(browser.client.cookies) <= {"forms"}


async def test_an_open_order_is_asked_for_until_it_ends_and_says_nothing_new_twice(browser, fake):
    order = await browser.send(await at_the_checkout(browser), "/checkout", card="visa")
    path = next(
        each for each in order.html.split('"') if each.startswith("/orders/1001/status?seen=")
    )

    same = await browser.client.get(path, headers={"HX-Request": "true"})
    fake.orders[1001]["status"] = "delivered"
    changed = await browser.client.get(path, headers={"HX-Request": "true"})

    assert same.status_code == 204
    assert "Delivered" in changed.text
    assert "hx-trigger" not in changed.text
    assert 'id="more" hx-swap-oob="true"' in changed.text
    assert "/orders/1001/reviews/1" in changed.text
    assert "/orders/1001/cancel" not in changed.text


async def test_an_order_is_cancelled_and_a_delivered_one_can_be_reviewed_and_sent_back(
    browser, fake
):
    order = await browser.send(await at_the_checkout(browser), "/checkout", card="visa")
    assert "Cancelled" in (await browser.send(order, "/orders/1001/cancel")).text

    fake.orders[1001]["status"] = "delivered"
    order = await browser.open("/orders/1001")
    assert "/orders/1001/reviews/1" in order.links
    back = await browser.send(order, "/orders/1001/returns", **{"1": 0}, reason="too bright")
    assert "Say how many" in back.text
    review = await browser.open("/orders/1001/reviews/1")
    page = await browser.send(
        review, "/orders/1001/reviews/1", rating=5, title="Good", body="It shines."
    )
    assert page.path == "/products/1"


@pytest.mark.parametrize(
    ("status", "done"),
    [("pending", 1), ("confirmed", 2), ("delivered", 5), ("cancelled", 0), ("returned", 0)],
)
def test_steps_are_done_up_to_where_the_order_is(status, done):
    assert sum(step.is_done for step in steps_of(status)) == done


def test_units_that_are_on_their_way_back_cannot_be_sent_back_again():
    order = {
        "status": "delivered",
        "lines": [{"line_number": 1, "quantity": 3}, {"line_number": 2, "quantity": 1}],
    }
    back = [
        {
            "status": "requested",
            "lines": [{"line_number": 1, "quantity": 1}, {"line_number": 2, "quantity": 1}],
        },
        {"status": "refused", "lines": [{"line_number": 1, "quantity": 2}]},
    ]

    assert returnable_units(order, back) == {1: 2}
    assert returnable_units({**order, "status": "shipped"}, []) == {}


async def test_who_does_not_sell_can_apply_and_is_told_how_it_stands(browser):
    await logged_in(browser)

    page = await browser.send(await browser.open("/sell"), "/sell", name="Nordhus", about="Lamps")

    assert "We have your application" in page.text


async def test_a_seller_sees_money_orders_and_products(browser, fake):
    await logged_in(browser)
    fake.business = {
        "seller_id": 3,
        "name": "Nordhus",
        "about": "",
        "status": "approved",
        "applied_at": None,
    }

    assert "€1,234.56" in (await browser.open("/sell")).text
    assert "Begin to pack" in (await browser.open("/sell/orders")).text
    assert "Sale" in (await browser.open("/sell/money")).text
    products = await browser.open("/sell/products")
    assert "/sell/products/1" in products.links
    new = await browser.send(
        await browser.open("/sell/products/new"), "/sell/products/new", title="Lamp", price="12,50"
    )
    assert new.path == "/sell/products/1"
    [(_, _, body)] = [each for each in fake.asked if each[:2] == ("POST", "/catalogue/products")]
    assert body["price_cents"] == 1250


@pytest.mark.parametrize(
    ("amount", "cents"),
    [("12.50", 1250), ("12,5", 1250), ("7", 700), (" 0.01 ", 1)],
)
def test_an_amount_is_read_to_the_cent(amount, cents):
    assert cents_of(amount) == cents
    assert cents_of(amount_of(cents)) == cents


@pytest.mark.parametrize("amount", ["", "0", "-1", "1.234", "1e3", "1,000.00", "abc"])
def test_what_is_no_amount_is_refused(amount):
    with pytest.raises(AmountError):
        cents_of(amount)


async def test_a_seller_counts_units_and_the_difference_is_moved_in_the_version_that_was_read(
    browser, fake
):
    await logged_in(browser)
    page = await browser.open("/sell/products/1")

    counted = await browser.send(page, "/sell/products/1/stock", units=40)

    assert "40 can be sold now" in page.text
    assert "2 of them are promised to orders" in page.text
    asked = {"warehouse_id": 1, "delta": -2, "reason": "corrected"}
    assert ("POST", "/sellers/me/products/1/stock", asked) in fake.asked
    assert any(each.get("if-match") == '"9"' for each in fake.headers)
    assert counted.path == "/sell/products/1"


@pytest.mark.parametrize("units", ["42", "", "-3", "two"])
async def test_a_count_that_says_nothing_new_or_is_none_is_refused(browser, fake, units):
    await logged_in(browser)

    page = await browser.send(
        await browser.open("/sell/products/1"), "/sell/products/1/stock", units=units
    )

    assert page.status == 422
    assert "Write how many units there are" in page.text
    assert [each for each in fake.asked if each[0] == "POST" and "stock" in each[1]] == []
