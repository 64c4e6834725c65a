"""Every operation of the OpenAPI document, asked by everyone it is not for."""

import itertools

import pytest
import sqlalchemy as sa

from tests.live.transactional.ordering import place
from transactional.catalogue.editors import Editor
from transactional.fulfilment import tracking
from transactional.orders.models import Order
from transactional.orders.repository import OrderRepository
from transactional.reviews.service import ReviewService
from transactional.sellers import own_orders

pytestmark = pytest.mark.live

PUBLIC = {
    ("POST", "/api/v1/accounts"),
    ("POST", "/api/v1/accounts/guests"),
    ("POST", "/api/v1/accounts/email-confirmations"),
    ("POST", "/api/v1/accounts/password-resets"),
    ("PUT", "/api/v1/accounts/password-resets"),
    ("POST", "/api/v1/tokens"),
    ("POST", "/api/v1/tokens/refresh"),
    ("POST", "/api/v1/tokens/revoke"),
    ("POST", "/api/v1/carts"),
    ("GET", "/api/v1/catalogue/products"),
    ("GET", "/api/v1/catalogue/products/by-ids"),
    ("GET", "/api/v1/catalogue/products/{product_id}"),
    ("GET", "/api/v1/reviews"),
    ("GET", "/api/v1/reviews/summary"),
    ("GET", "/api/v1/catalogue/products/{product_id}/places"),
    ("GET", "/api/v1/catalogue/products/{product_id}/prices"),
    ("GET", "/api/v1/catalogue/categories"),
    ("GET", "/api/v1/catalogue/categories/{category_id}"),
    ("GET", "/api/v1/catalogue/categories/{category_id}/children"),
    ("GET", "/api/v1/catalogue/images/{sha256}"),
    ("GET", "/healthz"),
    ("GET", "/readyz"),
    ("GET", "/metrics"),
}
BODIES = {
    "Registration": {"email": "eve@example.com", "password": "correct horse battery"},
    "Guest": {"email": "eve@example.net"},
    "Credentials": {"email": "eve@example.com", "password": "a wrong one"},
    "RefreshRequest": {"refresh_token": "x" * 43},
    "PasswordChange": {"password": "a wrong one", "new_password": "correct horse battery"},
    "Code": {"code": "1-" + "0" * 40},
    "PasswordResetRequest": {"email": "eve@example.com"},
    "NewPassword": {"code": "1-" + "0" * 40, "new_password": "correct horse battery"},
    "EmailChange": {"password": "a wrong one", "new_email": "eve@example.com"},
    "Deletion": {"password": "a wrong one"},
    "AddressRequest": {
        "recipient": "Eve",
        "street": "Dark Lane 1",
        "postal_code": "1",
        "city": "Nowhere",
        "country": "XX",
    },
    "LineChange": {"quantity": 1},
    "CartChange": {"lines": []},
    "OrderRequest": {
        "payment_method": "pm_card_visa",
        "lines": [{"product_id": 1, "quantity": 1}],
    },
    "QuoteRequest": {"codes": [], "address_id": None},
    "NewProduct": {"title": "Fake", "price_cents": 1},
    "ProductChange": {"price_cents": 1},
    "NewGroup": {"title": "Fakes", "axes": ["size"]},
    "ImageOrder": {"sha256": []},
    "NewCategory": {"name": "Fakes"},
    "CategoryChange": {"name": "Fakes"},
    "OwnMovement": {"delta": -1, "reason": "corrected"},
    "Movement": {"product_id": 1, "delta": -1, "reason": "corrected"},
    "PurchaseOrderRequest": {"supplier": "Eve", "lines": [{"product_id": 1, "quantity": 1}]},
    "ReceiptRequest": {"delivery_note": "n", "lines": [{"line_number": 1, "quantity": 1}]},
    "WarehouseRequest": {"name": "Eve's cellar"},
    "TransferRequest": {
        "product_id": 1,
        "from_warehouse_id": 1,
        "to_warehouse_id": 2,
        "quantity": 1,
    },
    "AlertRequest": {"threshold": 1},
    "Terms": {"supplier": "Eve", "unit_cost_cents": 1},
    "TermsList": {"terms": [{"product_id": 1, "supplier": "Eve", "unit_cost_cents": 1}]},
    "RunProposals": {"purchase_orders": [], "transfers": []},
    "DraftChange": {"lines": [{"line_number": 1, "quantity": 1}]},
    "Rejection": {"reason": "mine is better"},
    "TransferChange": {"quantity": 1},
    "DemandRates": {"rates": [{"product_id": 1, "units_per_day": 1}]},
    "Dispatch": {"carrier": "Post", "tracking": "P"},
    "ReturnRequest": {"lines": [{"line_number": 1, "quantity": 1}], "reason": "mine now"},
    "Receipt": {"restock": True},
    "RefundRequest": {"cents": 1, "reason": "to me"},
    "ReviewRequest": {
        "order_id": 1,  # Ann's order takes its place
        "line_number": 1,
        "rating": 1,
        "title": "never had it",
        "body": "and will not",
    },
    "ReviewChange": {"title": "not what Ann wrote"},
    "Report": {"reason": "I do not like it"},
    "Moderation": {"decision": "hide", "note": "I do not like it"},
    "Application": {"name": "Eve's Lamps"},
    "BusinessChange": {"about": "not what Ann wrote"},
    "Judgement": {"decision": "suspend", "note": "my rival"},
    "CommissionRequest": {"basis_points": 0},
    "Transfer": {"bank_reference": "mine now"},
    "Adjustment": {"cents": 100, "reference": "r", "note": "to me"},
    "NewPromotion": {"label": "All free", "kind": "free_shipping"},
    "PromotionChange": {"max_uses": 1},
    "NewSlotRule": {"kind": "hide", "seller_id": 3},
    "SlotRuleChange": {"note": "mine"},
    "NewSearchRule": {"kind": "hide", "seller_id": 3},
    "SearchRuleChange": {"note": "mine"},
    "NewExperiment": {
        "name": "mine",
        "design": {
            "surfaces": ["for_you"],
            "arms": [
                {"name": "control", "share_basis_points": 5000},
                {"name": "mine", "share_basis_points": 5000, "model": "popular"},
            ],
        },
    },
    "ExperimentChange": {"note": "mine"},
    "Stop": {"reason": "mine is better"},
    "Tariff": {
        "region": "*",
        "tax_basis_points": 0,
        "shipping_steps": [{"from_cents": 0, "shipping_cents": 0}],
    },
}
PATH_VALUES = {
    "product_id": 1,
    "number": 1,
    "category_id": 7,
    "import_id": 1,
    "sha256": "a" * 64,
    "address_id": 1,
    "purchase_order_id": 1,
    "transfer_id": 1,
    "run_day": "2026-05-01",
    "warehouse_id": 1,
    "review_id": 1,
    "seller_id": 3,
    "payout_run_id": 1,
    "payout_id": 1,
    "promotion_id": 1,
    "slot": "home",
    "name": "home",
    "arm": "other",
    "rule_id": 1,
}
FOR_OPERATORS = (
    "/api/v1/fulfilment",
    "/api/v1/stock",
    "/api/v1/figures",
    "/api/v1/catalogue/categories",
    "/api/v1/reviews/reported",
    "/api/v1/reviews/{review_id}/moderation",
    "/api/v1/sellers/{seller_id}",
    "/api/v1/sellers/commissions",
    "/api/v1/sellers/payout",
    "/api/v1/promotions",
    "/api/v1/tariffs",
    "/api/v1/slots",
    "/api/v1/search-rules",
    "/api/v1/experiments",
)
# And for operators; what is not PUBLIC.
FOR_SELLERS = ("/api/v1/catalogue/", "/api/v1/sellers/me/")
# These paths are for other people by another method.
OF_MIXED_PATHS = {("GET", "/api/v1/sellers")}
OF_ANN = """
select 'order' as kind, to_jsonb(o) as row from orders as o where customer_id = 1
union all select 'payment', to_jsonb(p) from payments as p join orders using (order_id)
    where customer_id = 1
union all select 'shipment', to_jsonb(s) from shipments as s join orders using (order_id)
    where customer_id = 1
union all select 'return', to_jsonb(r) from returns as r join orders using (order_id)
    where customer_id = 1
union all select 'refund', to_jsonb(r) from refunds as r join orders using (order_id)
    where customer_id = 1
union all select 'account', to_jsonb(a) from accounts as a where customer_id = 1
union all select 'address', to_jsonb(a) from addresses as a where customer_id = 1
union all select 'mail', to_jsonb(m) from mails as m where customer_id = 1
union all select 'review', to_jsonb(r) - 'n_open_reports' - 'reported_at' from reviews as r
    where customer_id = 1
union all select 'product', to_jsonb(p) from products as p
union all select 'image', to_jsonb(i) from product_images as i
union all select 'group', to_jsonb(g) from product_groups as g
union all select 'import', to_jsonb(i) from imports as i
union all select 'category', to_jsonb(c) from categories as c
union all select 'seller', to_jsonb(s) from sellers as s where customer_id is null
union all select 'rate', to_jsonb(r) from commission_rates as r
union all select 'promotion', to_jsonb(p) - 'n_uses' from promotions as p
union all select 'region', to_jsonb(r) from regions as r
union all select 'payout', to_jsonb(p) from payout_runs as p
union all select 'slot rule', to_jsonb(s) from slot_rules as s
union all select 'search rule', to_jsonb(s) from search_rules as s
union all select 'experiment', to_jsonb(e) from experiments as e
"""


