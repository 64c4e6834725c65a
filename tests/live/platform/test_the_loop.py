"""The whole platform on a small shop: what shoppers do changes what the shop shows (emporium.demo).

Real PostgreSQL, Redis, MLflow, Airflow, Spark, Feast and both services, as `make demo` starts them.
"""

import contextlib
import datetime as dt
import time
import uuid

import httpx2
import psycopg2
import pytest

from emporium.airflow_client import connect
from emporium.demo import failure
from emporium.pipeline_run import Days, run_chain
from features.schemas.lake import CoPurchase, ProductFeatures, Trending
from features.store.opening import open_store
from jobs.partitions import Partitions
from tests.page_reader import Browser

pytestmark = pytest.mark.live
MOST_UNITS = 100
"""Of one product in an order."""


def now():
    return dt.datetime.now(dt.UTC)


def test_every_row_is_validated_or_quarantined_with_a_reason(figures):
    for table, counts in figures["reports"]["ingest"].items():
        n_quarantined = sum(counts["quarantined"].values())
        assert counts["n_rows"] == counts["n_validated"] + n_quarantined, table
    assert figures["reports"]["ingest"]["clickstream"]["quarantined"]


def test_every_dag_leaves_its_figures(figures):
    assert set(figures["reports"]) == {
        "ingest",
        "publish_features",
        "build_search_index",
        "train_search_ranker",
        "train_recommendations",
        "forecast_demand",
        "score_forecasts",
        "plan_purchases",
    }


def test_search_finds_a_product_by_its_title(figures, shop):
    first = shop.get("/products", params={"limit": 1}).json()["products"][0]

    found = shop.get("/products", params={"q": first["title"], "limit": 5}).json()["products"]

    assert first["product_id"] in [item["product_id"] for item in found]


def registered(shop):
    """A new customer's id and the headers of a request of theirs."""
    email, password = f"{uuid.uuid4().hex}@example.org", "a long and good passphrase"
    account = shop.post(
        "/accounts", json={"email": email, "password": password, "region": "Hessen"}
    )
    assert account.status_code == 201, account.text
    token = shop.post("/tokens", json={"email": email, "password": password}).json()
    headers = {"Authorization": f"Bearer {token['access_token']}"}
    return account.json()["customer_id"], headers


def test_what_the_plan_proposes_is_approved_received_and_in_the_ledger(
    site, figures, shop, operator
):
    headers, orders = operator(), "/stock/purchase-orders"
    told = figures["reports"]["plan_purchases"]
    drafts = shop.get(orders, params={"status": "draft"}, headers=headers).json()
    draft = drafts["purchase_orders"][0]
    path = f"{orders}/{draft['purchase_order_id']}"
    units = {line["line_number"]: line["n_ordered"] for line in draft["lines"]}
    delivery = {
        "delivery_note": "all of it",
        "lines": [{"line_number": number, "quantity": n} for number, n in units.items()],
    }

    approved = shop.post(f"{path}/approve", headers=headers | {"If-Match": f'"{draft["version"]}"'})
    received = shop.post(f"{path}/receipts", json=delivery, headers=headers)

    assert told["proposed_to"] == "the shop"
    assert told["drafts · n_lines"] == told["n_lines"] > 0
    assert draft["supplier"].startswith("seller ")
    for line in draft["lines"]:
        assert line["explanation"]["proposed"] == line["n_ordered"]
        assert "an order is due" in line["explanation"]["sentence"]
    assert (approved.json()["status"], received.json()["status"]) == ("open", "received")
    with psycopg2.connect(site.database_url) as connection, connection.cursor() as cursor:
        entries = "select product_id, delta_on_hand, reason from stock_ledger where purchase_order_id = %s"
        cursor.execute(entries, [draft["purchase_order_id"]])
        assert sorted(cursor.fetchall()) == sorted(
            (line["product_id"], line["n_ordered"], "received") for line in draft["lines"]
        )


def order(shop, headers, product_ids, quantity=1):
    lines = [{"product_id": product_id, "quantity": quantity} for product_id in product_ids]
    answer = shop.post(
        "/orders",
        json={"lines": lines, "payment_method": "pm_card_visa"},
        headers=headers | {"Idempotency-Key": uuid.uuid4().hex},
    )
    assert answer.status_code == 201, answer.text


def look_at(shop, customer_id, product_id, times):
    at = now().isoformat()
    events = [
        {
            "session_id": f"s{customer_id}",
            "customer_id": customer_id,
            "kind": "view",
            "product_id": product_id,
            "occurred_at": at,
        }
        for _ in range(times)
    ]
    answer = shop.post("/events", json={"events": events})
    assert answer.status_code == 202, answer.text


def two_products_never_bought_together(site, date):
    """Two products in stock: a rarely seen one, and one that was in no basket with it."""
    lake = Partitions(site.home / "lake")
    bought = lake.read(CoPurchase, date, date).to_pandas()
    seen = lake.read(ProductFeatures, date, date).to_pandas().sort_values("n_views_28d")
    rare = [int(product_id) for product_id in seen.product_id]
    with httpx2.Client(base_url=f"{site.url('transactional')}/api/v1") as shop:
        in_stock = [p for p in rare[:60] if stock_of(shop, p) >= 5]
    first = in_stock[0]
    partners = set(bought[bought.item_id == first].other_item_id)
    return first, next(p for p in in_stock[1:] if p not in partners)


def stock_of(shop, product_id):
    answer = shop.get(f"/catalogue/products/{product_id}")
    return answer.json()["n_available"] if answer.status_code == 200 else 0


