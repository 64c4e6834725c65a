"""What people do in the shop, in a browser with scripts, against the real services.

Each step is kept as a picture: `.artifacts/pages/test_journeys/`.
"""

import re
import time
import uuid

import pytest
from playwright.sync_api import expect

pytestmark = [pytest.mark.live, pytest.mark.browser]
PASSWORD = "a long and good passphrase"
ADDRESS = {
    "recipient": "Ada Byron",
    "street": "Allee 1",
    "postal_code": "10115",
    "city": "Berlin",
}


@pytest.fixture
def go(site, figures, page):
    """Open a path of the shop."""
    return lambda path: page.goto(site.url("gateway") + path)


def main(page):
    return page.get_by_role("main")


def button(page, name):
    return main(page).get_by_role("button", name=name)


def fill(page, **fields):
    for name, value in fields.items():
        main(page).locator(f"#{name}").fill(value)


def new_email():
    return f"{uuid.uuid4().hex}@example.org"


def register(page, email):
    main(page).get_by_role("link", name="Create an account").click()
    fill(page, email=email, password=PASSWORD)
    button(page, "Create account").click()


def token(shop, email):
    """The headers of somebody who has an account."""
    made = shop.post("/tokens", json={"email": email, "password": PASSWORD}).json()
    return {"Authorization": f"Bearer {made['access_token']}"}


def account(shop):
    """A new account's e-mail and the headers of its requests."""
    email = new_email()
    made = shop.post("/accounts", json={"email": email, "password": PASSWORD})
    assert made.status_code == 201, made.text
    return email, token(shop, email)


def in_stock(shop, n_units=5):
    """Products of which there is enough for everybody, the shop's order."""
    found = shop.get("/products", params={"limit": 50, "in_stock": True}).json()["products"]
    ids = (each["product_id"] for each in found)
    whole = (shop.get(f"/catalogue/products/{id_}").json() for id_ in ids)
    return [each for each in whole if each.get("n_available", 0) >= n_units]


def find_and_add(page, look, product):
    """Search for a product's first words, narrow the finds to its brand, and put two units into the cart."""
    page.get_by_role("combobox", name="Search the shop").fill(
        " ".join(product["title"].split(",")[0].split()[:3])
    )
    page.get_by_role("button", name="Search", exact=True).click()
    look(page, "search")
    before = main(page).get_by_role("status").inner_text()
    brand = main(page).get_by_role("group", name="Brand").get_by_label(product["brand"])
    brand.check()
    page.wait_for_url(re.compile("brand="))
    main(page).get_by_label("In stock only").check()
    page.wait_for_url(re.compile("in_stock=true"))
    look(page, f"narrowed from {before}")
    main(page).get_by_role("link", name=product["title"], exact=True).first.click()
    expect(main(page).get_by_role("heading", level=1)).to_have_text(product["title"])
    look(page, "product")
    fill(page, quantity="2")
    button(page, "Add to cart").first.click()


def pay(page, look, email):
    main(page).get_by_role("link", name="Go to checkout").click()
    look(page, "log in or register or go on as a guest")
    register(page, email)
    look(page, "checkout without address")
    fill(page, **ADDRESS)
    button(page, "Save address").click()
    look(page, "checkout")
    main(page).get_by_label("declined").check()
    button(page, re.compile("^Pay")).click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    look(page, "declined")
    main(page).get_by_label("is accepted").check()
    button(page, re.compile("^Pay")).click()
    expect(main(page)).to_contain_text("Thank you")
    look(page, "ordered")
    return int(re.search(r"/orders/(\d+)", page.url)[1])


def send_out(shop, headers, order_id):
    """Pack, ship and deliver all of an order."""
    path = f"/fulfilment/orders/{order_id}"
    parcels = shop.post(f"{path}/pack", headers=headers).json()["shipments"]
    for parcel in parcels:
        way = {"carrier": "DHL", "tracking": f"JD{order_id}{parcel['number']}"}
        one = f"{path}/shipments/{parcel['number']}"
        shop.post(f"{one}/ship", json=way, headers=headers).raise_for_status()
        yield parcel
        shop.post(f"{one}/deliver", headers=headers).raise_for_status()


def test_a_guest_finds_buys_tracks_returns_and_reviews(go, page, look, shop, operator):
    product = in_stock(shop)[0]

    go("/")
    look(page, "home")
    find_and_add(page, look, product)
    look(page, "cart")
    order_id = pay(page, look, new_email())

    for _ in send_out(shop, operator(), order_id):  # the open page follows by itself
        expect(main(page).locator("[aria-current=step]")).to_have_text("On its way")
        expect(button(page, "Cancel this order")).to_have_count(0)
        look(page, "on its way")
    expect(main(page).locator("[aria-current=step]")).to_have_text("Delivered")

    main(page).get_by_label(product["title"]).fill("1")
    fill(page, reason="One is enough")
    button(page, "Announce the return").click()
    expect(main(page)).to_contain_text("announced: send it to us")
    look(page, "return announced")
    received = f"/fulfilment/orders/{order_id}/returns/1/receive"
    shop.post(received, json={"restock": True}, headers=operator()).raise_for_status()
    expect(main(page)).to_contain_text("back to you")
    look(page, "money back")

    main(page).get_by_role("link", name="Write a review").click()
    main(page).get_by_label("5 of 5 stars").check()
    fill(page, title=f"Good {order_id}", body="Just right.")
    look(page, "review")
    button(page, "Publish").click()
    expect(main(page).get_by_role("heading", name=f"Good {order_id}")).to_be_visible()
    look(page, "reviewed")


