"""Both APIs in one small application: a shop of twelve products that remembers its carts and orders."""

import base64
import json
import secrets

from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

AT = "2026-03-01T10:00:00Z"
PROBLEM = "application/problem+json"
TITLES = (
    "Brass reading lamp with linen shade", "Oak shelf, three boards", "Stoneware mug, 350 ml",
    "Wool blanket, herringbone", "Enamel teapot", "Cork yoga mat", "Beeswax candle, set of four",
    "Cast iron pan, 28 cm", "Linen tea towel", "Walnut chopping board", "Glass carafe with stopper",
    "Jute rug, 140 x 200 cm",
)  # fmt: skip
CATEGORIES = {1: ("Living", None), 2: ("Kitchen", None), 3: ("Living > Lamps", 1)}


def product(number, **changed):
    category_id = (3, 1, 2)[number % 3]
    return {
        "product_id": number,
        "external_id": None,
        "title": TITLES[(number - 1) % len(TITLES)],
        "description": "Made to last.\nCare: wipe with a damp cloth.",
        "category_id": category_id,
        "category_path": CATEGORIES[category_id][0],
        "brand": ("Nordhus", "Casa Vale")[number % 2],
        "seller_id": 3,
        "price_cents": 990 + 1250 * number,
        "prior_price_cents": 20_000 if number == 4 else None,
        "currency": "EUR",
        "attributes": {"Material": "brass, linen", "Colour": "sand"},
        "status": "published",
        "version": 1,
        "group_id": None,
        "variants": [],
        "images": [],
        "n_available": {5: 0, 6: 3}.get(number, 40),
        "updated_at": AT,
        **changed,
    }


def find(number):
    whole = product(number)
    same = (
        "product_id",
        "title",
        "description",
        "category_id",
        "category_path",
        "brand",
        "price_cents",
    )
    return {
        **{name: whole[name] for name in same},
        "seller_id": 3,
        "attributes": {},
        "in_stock": whole["n_available"] > 0,
        "popularity": 1.0,
        "n_units_28d": 1,
        "mean_rating": 4.25 if number % 2 else None,
        "n_reviews": 8 if number % 2 else None,
        "listed_on": None,
    }


FACETS = {
    "categories": [],
    "levels": [{"path": "Living", "n_products": 8}, {"path": "Living > Lamps", "n_products": 4}],
    "brands": [{"brand": "Nordhus", "n_products": 6}, {"brand": "Casa Vale", "n_products": 6}],
    "sellers": [],
    "stock": [],
    "stars": [{"min_stars": 4, "n_products": 6}],
    "prices": [
        {"from_cents": None, "below_cents": 5000, "n_products": 3},
        {"from_cents": 5000, "below_cents": None, "n_products": 9},
    ],
    "attributes": [{"name": "Colour", "values": [{"value": "sand", "n_products": 12}]}],
}


def token_of(customer_id, role="shopper"):
    """A token as the shop makes them, but for the signature."""
    claims = json.dumps({"sub": str(customer_id), "role": role}).encode()
    return f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.{secrets.token_hex(4)}"


def problem(kind, status, **more):
    document = {"type": f"/problems/{kind}", "status": status, "detail": "", **more}
    return JSONResponse(document, status, media_type=PROBLEM)


BANK = "https://bank.example/1"
ACCOUNT = {
    "customer_id": 7,
    "email": "ada@example.org",
    "role": "shopper",
    "registered_at": AT,
    "has_password": True,
    "email_confirmed_at": None,
}
HISTORY = {"entries": [{"from_status": None, "to_status": "pending", "occurred_at": AT}]}
BALANCE = {"balance_cents": 123_456, "payable_cents": 100_000, "currency": "EUR"}
OWN_LINE = {"line_number": 1, "title": TITLES[0], "quantity": 2, "unit_price_cents": 2240}
OWN_ORDER = {
    "order_id": 1001,
    "status": "confirmed",
    "placed_at": AT,
    "currency": "EUR",
    "ship_to": None,
    "lines": [OWN_LINE],
    "shipments": [],
}
SALE = {"kind": "sale", "cents": 5000, "order_id": 1001, "note": None, "occurred_at": AT}
PLACES = {
    "product_id": 1,
    "places": [
        {"warehouse_id": 1, "name": "Main", "n_available": 38},
        {"warehouse_id": 2, "name": "North", "n_available": 2},
        {"warehouse_id": 3, "name": "South", "n_available": 0},
    ],
}
OWN_STOCK = {
    "product_id": 1,
    "warehouses": [{"warehouse_id": 1, "n_on_hand": 42, "n_reserved": 2, "version": 9}],
}
LEDGER = {"entries": [SALE], "currency": "EUR", "next_cursor": None}


