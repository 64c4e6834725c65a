"""What is looked at of the shop's pages: each route's page as it is, empty, refused, or half of it missing."""

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page
from starlette.responses import JSONResponse

from tests.unit.storefront.fake_apis import ACCOUNT, AT, OWN_ORDER, TITLES, FakeApis, product

ADDRESS = {
    "address_id": 1, "recipient": "Ada Byron", "street": "Allee 1", "extra": None, "postal_code": "10115",
    "city": "Berlin", "region": None, "country": "DE", "phone": None, "is_default": True,
}  # fmt: skip
LINE = {
    "line_number": 1,
    "product_id": 1,
    "title": TITLES[0],
    "quantity": 2,
    "unit_price_cents": 2240,
}
CHARGE = {"kind": "discount", "label": "Spring", "cents": -500}
ORDER = {
    "order_id": 1001, "status": "confirmed", "placed_at": AT, "currency": "EUR", "lines": [LINE],
    "charges": [CHARGE], "shipping_cents": 490, "tax_cents": 120, "total_cents": 4590, "payment": None,
    "ship_to": ADDRESS,
}  # fmt: skip
PARCEL = {
    "number": 1,
    "status": "shipped",
    "carrier": "DHL",
    "tracking": "JD0146",
    "updated_at": AT,
}
REFUND = {"status": "due", "cents": 2240}
RETURN = {"number": 1, "status": "requested", "refund_cents": None, "lines": [{"line_number": 1, "quantity": 1}]}  # fmt: skip
VARIANT = {"product_id": 2, "axes": {"Colour": "sand"}, "price_cents": 3490, "n_available": 0}


def nothing(_: object) -> None:
    """Leave it as it is."""


@dataclass(frozen=True)
class Visit:
    """A page to look at.

    Parameters
    ----------
    cookies
        Of the browser, beside the log-in of who is a customer.
    given
        Changes what the APIs have.
    then
        What is done on the page before it is looked at.
    """

    name: str
    path: str
    is_customer: bool = True
    cookies: tuple[tuple[str, str], ...] = ()
    given: Callable[[FakeApis], None] = nothing
    then: Callable[[Page], None] = nothing


def answer(path: str, body: object, status: int = 200) -> Callable[[FakeApis], None]:
    """Let GET of a path answer this."""

    def change(fake: FakeApis) -> None:
        fake.answers["GET", path] = JSONResponse(body, status)

    return change


def down(*paths: str) -> Callable[[FakeApis], None]:
    """Let what begins so not answer."""

    def change(fake: FakeApis) -> None:
        fake.down = paths

    return change


def in_cart(fake: FakeApis) -> None:
    """Put two products into the customer's cart."""
    fake.carts["customer"] = {1: 2, 4: 1}


def ready_to_pay(fake: FakeApis) -> None:
    """Fill the cart, and let there be two addresses."""
    in_cart(fake)
    fake.addresses = [ADDRESS, {**ADDRESS, "address_id": 2, "is_default": False, "street": "Kai 2"}]


def with_addresses(fake: FakeApis) -> None:
    """Let there be an address."""
    fake.addresses = [ADDRESS]


def ordered(status: str = "confirmed", **progress: object) -> Callable[[FakeApis], None]:
    """Let there be an order."""

    def change(fake: FakeApis) -> None:
        asks = {"status": "action_required", "action_url": "https://bank.example/1"}
        order = {**ORDER, "status": status, "payment": asks if status == "pending" else None}
        fake.orders[1001] = order
        whole = {"order": order, "shipments": [], "returns": [], "refunds": [], **progress}
        answer("/orders/1001/progress", whole)(fake)

    return change


def selling(status: str) -> Callable[[FakeApis], None]:
    """Let the customer be a seller."""

    def change(fake: FakeApis) -> None:
        fake.business = {"seller_id": 3, "status": status, "name": "Nordhus", "about": "Lamps"}

    return change


def own_order(status: str, parcel: str) -> dict[str, object]:
    """Return a seller's order with one parcel."""
    parcels = [{**PARCEL, "status": parcel}]
    return {**OWN_ORDER, "status": status, "ship_to": ADDRESS, "shipments": parcels}


def send(button: str, **fields: str) -> Callable[[Page], None]:
    """Fill fields in by their ids, and press a button: the first of that name in the page's main part."""

    def act(page: Page) -> None:
        for name, value in fields.items():
            page.fill(f"main #{name}", value)
        page.get_by_role("main").get_by_role("button", name=button).first.click()
        page.wait_for_load_state()

    return act


def let_send(page: Page) -> None:
    """Let forms be sent as they are: what the browser would stop, the shop has to."""
    page.evaluate("for (const each of document.forms) each.noValidate = true")


def send_as_it_is(button: str, **fields: str) -> Callable[[Page], None]:
    """Send what a browser would not."""

    def act(page: Page) -> None:
        let_send(page)
        send(button, **fields)(page)

    return act


def forged(page: Page) -> None:
    """Send a form whose token is nobody's."""
    page.evaluate("for (const each of document.querySelectorAll('[name=csrf]')) each.value = 'x'")
    send("Log in", email="a@example.org", password="long enough")(page)