def operations(document):
    """Yield (method, path, name of the body's schema) of every operation.

    Logging out everywhere comes last: whoever does that is nobody from then on.
    """
    for path, by_method in sorted(document["paths"].items(), key=lambda item: "log-out" in item[0]):
        for method, operation in by_method.items():
            content = operation.get("requestBody", {}).get("content", {})
            reference = content.get("application/json", {}).get("schema", {}).get("$ref", "")
            yield method.upper(), path, reference.rpartition("/")[2]


@pytest.fixture
async def anns_order(app, client, stocked, shopper):
    """Ann (customer 1) has an order, a cart and a return; return (Ann's headers, order id)."""
    await stocked({1: 50}, price_cents=777)
    ann, ops = shopper(), shopper(role="ops")
    order_id = (await place(client, ann, {1: 2})).json()["order_id"]
    desk = f"/api/v1/fulfilment/orders/{order_id}"
    await client.post(f"{desk}/pack", headers=ops)
    ship = {"carrier": "Post", "tracking": "ANNS-TRACKING"}
    await client.post(f"{desk}/shipments/1/ship", json=ship, headers=ops)
    back = {"lines": [{"line_number": 1, "quantity": 1}], "reason": "ANNS-REASON"}
    await client.post(f"/api/v1/orders/{order_id}/returns", json=back, headers=ann)
    await client.post(f"{desk}/shipments/1/deliver", headers=ops)
    await app.state.money.capture_shipped()  # the duty must not come in between
    review = BODIES["ReviewRequest"] | {"order_id": order_id, "rating": 5}
    assert (await client.post("/api/v1/reviews", json=review, headers=ann)).status_code == 201
    await client.put("/api/v1/carts/mine/lines/1", json={"quantity": 99}, headers=ann)
    home = {**BODIES["AddressRequest"], "recipient": "ANNS-NAME"}
    await client.post("/api/v1/accounts/me/addresses", json=home, headers=ann)
    return ann, order_id


