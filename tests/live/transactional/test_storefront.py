"""The shop's pages before the real shop: a guest finds, registers, orders, and follows the order.

Only search and recommendations are made up. Forms are sent as a page has them: no script runs.
"""

import httpx2
import pytest

from storefront.app import create_app
from storefront.settings import Settings
from tests.live.transactional.conftest import SECRET
from tests.page_reader import Browser
from tests.unit.storefront.fake_apis import FakeApis

pytestmark = pytest.mark.live
ADDRESS = {"recipient": "Ada", "street": "Allee 1", "postal_code": "10115", "city": "Berlin"}
ACCOUNT = {"email": "ada@example.org", "password": "a long and good passphrase"}


@pytest.fixture
async def browser(app):
    settings = Settings(
        shop_url="http://shop", serving_url="http://serving", secret=SECRET, log_level="ERROR"
    )
    serving = httpx2.ASGITransport(FakeApis().app)
    pages = create_app(settings, httpx2.ASGITransport(app), serving)
    transport = httpx2.ASGITransport(pages)
    async with httpx2.AsyncClient(transport=transport, base_url="http://store") as client:
        yield Browser(client)


async def ordered(browser):
    found = await browser.send(await browser.open("/"), "/search", q="product")
    assert "/products/1" in found.links
    await browser.send(await browser.open("/products/1"), "/cart/lines", quantity=2)
    page = await browser.send(
        await browser.open("/register?next=/checkout"), "/register", **ACCOUNT
    )
    page = await browser.send(page, "/checkout/addresses", **ADDRESS)
    assert "Pay €18.00" in page.html
    page.forms = [form for form in page.forms if form.method == "post"]
    return await browser.send(page, "/checkout", card="visa")


async def test_a_guest_becomes_a_customer_and_pays_without_a_script(
    browser, stocked, promote, rows
):
    await stocked({1: 5}, price_cents=1000)
    promote()  # a tenth off everything

    order = await ordered(browser)

    assert "Thank you" in order.text
    assert "Confirmed" in order.text
    assert rows("select status, total_cents from orders") == [
        {"status": "confirmed", "total_cents": 1800}
    ]
    assert "Your cart is empty" in (await browser.open("/cart")).text
    assert (await browser.open(order.path)).status == 200

    cancelled = await browser.send(order, order.path.partition("?")[0] + "/cancel")
    assert "Cancelled" in cancelled.text
    assert "Your orders" in (await browser.open("/orders")).text


async def test_a_customer_sells_once_operators_approve(browser, client, shopper):
    await browser.send(await browser.open("/register?next=/sell"), "/register", **ACCOUNT)
    page = await browser.send(await browser.open("/sell"), "/sell", name="Nordhus", about="Lamps")
    assert "We have your application" in page.text
    [seller] = (await client.get("/api/v1/sellers", headers=shopper(role="ops"))).json()["sellers"]
    await client.post(
        f"/api/v1/sellers/{seller['seller_id']}/decision",
        json={"decision": "approve", "note": "welcome"},
        headers=shopper(role="ops"),
    )

    new = await browser.send(
        await browser.open("/sell/products/new"), "/sell/products/new", title="Lamp", price="12,50"
    )
    assert "Draft" in new.text
    listed = await browser.send(new, new.path, status="published")

    assert "For sale" in listed.text
    assert "€12.50" in listed.text
    for path in ("/sell", "/sell/orders", "/sell/money"):
        assert (await browser.open(path)).status == 200