class FakeApis:
    """`down` are beginnings of paths that answer 503; `asked` is every request: method, path, body."""

    role = "shopper"

    def __init__(self):
        self.down: tuple[str, ...] = ()
        self.facets = FACETS
        self.asked: list[tuple[str, str, object]] = []
        self.queries: list[tuple[str, str]] = []
        self.headers: list[dict[str, str]] = []
        self.answers: dict[tuple[str, str], Response] = {}
        self.carts: dict[str, dict[int, int]] = {}
        self.notices: list[dict[str, int]] = []
        self.unread_ids: list[int] = []
        self.refreshes: dict[str, int] = {}
        self.addresses: list[dict[str, object]] = []
        self.orders: dict[int, dict[str, object]] = {}
        self.business: dict[str, object] | None = None
        self.app = Starlette(
            routes=[
                *(self._route(*each) for each in self._table()),
                *(self._route(*each, needs_token=True) for each in self._own()),
            ]
        )

    def _route(self, method, path, answer, *, needs_token=False):
        async def serve(request):
            asked = request.url.path.removeprefix("/api/v1")
            text = await request.body()
            body = json.loads(text) if text else None
            self.asked.append((method, asked, body))
            self.queries.append((asked, request.url.query))
            self.headers.append(dict(request.headers))
            if self.down and asked.startswith(self.down):
                return problem("unavailable", 503)
            if needs_token and "authorization" not in request.headers:
                return problem("unauthorised", 401)
            made = self.answers.get((method, asked)) or answer(request, body)
            return made if isinstance(made, Response) else JSONResponse(made)

        return Route(f"/api/v1{path}", serve, methods=[method])

    def _table(self):
        yield "GET", "/products", self.search
        yield "GET", "/suggestions", self.suggest
        yield "GET", "/recommendations", self.recommend
        yield "GET", "/catalogue/categories", self.categories
        yield "GET", "/catalogue/listings", self.listings
        yield "POST", "/catalogue/products", lambda _, body: JSONResponse(product(1, **body), 201)
        yield "GET", "/catalogue/products/by-ids", self.products
        yield "GET", "/catalogue/products/{id:int}", self.product
        yield "GET", "/catalogue/products/{id:int}/places", lambda *_: PLACES
        yield "GET", "/reviews/summary", self.rating
        yield "GET", "/reviews", self.reviews
        yield "POST", "/reviews", lambda *_: JSONResponse({"product_id": 1}, 201)
        yield "POST", "/carts", self.open_cart
        yield "GET", "/carts/mine", self.cart_of
        yield "PUT", "/carts/mine/lines/{id:int}", self.cart_of
        yield "DELETE", "/carts/mine/lines/{id:int}", self.cart_of
        yield "POST", "/tokens", self.log_in
        yield "POST", "/tokens/refresh", self.refresh
        yield "POST", "/tokens/revoke", lambda *_: Response(status_code=204)
        yield "POST", "/accounts", self.register
        yield "POST", "/accounts/guests", self.begin_as_guest
        yield "POST", "/accounts/password-resets", lambda *_: Response(status_code=202)
        yield "PUT", "/accounts/password-resets", self.reset

    def _own(self):
        yield "GET", "/accounts/me", lambda *_: ACCOUNT
        yield "GET", "/accounts/me/addresses", lambda *_: self.addresses
        yield "POST", "/accounts/me/addresses", self.add_address
        yield "POST", "/orders/quotes", lambda _, body: self.quote(body)
        yield "POST", "/orders", self.place
        yield "GET", "/orders", lambda *_: {"orders": [*self.orders.values()], "next_cursor": None}
        yield "GET", "/orders/{id:int}", self.order
        yield "POST", "/orders/{id:int}/cancel", self.cancel
        yield "GET", "/orders/{id:int}/progress", self.progress
        yield "GET", "/orders/{id:int}/history", lambda *_: HISTORY
        yield "POST", "/sellers", self.apply
        yield "GET", "/sellers/me", lambda *_: self.business or problem("no-application", 404)
        yield "GET", "/sellers/me/balance", lambda *_: BALANCE
        yield "GET", "/sellers/me/products/{id:int}/stock", lambda *_: OWN_STOCK
        yield "POST", "/sellers/me/products/{id:int}/stock", lambda *_: JSONResponse({}, 201)
        yield "GET", "/sellers/me/orders", lambda *_: {"orders": [OWN_ORDER], "next_cursor": None}
        yield "GET", "/sellers/me/ledger", lambda *_: LEDGER
        yield "GET", "/sellers/me/payouts", lambda *_: {"payouts": [], "currency": "EUR"}

    # serving

    def search(self, request, _):
        q = request.query_params.get("q", "")
        numbers = [] if q == "nothing" else range(1, 13)
        return {
            "products": [find(n) for n in numbers],
            "answer_id": "s1",
            "n_total": len(numbers),
            "partial_from": None,
            "corrections": {"lapm": "lamp"} if "lapm" in q else {},
            "dropped": [],
            "facets": self.facets,
            "next_cursor": "more" if not q else None,
            "redirect_url": "/categories/3" if q == "lamps page" else None,
        }

    def suggest(self, request, _):
        q = request.query_params["q"]
        return {"suggestions": [{"text": f"{q} brass"}, {"text": f"{q} <b>"}]}

    def recommend(self, request, _):
        kind, limit = request.query_params["type"], int(request.query_params["limit"])
        start = {"similar": 2, "also_bought": 7, "for_you": 5}.get(kind, 1)
        why = {"reason": "Popular now", "source": "popular", "because_product_id": None}
        items = [{"product_id": start + n, **why} for n in range(min(limit, 6))]
        bundle = {"product_ids": [1, 2, 3]} if kind == "bought_together" else None
        return {"items": items, "bundle": bundle, "answer_id": f"{kind}-1"}

    # the shop

    def categories(self, *_):
        views = [
            {
                "category_id": id_,
                "path": path,
                "parent_id": parent,
                "ancestor_ids": [parent] if parent else [],
            }
            for id_, (path, parent) in CATEGORIES.items()
        ]
        return {"categories": views, "next_cursor": None}

    def listings(self, *_):
        return {"products": [product(1), product(5)], "currency": "EUR", "next_cursor": None}

    def product(self, request, _):
        number = request.path_params["id"]
        return product(number) if number < 100 else problem("unknown-product", 404)

    def products(self, request, _):
        asked = [int(each) for each in request.query_params["product_ids"].split(",")]
        found = [product(each) for each in asked if each < 100]
        return {"products": found, "unread_ids": self.unread_ids}

    def rating(self, request, _):
        number = int(request.query_params["product_ids"])
        return {"products": [{"product_id": number, "n_reviews": 3, "mean_rating": 4.33}]}

    def reviews(self, *_):
        said = {"title": "Warm light", "body": "Just right for reading.", "rating": 4}
        return {"reviews": [{**said, "written_at": AT}], "next_cursor": None}

    def open_cart(self, *_):
        token = secrets.token_urlsafe(32)
        self.carts[token] = {}
        return JSONResponse({"cart_token": token}, 201)

    def cart_of(self, request, body):
        is_customer = "authorization" in request.headers
        owner = "customer" if is_customer else request.headers.get("cart-token", "")
        if is_customer:
            self.carts.setdefault(owner, {})
        if owner not in self.carts:
            return problem("unknown-cart", 404)
        return self.changed(self.carts[owner], request.path_params.get("id"), body)

    def changed(self, lines, number, body):
        if number is not None and number >= 100:
            return problem("unknown-product", 404)
        if body is not None:
            lines[number] = body["quantity"]
        elif number is not None:
            lines.pop(number, None)
        told, self.notices = self.notices, []
        return self.cart(lines, told)

    def cart(self, lines, notices):
        shown = [
            {
                "product_id": n,
                "title": product(n)["title"],
                "quantity": quantity,
                "unit_price_cents": product(n)["price_cents"],
                "line_total_cents": product(n)["price_cents"] * quantity,
                "for_sale": True,
            }
            for n, quantity in lines.items()
        ]
        total = sum(line["line_total_cents"] for line in shown)
        return {"lines": shown, "total_cents": total, "currency": "EUR", "notices": notices}

    def log_in(self, request, body):
        if body["password"] != "a long and good passphrase":
            return problem("unauthorised", 401)
        return self.enter(request)

    def enter(self, request):
        guest = request.headers.get("cart-token")
        if guest in self.carts:
            self.carts.setdefault("customer", {}).update(self.carts.pop(guest))
        return self.tokens()

    def refresh(self, _, body):
        token = body["refresh_token"]
        self.refreshes[token] = self.refreshes.get(token, 0) + 1
        if self.refreshes[token] > 1 or token == "ended":
            return problem("unauthorised", 401)
        return self.tokens()

    def tokens(self):
        made = {"access_token": token_of(7, self.role), "refresh_token": secrets.token_urlsafe(32)}
        return JSONResponse({**made, "expires_in_seconds": 900}, 201)

    def register(self, _, body):
        is_taken = body["email"] == "taken@example.org"
        return problem("email-taken", 409) if is_taken else JSONResponse(ACCOUNT, 201)

    def begin_as_guest(self, request, body):
        is_taken = body["email"] == "taken@example.org"
        return problem("email-taken", 409) if is_taken else self.enter(request)

    def reset(self, _, body):
        is_right = body["code"] == "12-ab"
        return Response(status_code=204) if is_right else problem("code-not-valid", 409)

    def add_address(self, _, body):
        address_id = len(self.addresses) + 1
        self.addresses.append({**body, "address_id": address_id, "is_default": address_id == 1})
        return JSONResponse(self.addresses[-1], 201)

    def quote(self, body):
        if "GONE" in body["codes"]:
            return problem("promotion-not-usable", 409)
        items = self.cart(self.carts.get("customer", {}), [])["total_cents"]
        off = 500 if "SPRING" in body["codes"] else 0
        return {
            "items_cents": items,
            "discount_cents": off,
            "shipping_cents": 490,
            "tax_cents": 120,
            "total_cents": items - off + 490 + 120,
            "currency": "EUR",
            "charges": [{"kind": "discount", "label": "Spring", "cents": -off}] if off else [],
        }

    def place(self, _, body):
        if body["payment_method"] == "pm_card_visa_chargeDeclined":
            return problem("payment-declined", 402)
        asks = body["payment_method"] == "pm_card_authenticationRequired"
        sums = self.quote(body)
        lines = self.cart(self.carts.pop("customer", {}), [])["lines"]
        order_id = 1001 + len(self.orders)
        self.orders[order_id] = {
            "order_id": order_id,
            "status": "pending" if asks else "confirmed",
            **sums,
            "placed_at": AT,
            "payment": {"status": "action_required", "action_url": BANK} if asks else None,
            "lines": [{"line_number": n, **line} for n, line in enumerate(lines, start=1)],
            "ship_to": self.addresses[-1] if self.addresses else None,
        }
        return JSONResponse(self.orders[order_id], 201)

    def order(self, request, _):
        return self.orders.get(request.path_params["id"]) or problem("unknown-order", 404)

    def cancel(self, request, _):
        self.orders[request.path_params["id"]]["status"] = "cancelled"
        return self.order(request, None)

    def progress(self, request, _):
        found = self.order(request, None)
        if isinstance(found, Response):
            return found
        return {"order": found, "shipments": [], "returns": [], "refunds": []}

    def apply(self, _, body):
        self.business = {"seller_id": 3, "status": "applied", **body}
        return JSONResponse(self.business, 201)