@pytest.fixture
def ask(client, anns_order, monkeypatch):
    """Ask an operation for what is Ann's; `keys` makes idempotency keys."""
    monkeypatch.setattr(tracking, "ENDS_AFTER_SECONDS", 0.1)  # a stream is an answer, too
    _, order_id = anns_order
    keys = itertools.count()

    async def request(method, path, schema, headers):
        url = path.format(**PATH_VALUES, order_id=order_id)
        assert schema in BODIES or not schema, f"give BODIES a body for {schema}"
        body = BODIES.get(schema)
        if schema == "ReviewRequest":
            body = body | {"order_id": order_id}
        headers = {**headers, "Idempotency-Key": f"key-{next(keys)}", "If-Match": '"1"'}
        return await client.request(method, url, json=body, headers=headers)

    return request


async def test_nobody_gets_in_without_a_token(app, ask):
    let_in = [
        (method, path)
        for method, path, schema in operations(app.openapi())
        if (await ask(method, path, schema, {})).status_code not in (401, 422)
    ]

    assert set(let_in) - {("POST", "/api/v1/payments/webhooks")} <= PUBLIC


def is_of_one(path):
    """Tell whether a path is about what belongs to one customer; a review is everybody's to report."""
    own = ("{order_id}", "{address_id}")
    return any(id_ in path for id_ in own) or (
        "{review_id}" in path and not path.endswith("/reports")
    )


