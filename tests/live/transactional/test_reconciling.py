"""The lake held against a real shop (jobs.reconcile_shop): a clean one passes, planted differences are named."""

import datetime as dt

import psycopg2
import pyarrow as pa
import pyarrow.compute as pc
import pytest

from features.schemas.arrow import arrow_schema
from features.schemas.logs import OrderLine, StockLevel
from jobs.partitions import Partitions
from jobs.reconcile_shop import main
from jobs.runner import Dates, JobError, Settings
from tests.live.transactional.ordering import ORDERS, place

pytestmark = pytest.mark.live
MOVEMENTS = "/api/v1/stock/movements"


class Collected:
    """The lake as ingest would fill it from the shop's outbox."""

    def __init__(self, folder, database_url):
        self.settings = Settings(emporium_home=folder, database_url=database_url)
        self.lake, self.url = Partitions(self.settings.lake), database_url
        self.day = dt.datetime.now(dt.UTC).date()

    def fill(self):
        for row in (OrderLine, StockLevel):
            with psycopg2.connect(self.url) as shop, shop.cursor() as cursor:
                cursor.execute(
                    "select body from outbox where topic = %s order by position", [row.table]
                )
                typed = [
                    row.model_validate({**body, "date": body["recorded_at"][:10]}).model_dump()
                    for (body,) in cursor.fetchall()
                ]
            self.lake.write(row, pa.Table.from_pylist(typed, arrow_schema(row)), self.day)

    def change(self, row, make):
        self.lake.write(row, make(self.lake.read(row, self.day, self.day)), self.day)

    def reconcile(self):
        main(self.settings, Dates(self.day, self.day))

    def differences(self):
        with pytest.raises(JobError) as failure:
            self.reconcile()
        file = self.settings.reports / "reconcile_shop" / f"{self.day}.csv"
        return str(failure.value), file.read_text().splitlines()[1:]


@pytest.fixture
async def collected(client, stocked, shopper, tmp_path, migrated):
    """Two orders, one of which was cancelled, and units that came in."""
    await stocked({1: 50, 2: 50})
    customer, operator = shopper(), shopper(role="ops")
    kept = await place(client, customer, {1: 2, 2: 1})
    undone = await place(client, customer, {2: 3})
    order_id = undone.json()["order_id"]
    cancelled = await client.post(f"{ORDERS}/{order_id}/cancel", headers=customer)
    moved = await client.post(
        MOVEMENTS,
        json={"product_id": 1, "delta": 7, "reason": "received"},
        headers=operator,
    )
    assert [kept.status_code, cancelled.status_code, moved.status_code] == [201, 200, 201]
    made = Collected(tmp_path, migrated)
    made.fill()
    return made


async def test_a_clean_shop_passes_and_what_is_planted_is_named(collected):
    collected.reconcile()

    collected.change(OrderLine, lambda rows: rows.slice(1))
    words, [lost] = collected.differences()
    assert "sale-" in words
    assert lost.endswith(",")  # the lake has nothing
    collected.fill()
    dearer = pa.array([1], pa.int64())
    collected.change(
        OrderLine,
        lambda rows: rows.set_column(
            rows.schema.get_field_index("unit_price_cents"),
            "unit_price_cents",
            pc.add(rows["unit_price_cents"], dearer[0]),
        ),
    )
    _, changed = collected.differences()
    assert len(changed) == 4  # three lines sold, one of them given back
    collected.fill()
    collected.change(StockLevel, lambda rows: rows.slice(0, len(rows) - 1))
    words, [level] = collected.differences()
    assert "stock level" in words
    assert ",1,1,55 units," in level
    collected.fill()
    collected.reconcile()
