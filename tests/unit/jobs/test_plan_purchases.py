"""From forecasts to drafts (jobs.plan_purchases, purchase_plan, purchase_position, shop_desk)."""

import datetime as dt
import functools
import json

import httpx2
import numpy as np
import pyarrow as pa
import pytest

from features.schemas.lake import PurchaseProposal
from features.schemas.logs import ProductVersion
from jobs.partitions import Partitions
from jobs.plan_purchases import main
from jobs.purchase_position import in_lake, newest, receipts_of, shares
from jobs.runner import Dates, JobError
from jobs.settings import Settings
from tests.unit.jobs.purchase_lake import DAY, fill, write

TERMS = {
    "supplier": "Lamps Ltd",
    "unit_cost_cents": 600,
    "pack_size": 6,
    "minimum_order": 6,
    "shelf_life_days": None,
    "service_class": None,
}


@pytest.fixture
def settings(tmp_path):
    fill(Partitions(tmp_path / "lake"))
    return Settings(emporium_home=tmp_path)


class Shop:
    """A shop that answers as the real one does; `products` is its position."""

    def __init__(self, products, receipts=(), refuses=None):
        self.products, self.receipts, self.refuses = products, list(receipts), refuses
        self.told = {}

    def __call__(self, request):
        path = request.url.path.removeprefix("/api/v1/")
        if path == "tokens":
            return httpx2.Response(201, json={"access_token": "t"})
        assert request.headers["Authorization"] == "Bearer t"
        if request.method == "PUT":
            return self.take(path, json.loads(request.content))
        if path == "stock/receipts":
            return httpx2.Response(200, json={"receipts": self.receipts, "next_cursor": None})
        at = int(request.url.params.get("cursor", "0"))
        more = str(at + 1) if at + 1 < len(self.products) else None
        page = {"products": self.products[at : at + 1], "next_cursor": more}
        return httpx2.Response(200, json=page)

    def take(self, path, body):
        if self.refuses and path.startswith("stock/proposals"):
            return httpx2.Response(self.refuses["status"], json=self.refuses)
        self.told[path] = body
        return (
            httpx2.Response(200, json={"n_lines": 1})
            if "proposals" in path
            else httpx2.Response(204)
        )


@pytest.fixture
def in_front_of(settings, monkeypatch):
    """Run the job against a shop."""

    def plan(shop):
        client = functools.partial(httpx2.Client, transport=httpx2.MockTransport(shop))
        monkeypatch.setattr("jobs.shop_desk.httpx2.Client", client)
        main(settings.model_copy(update={"shop_url": "http://shop"}), Dates(DAY, DAY))

    return plan


def listed(product_id, *on_hand, **terms):
    warehouses = [
        {
            "warehouse_id": n,
            "n_on_hand": units,
            "n_reserved": min(1, units),
            "n_on_order": 0,
            "n_sold": 9,
        }
        for n, units in enumerate(on_hand, start=1)
    ]
    own = {**TERMS, "product_id": product_id, "version": 1, **terms}
    return {"product_id": product_id, "price_cents": 1_000, "terms": own, "warehouses": warehouses}


def report(settings):
    return json.loads((settings.reports / "plan_purchases" / f"{DAY}.json").read_text())


def proposals(settings):
    return Partitions(settings.lake).read(PurchaseProposal, None, DAY).to_pylist()


def test_proposals_become_drafts_by_supplier_and_each_says_why(in_front_of, settings):
    shop = Shop([listed(1, 3), listed(2, 3, supplier="Bulbs Ltd"), listed(3, 0)])

    in_front_of(shop)

    drafts = shop.told[f"stock/proposals/{DAY}"]["purchase_orders"]
    assert [(each["supplier"], each["warehouse_id"]) for each in drafts] == [("Bulbs Ltd", 1), ("Lamps Ltd", 1)]  # fmt: skip
    assert {each["expected_on"] for each in drafts} == {"2026-05-08"}  # 7 days: nothing came yet
    [line] = drafts[1]["lines"]
    assert line["quantity"] % 6 == 0
    assert line["explanation"]["forecast"] == 24  # seven days and one until the next run
    assert line["explanation"]["sentence"].startswith("24.0 units")
    assert shop.told["stock/demand-rates"]["rates"] == [
        {"product_id": id_, "units_per_day": 3.0} for id_ in (1, 2)
    ]
    assert report(settings)["proposed_to"] == "the shop"
    assert report(settings)["n_products_without_forecast"] == 1  # nobody foresaw product 3


def test_lead_times_come_from_receipts(in_front_of):
    came = [
        {"supplier": "Lamps Ltd", "ordered_at": "2026-04-01T08:00:00Z", "received_at": f"2026-04-{3 + n % 2:02d}T08:00:00Z", "n_units": 5}
        for n in range(60)
    ]  # fmt: skip
    shop = Shop([listed(1, 0)], came)

    in_front_of(shop)

    [line] = shop.told[f"stock/proposals/{DAY}"]["purchase_orders"][0]["lines"]
    assert line["explanation"]["lead_time_days"] == 2.5