@pytest.fixture
def holes(app, ask, anns_order, rows, shopper):
    """Ask every operation as Bob; return those that told or changed what is Ann's."""

    async def look():
        bob, found = shopper(), []
        for method, path, schema in operations(app.openapi()):
            before = rows(OF_ANN)
            answer = await ask(method, path, schema, bob)
            told = "ANNS-" in answer.text or '"quantity":99' in answer.text
            let_in = is_of_one(path) and answer.status_code not in (403, 404)
            if told or let_in or rows(OF_ANN) != before:
                found.append((method, path))
        return found

    return look


async def test_what_is_anns_cannot_be_read_or_changed_by_another_customer(holes):
    assert await holes() == []


async def test_a_forgotten_condition_is_found(holes, monkeypatch):
    async def of_anybody(self, order_id, _):
        return await self.session.get(Order, order_id)

    monkeypatch.setattr(OrderRepository, "of_customer", of_anybody)

    assert ("GET", "/api/v1/orders/{order_id}/progress") in await holes()


async def test_a_review_that_anybody_may_change_is_found(holes, monkeypatch):
    async def of_anybody(self, review_id, _):
        return await self.reviews.locked(review_id)

    monkeypatch.setattr(ReviewService, "_own", of_anybody)

    assert ("PATCH", "/api/v1/reviews/{review_id}") in await holes()


async def test_what_is_for_operators_is_refused_to_customers(app, ask, anns_order):
    ann, _ = anns_order
    refused = {
        (method, path)
        for method, path, schema in operations(app.openapi())
        if (await ask(method, path, schema, ann)).status_code == 403
    }

    not_for_customers = {
        (method, path)
        for method, path, _ in operations(app.openapi())
        if path.startswith(FOR_OPERATORS + FOR_SELLERS)
    }
    assert refused == (not_for_customers | OF_MIXED_PATHS) - PUBLIC


@pytest.fixture
async def anns_business(client, stocked, selling, shopper, book, database):
    """Ann is seller 3 with listings, an order, a balance and a payout; return her headers.

    Of the order of Cleo's, lines are of sellers 3 and 4, whom nobody speaks for yet.
    """
    await stocked({1: 50}, seller_id=3)
    await stocked({4: 50}, seller_id=4)
    ann, ops = selling(3), shopper(role="ops")
    order_id = (await place(client, shopper(), {1: 2, 4: 1})).json()["order_id"]
    desk = f"/api/v1/fulfilment/orders/{order_id}"
    await client.post(f"{desk}/pack", headers=ops)
    ship = {"carrier": "Post", "tracking": "ANNS-TRACKING"}
    await client.post(f"{desk}/shipments/1/ship", json=ship, headers=ops)
    await book()
    database.exec_driver_sql("update order_lines set title = 'ANNS-LAMP' where seller_id = 3")
    money = {"cents": 500, "reference": "r", "note": "ANNS-NOTE"}
    await client.post("/api/v1/sellers/3/adjustments", json=money, headers=ops)
    key = {**ops, "Idempotency-Key": "k"}
    await client.post("/api/v1/sellers/payout-runs", headers=key)
    paid = {"bank_reference": "ANNS-REFERENCE"}
    payout_id = database.exec_driver_sql("select payout_id from payouts").scalar_one()
    await client.post(f"/api/v1/sellers/payouts/{payout_id}/paid", json=paid, headers=ops)
    await _list_things(client, ann, database)
    return ann, order_id


async def _list_things(client, ann, database):
    """List a draft, an image, a group and an import as Ann."""
    catalogue = "/api/v1/catalogue"
    await client.post(f"{catalogue}/products", json={**DRAFT, "title": "ANNS-DRAFT"}, headers=ann)
    database.exec_driver_sql(f"""
        update products set product_id = 2 where title = 'ANNS-DRAFT';
        insert into images values ('{"a" * 64}', 'image/png', 1, 1, now());
        insert into product_images values (2, '{"a" * 64}', 1, 'ANNS-ALT');
    """)
    await client.post(
        f"{catalogue}/groups", json={"title": "ANNS-GROUP", "axes": ["size"]}, headers=ann
    )
    csv = {**ann, "Content-Type": "text/csv"}
    await client.post(f"{catalogue}/imports", content="external_id,title\nA,ANNS-ROW", headers=csv)