LOOKED = (("consent", "yes"), ("viewed", "3.4"))
VISITS: dict[str, list[Visit]] = {
    "/": [
        Visit("home", "/", is_customer=False),
        Visit("home of a customer", "/", cookies=LOOKED),
        Visit("home in German", "/", is_customer=False, cookies=(("language", "de"),)),
        Visit("home without lists", "/", given=down("/recommendations", "/catalogue/categories")),
    ],
    "/search": [
        Visit("search", "/search?q=lamp", is_customer=False),
        Visit("search filtered", "/search?q=lapm&brand=Nordhus&price=-5000&in_stock=true"),
        Visit("search in vain", "/search?q=nothing"),
    ],
    "/categories": [
        Visit("categories", "/categories"),
        Visit("no categories", "/categories", given=down("/catalogue/categories")),
    ],
    "/categories/{category_id}": [Visit("category", "/categories/3")],
    "/products/{product_id}": [
        Visit("product", "/products/4", is_customer=False),
        Visit("product sold out", "/products/5", given=down("/reviews", "/recommendations")),
        Visit("product with variants", "/products/6",
              given=answer("/catalogue/products/6", product(6, variants=[VARIANT]))),
        Visit("product no longer sold", "/products/7",
              given=answer("/catalogue/products/7", product(7, status="archived"))),
    ],
    "/cart": [
        Visit("empty cart", "/cart", is_customer=False),
        Visit("cart", "/cart", given=in_cart, cookies=(("notices", "1:1990:2240"), ("codes", "SPRING"))),
        Visit("cart with a bad code", "/cart", given=in_cart, then=send("Use code", code="a b")),
    ],
    "/checkout": [
        Visit("checkout without address", "/checkout", given=in_cart),
        Visit("checkout", "/checkout", given=ready_to_pay),
        Visit("checkout with a bad address", "/checkout", given=in_cart,
              then=send_as_it_is("Save address", recipient="Ada")),
    ],
    "/login": [
        Visit("log in", "/login", is_customer=False),
        Visit("log in or go on as a guest", "/login?next=/checkout", is_customer=False),
        Visit("log in with a wrong password", "/login", is_customer=False,
              then=send("Log in", email="a@example.org", password="wrong")),
        Visit("forged form", "/login", is_customer=False, then=forged),
    ],
    "/register": [
        Visit("register", "/register", is_customer=False),
        Visit("register once more", "/register", is_customer=False,
              then=send("Create account", email="taken@example.org", password="a long passphrase")),
    ],
    "/password": [
        Visit("forgotten password", "/password", is_customer=False),
        Visit("code sent", "/password", is_customer=False, then=send("Send the code", email="a@example.org")),
    ],
    "/account": [
        Visit("account", "/account", given=with_addresses),
        Visit("account of a guest", "/account",
              given=answer("/accounts/me", {**ACCOUNT, "has_password": False})),
        Visit("account with a bad address", "/account",
              then=lambda page: (page.click("summary"), send_as_it_is("Save address")(page))),
    ],
    "/account/addresses/{address_id}": [
        Visit("address", "/account/addresses/1", given=with_addresses),
        Visit("bad address", "/account/addresses/1", given=with_addresses,
              then=send_as_it_is("Save address", city="")),
    ],
    "/orders": [Visit("no orders", "/orders"), Visit("orders", "/orders", given=ordered())],
    "/orders/{order_id}": [
        Visit("order", "/orders/1001?placed=1", given=ordered()),
        Visit("order to be confirmed", "/orders/1001", given=ordered("pending")),
        Visit("order on its way", "/orders/1001", given=ordered("shipped", shipments=[PARCEL])),
        Visit("order delivered", "/orders/1001",
              given=ordered("delivered", shipments=[PARCEL], returns=[RETURN], refunds=[REFUND])),
        Visit("order cancelled", "/orders/1001", given=ordered("cancelled")),
        Visit("somebody else's order", "/orders/7"),
    ],
    "/orders/{order_id}/reviews/{line_number}": [
        Visit("review", "/orders/1001/reviews/1", given=ordered("delivered")),
    ],
    "/sell": [
        Visit("applying to sell", "/sell"),
        Visit("applied to sell", "/sell", given=selling("applied")),
        Visit("refused to sell", "/sell", given=selling("refused")),
        Visit("suspended", "/sell", given=selling("suspended")),
        Visit("business", "/sell", given=selling("approved")),
    ],
    "/sell/products": [
        Visit("own products", "/sell/products"),
        Visit("no own products", "/sell/products",
              given=answer("/catalogue/listings", {"products": [], "next_cursor": None})),
    ],
    "/sell/products/new": [
        Visit("new product", "/sell/products/new"),
        Visit("new product without a price", "/sell/products/new",
              then=send_as_it_is("Save", title="Lamp", price="cheap")),
    ],
    "/sell/products/{product_id}": [
        Visit("own product", "/sell/products/1"),
        Visit("own product before any units came", "/sell/products/1",
              given=answer("/sellers/me/products/1/stock", {"product_id": 1, "warehouses": []})),
    ],
    "/sell/orders": [
        Visit("own orders", "/sell/orders"),
        Visit("own order to hand over", "/sell/orders",
              given=answer("/sellers/me/orders",
                           {"orders": [own_order("processing", "packing")], "next_cursor": None})),
        Visit("no own orders", "/sell/orders",
              given=answer("/sellers/me/orders", {"orders": [], "next_cursor": None})),
    ],
    "/sell/money": [Visit("own money", "/sell/money")],
    "nowhere": [
        Visit("missing page", "/nowhere", is_customer=False),
        Visit("nothing answers", "/products/1", given=down("/catalogue")),
    ],
}  # fmt: skip
"""By route; `nowhere` is none."""
FRAGMENTS = frozenset(("/suggestions", "/orders/{order_id}/status", "/static/{name}"))
"""Parts of pages, and files."""