def test_units_that_lie_idle_are_moved_before_any_are_bought(in_front_of, settings):
    shop = Shop([listed(1, 400, 2)])

    in_front_of(shop)

    told = shop.told[f"stock/proposals/{DAY}"]
    [move] = told["transfers"]
    assert (move["product_id"], move["from_warehouse_id"], move["to_warehouse_id"]) == (1, 1, 2)
    assert told["purchase_orders"] == []
    gave, got = sorted(proposals(settings), key=lambda row: row["warehouse_id"])
    assert gave["n_moved_out"] == got["n_moved_in"] == move["quantity"]


def test_terms_overrule_the_class_that_sales_give(in_front_of):
    shop = Shop([listed(1, 0), listed(2, 0, service_class="CZ")])

    in_front_of(shop)

    [draft] = shop.told[f"stock/proposals/{DAY}"]["purchase_orders"]
    assert [line["explanation"]["service_class"] for line in draft["lines"]] == ["AX", "CZ"]


def test_without_a_shop_the_plan_stays_in_the_lake_and_says_so(settings):
    main(settings, Dates(DAY, DAY))

    [row] = proposals(settings)  # 2 is archived; nobody foresaw 3
    assert (row["product_id"], row["warehouse_id"], row["supplier"]) == (1, 0, "seller 7")
    assert (row["n_on_hand"], row["unit_cost_cents"]) == (4, 600)
    assert row["n_units"] > 0
    assert report(settings)["proposed_to"] == "nobody: SHOP_URL is not set"


def test_a_later_plan_in_the_shop_is_left_alone(in_front_of, settings):
    refuses = {"status": 409, "type": "/problems/older-planning-run", "detail": "later"}

    in_front_of(Shop([listed(1, 0)], refuses=refuses))

    assert report(settings)["proposed_to"] == "nobody: the shop has the plan of a later day"


@pytest.mark.parametrize(
    ("shop", "words"),
    [
        (Shop([]), "no published product has supply terms: PUT them at /api/v1/stock/terms"),
        (
            Shop([listed(1, 0)], refuses={"status": 503, "type": "/problems/unavailable", "detail": "away"}),
            "the shop did not take the plan, its drafts are as they were: .* 503 away",
        ),
        (lambda request: httpx2.Response(401, json={"detail": "Log in"}), "401 Log in"),
        (lambda request: httpx2.Response(502, text="<html>"), "the shop did not take the plan"),
    ],
)  # fmt: skip
def test_a_plan_that_the_shop_does_not_take_fails_and_leaves_the_lake_as_it_was(
    in_front_of, settings, shop, words
):
    with pytest.raises(JobError, match=words):
        in_front_of(shop)

    assert proposals(settings) == []


def test_without_forecasts_it_says_what_to_run(settings):
    later = DAY + dt.timedelta(days=1)

    with pytest.raises(JobError, match="run the DAG forecast_demand"):
        main(settings, Dates(later, later))


def test_a_lake_without_products_has_an_empty_plan(settings):
    write(Partitions(settings.lake), ProductVersion, DAY, [])

    main(settings, Dates(DAY, DAY))

    assert (proposals(settings), report(settings)["n_lines"]) == ([], 0)


def test_the_newest_row_of_each_product_counts():
    rows = pa.table(
        {"product_id": [2, 1, 1, 2], "occurred_at": [5, 9, 8, 1], "n": [20, 11, 10, 21]}
    )

    assert newest(rows)["n"].to_pylist() == [11, 20]
    assert newest(rows.slice(0, 0)).num_rows == 0


def test_the_lake_knows_levels_and_prices_of_published_products(settings):
    found = in_lake(Partitions(settings.lake), DAY)

    assert found.product_id.tolist() == [1, 3]
    assert found.n_on_hand.tolist() == [4, 0]


def test_a_warehouses_share_of_demand_is_its_share_of_sales_and_a_unit_more():
    sold = [{"n_sold": n} for n in (7, 1, 0)]

    assert shares(sold) == pytest.approx([8 / 11, 2 / 11, 1 / 11])


def test_receipts_of_suppliers_who_are_asked_no_more_are_left_out():
    told = [
        {"supplier": name, "ordered_at": "2026-04-01T00:00:00Z", "received_at": "2026-04-03T12:00:00Z", "n_units": 5}
        for name in ("A", "gone", "B")
    ]  # fmt: skip

    found = receipts_of(["A", "B"], told)

    assert (found.supplier.tolist(), found.days.tolist()) == ([0, 1], [2.5, 2.5])
    assert np.array_equal(found.n_units, [5, 5])