DRAFT = {"price_cents": 777}
OF_SELLER_ANN = """
select 'product' as kind, to_jsonb(p) as row from products as p where seller_id = 3
union all select 'image', to_jsonb(i) from product_images as i
union all select 'group', to_jsonb(g) from product_groups as g where seller_id = 3
union all select 'import', to_jsonb(i) - 'finished_at' from imports as i where seller_id = 3
union all select 'category', to_jsonb(c) from categories as c
union all select 'seller', to_jsonb(s) from sellers as s where seller_id = 3
union all select 'shipment', to_jsonb(s) from shipments as s where seller_id = 3
union all select 'entry', to_jsonb(e) from seller_ledger as e where seller_id = 3
union all select 'payout', to_jsonb(p) from payouts as p where seller_id = 3
union all select 'rate', to_jsonb(r) from commission_rates as r
union all select 'promotion', to_jsonb(p) - 'n_uses' from promotions as p
union all select 'slot rule', to_jsonb(s) from slot_rules as s
union all select 'search rule', to_jsonb(s) from search_rules as s
union all select 'experiment', to_jsonb(e) from experiments as e
"""
OF_SELLERS = (
    "/catalogue/",
    "/sellers",
    "/promotions",
    "/tariffs",
    "/slots",
    "/search-rules",
    "/experiments",
)
OWN_OF_BOB = (
    ("GET", "/api/v1/sellers/me/orders/{order_id}"),
    ("POST", "/api/v1/sellers/me/orders/{order_id}/pack"),
)
"""The order has something of his, too: he sees it, and nothing of Ann's."""


@pytest.fixture
def sellers_holes(app, client, anns_business, selling, rows):
    """Ask every operation that sellers have as seller 4; return those that were not for them."""

    async def look():
        bob, before, holes = selling(4), rows(OF_SELLER_ANN), []
        values = {**PATH_VALUES, "product_id": 2, "order_id": anns_business[1]}
        for method, path, schema in operations(app.openapi()):
            if not any(part in path for part in OF_SELLERS):
                continue
            answer = await client.request(
                method, path.format(**values), json=BODIES.get(schema), headers=bob
            )
            is_anns = (
                "{" in path and (method, path) not in PUBLIC and (method, path) not in OWN_OF_BOB
            )
            let_in = is_anns and answer.status_code not in (403, 404)
            if let_in or "ANNS-" in answer.text or rows(OF_SELLER_ANN) != before:
                holes.append((method, path))
        return holes

    return look


async def test_what_is_a_sellers_cannot_be_read_or_changed_by_another_seller(sellers_holes):
    assert await sellers_holes() == []


async def test_a_forgotten_condition_of_sellers_is_found(sellers_holes, monkeypatch):
    monkeypatch.setattr(Editor, "may_edit", lambda self, seller_id: True)

    assert {
        ("GET", "/api/v1/catalogue/products/{product_id}"),
        ("PATCH", "/api/v1/catalogue/products/{product_id}"),
        ("GET", "/api/v1/catalogue/imports/{import_id}"),
    } <= set(await sellers_holes())


async def test_a_forgotten_condition_of_a_sellers_orders_is_found(sellers_holes, monkeypatch):
    everybodys = own_orders.OWN.text.replace("and sold_lines.seller_id = :seller_id", "")
    monkeypatch.setattr(own_orders, "OWN", sa.text(everybodys))

    assert ("GET", "/api/v1/sellers/me/orders/{order_id}") in await sellers_holes()


async def test_a_parcel_that_any_seller_may_ship_is_found(sellers_holes, monkeypatch):
    async def of_anybody(self, order_id, number):
        pass

    monkeypatch.setattr(own_orders.OwnOrders, "_check_own", of_anybody)

    deliver = "/api/v1/sellers/me/orders/{order_id}/shipments/{number}/deliver"
    assert ("POST", deliver) in await sellers_holes()


async def test_somebody_elses_and_unknown_orders_look_the_same(client, anns_order, shopper):
    _, order_id = anns_order
    bob = shopper()

    def without_id(answer, id_):
        return answer.status_code, answer.text.replace(str(id_), "#")

    for path in ("", "/history", "/progress"):
        anns = await client.get(f"/api/v1/orders/{order_id}{path}", headers=bob)
        unknown = await client.get(f"/api/v1/orders/12345{path}", headers=bob)
        assert without_id(anns, order_id) == without_id(unknown, 12345)