def test_what_a_guest_put_into_the_cart_joins_what_was_there(go, page, look, shop):
    known, new = in_stock(shop)[1:3]
    email, headers = account(shop)
    line = f"/carts/mine/lines/{known['product_id']}"
    shop.put(line, json={"quantity": 1}, headers=headers).raise_for_status()

    go(f"/products/{new['product_id']}")
    button(page, "Add to cart").first.click()
    go("/login?next=/cart")
    fill(page, email=email, password=PASSWORD)
    button(page, "Log in").click()

    lines = main(page).locator(".lines")
    expect(lines).to_contain_text(new["title"])
    expect(lines).to_contain_text(known["title"])
    look(page, "cart of both")
    quantity = main(page).get_by_label(f"Quantity of {new['title']}")
    quantity.fill("3")
    quantity.press("Enter")
    expect(page.locator("#count")).to_contain_text("4")


def apply_to_sell(page, look, name):
    look(page, "apply")
    fill(page, name=name, about="Lamps of brass and linen")
    button(page, "Apply").click()
    expect(main(page)).to_contain_text("We have your application")
    look(page, "applied")


def approve(shop, headers, name):
    """Approve the application of that name."""
    asked = {"status": "applied", "limit": 100}
    sellers = shop.get("/sellers", params=asked, headers=headers).json()["sellers"]
    [seller_id] = [each["seller_id"] for each in sellers if each["name"] == name]
    decision = {"decision": "approve", "note": "welcome"}
    shop.post(f"/sellers/{seller_id}/decision", json=decision, headers=headers).raise_for_status()


def reload_until(page, locator, seconds=30):
    """Look again until it is there: the sale of an order is booked within a second or so."""
    deadline = time.monotonic() + seconds
    while not locator.is_visible() and time.monotonic() < deadline:
        page.reload()
    expect(locator).to_be_visible()


def list_product(page, look, title):
    main(page).get_by_role("link", name="Your products").click()
    main(page).get_by_role("link", name="New product").click()
    fill(page, title=title, price="49.90", brand="Nordhus", description="Warm light.")
    look(page, "new product")
    button(page, "Save").click()
    product_id = int(page.url.rpartition("/")[2])
    button(page, "Put on sale").click()
    expect(main(page).get_by_role("row", name=title)).to_contain_text("For sale")
    look(page, "own products")
    return product_id


def test_a_seller_lists_a_product_and_sends_an_order(go, page, look, shop, operator):
    name = f"Nordhus {uuid.uuid4().hex[:8]}"
    go("/login?next=/sell")
    register(page, new_email())
    apply_to_sell(page, look, name)
    approve(shop, operator(), name)

    page.reload()
    product_id = list_product(page, look, f"Lamp of {name}")
    main(page).get_by_role("link", name=f"Lamp of {name}").click()
    main(page).get_by_label("Units that you bring").fill("5")
    button(page, "Save the count").click()
    expect(main(page)).to_contain_text("5 can be sold now")
    look(page, "counted")
    _, buyer = account(shop)
    order = shop.post(
        "/orders",
        json={
            "lines": [{"product_id": product_id, "quantity": 2}],
            "payment_method": "pm_card_visa",
        },
        headers=buyer | {"Idempotency-Key": uuid.uuid4().hex},
    )
    assert order.status_code == 201, order.text

    main(page).get_by_role("link", name="Orders to send").click()
    reload_until(page, button(page, "Begin to pack"))
    look(page, "orders to send")
    button(page, "Begin to pack").click()
    main(page).get_by_label("Carrier").fill("DHL")
    main(page).get_by_label("Tracking number").fill("JD0146")
    look(page, "packing")
    button(page, "Hand parcel 1 to the carrier").click()
    button(page, "Parcel 1 has arrived").click()
    expect(main(page)).to_contain_text("Delivered")
    look(page, "delivered")
    assert (
        shop.get(f"/orders/{order.json()['order_id']}", headers=buyer).json()["status"]
        == "delivered"
    )
    main(page).get_by_role("link", name="Your money").click()
    look(page, "money")


def test_a_guest_pays_with_an_email_alone_and_may_set_a_password(go, page, look, shop):
    go(f"/products/{in_stock(shop)[3]['product_id']}")
    button(page, "Add to cart").first.click()
    main(page).get_by_role("link", name="Go to checkout").click()
    main(page).locator("#guest-email").fill(new_email())
    button(page, "Go on as a guest").click()
    fill(page, **ADDRESS)
    button(page, "Save address").click()
    button(page, re.compile("^Pay")).click()
    expect(main(page)).to_contain_text("Thank you")

    go("/account")
    expect(main(page)).to_contain_text("You have no password yet")
    look(page, "account without a password")
    button(page, "Send the code").click()
    expect(main(page)).to_contain_text("the code is on its way")