def build_features(site, first, last):
    """Run the DAGs as far as the features; the others are paused, and take no time from them."""
    airflow = connect(site.url("airflow-api"))
    days = Days(first, last, last, last)
    with paused(airflow, airflow.dag_ids() - {"nightly", "ingest", "build_features"}):
        for progress in run_chain(airflow, days, now()):
            assert not progress.failed, failure(airflow, progress.failed[0])
            if "build_features" in progress.finished_dags:
                return


@contextlib.contextmanager
def paused(airflow, dag_ids):
    def pause(*, is_paused):
        for dag_id in dag_ids:
            answer = airflow.http.patch(f"/dags/{dag_id}", json={"is_paused": is_paused})
            assert answer.status_code == 200, answer.text

    pause(is_paused=True)
    try:
        yield
    finally:
        pause(is_paused=False)


def listed(shop, **query):
    answer = shop.get("/recommendations", params=query)
    assert answer.status_code == 200, answer.text
    return [item["product_id"] for item in answer.json()["items"]]


def eventually(check, seconds=90):
    """Wait for what serving takes over in its own time (a new index, a new registry)."""
    deadline = time.monotonic() + seconds
    while not check() and time.monotonic() < deadline:
        time.sleep(1)
    assert check()


def test_orders_and_clicks_change_features_trending_and_co_purchases(site, figures, shop):
    yesterday = dt.date.fromisoformat(str(figures["last_day"]))
    lamp, shade = two_products_never_bought_together(site, yesterday)
    before = listed(shop, type="trending", limit=50)
    began = now().date()

    customers = [registered(shop) for _ in range(4)]
    for customer_id, headers in customers:
        look_at(shop, customer_id, lamp, times=100)
        order(shop, headers, [lamp, shade])
    build_features(site, began, today := now().date())

    lake = Partitions(site.home / "lake")
    pairs = lake.read(CoPurchase, today, today).to_pylist()
    [pair] = [p for p in pairs if (p["item_id"], p["other_item_id"]) == (lamp, shade)]
    assert pair["n_baskets"] == 4
    trending = lake.read(Trending, today, today).to_pylist()
    assert (0, lamp, 1) in {(t["category_id"], t["item_id"], t["rank"]) for t in trending}

    store = open_store(site.feature_registry_url, site.redis_url)
    online = store.get_online_features(
        features=["user_features:n_orders_28d", "user_features:recent_item_ids"],
        entity_rows=[{"user_id": customers[0][0]}],
    ).to_dict()
    assert online["n_orders_28d"] == [1]
    assert online["recent_item_ids"][0][0] in (lamp, shade)

    assert before[0] != lamp
    eventually(lambda: listed(shop, type="trending", limit=5)[0] == lamp)
    eventually(lambda: shade in listed(shop, type="also_bought", product_id=lamp, limit=5))


def test_pages_come_in_time_and_small(site, figures, shop, record_property):
    product_id = shop.get("/products", params={"limit": 1}).json()["products"][0]["product_id"]
    with httpx2.Client(base_url=site.url("gateway"), timeout=30) as client:
        for path in ("/", "/search?q=lamp", f"/products/{product_id}"):
            seconds = [client.get(path).elapsed.total_seconds() for _ in range(60)][10:]
            p95 = sorted(seconds)[int(0.95 * len(seconds))]
            record_property(f"milliseconds of {path.partition('?')[0]}, p95", round(1000 * p95, 1))
        assert len(client.get("/").content) < 50_000


async def test_a_guest_searches_registers_and_pays_without_javascript(site, figures, shop):
    title = shop.get("/products", params={"limit": 1, "in_stock": True}).json()["products"][0][
        "title"
    ]
    async with httpx2.AsyncClient(base_url=site.url("gateway"), timeout=30) as client:
        browser = Browser(client)
        home = await browser.open("/")
        found = await browser.send(home, "/search", q=title)
        product = await browser.open(next(link for link in found.links if "/products/" in link))
        await browser.send(product, "/cart/lines")
        page = await browser.open("/register?next=/checkout")
        mail = f"{uuid.uuid4().hex}@example.org"
        page = await browser.send(
            page, "/register", email=mail, password="a long and good passphrase"
        )
        address = {
            "recipient": "Ada",
            "street": "Allee 1",
            "postal_code": "10115",
            "city": "Berlin",
        }
        page = await browser.send(page, "/checkout/addresses", **address)
        page.forms = [form for form in page.forms if form.method == "post"]
        order = await browser.send(page, "/checkout", card="visa")

    assert "Trending now" in home.text
    assert product.status == 200
    assert order.path.startswith("/orders/"), order.text
    assert "Thank you" in order.text
    assert "default-src 'none'" in order.answer.headers["content-security-policy"]
    assert {"access", "refresh"} <= set(client.cookies)


def test_what_is_sold_out_is_so_in_the_next_answer(figures, shop, record_property):
    """Shop, outbox, worker, Redis, serving: no DAG runs. The last test: so many units are a trend."""
    _, headers = registered(shop)
    pages = shop.get("/products", params={"limit": 100, "in_stock": True}).json()["products"]
    left = {each["product_id"]: stock_of(shop, each["product_id"]) for each in pages}
    scarce = next(id_ for id_, n in left.items() if 0 < n <= MOST_UNITS)
    order(shop, headers, [scarce], quantity=left[scarce])

    began = time.monotonic()
    while shop.get(f"/products/{scarce}").json()["in_stock"] and time.monotonic() - began < 30:
        time.sleep(0.02)
    record_property("seconds until what is sold out is so in search", time.monotonic() - began)

    title = shop.get(f"/products/{scarce}").json()["title"]
    found = shop.get("/products", params={"q": title, "in_stock": True, "limit": 100}).json()
    assert scarce not in [each["product_id"] for each in found["products"]]
    trending = listed(shop, type="trending", limit=100)
    assert scarce not in trending
