"""A small real shop's week is watched: clean it is silent, and each planted fault raises its own alert alone.

The week is simulated and goes through ingest and the jobs; a model is trained on it, and lists are served by
the application, which reads features from Redis and leaves answers. Faults lie where they would in a shop: in what
serving reads, in a log, in a day that nobody ingested, in tables that models are trained on.
"""

import asyncio
import datetime as dt
import json
import shutil
from dataclasses import dataclass
from typing import Any

import httpx2
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from redis import Redis

from features.schemas.arrow import arrow_schema
from features.schemas.lake import Interaction, ProductFeatures, QualityFinding, UserFeatures
from features.schemas.logs import Answer, OrderLine
from features.store.packed import PACKED
from features.store.packed_redis import PackedFeatures
from jobs import (
    build_daily_facts,
    build_features,
    build_lists,
    build_search_documents,
    build_search_index,
    ingest,
    publish_features,
    train_recommendations,
    watch_quality,
)
from jobs.partitions import Partitions
from jobs.raw import RawBatches
from jobs.runner import Dates, Settings
from serving.app import create_app
from serving.settings import Settings as ServingSettings
from simulator.shop import SimulatedShop
from simulator.simulate import simulate
from tests import services
from tests.live.serving.conftest import until

pytestmark = [pytest.mark.live, pytest.mark.spark, pytest.mark.long]

N_DAYS, N_WATCHED_DAYS, N_LISTS = 40, 8, 60
ANSWERS = "answers"


@dataclass(frozen=True)
class Shop:
    """A shop of whose last day all is known; `served` are the answers of a clean serving."""

    settings: Settings
    redis: Redis
    today: dt.date
    served: pa.Table

    @property
    def lake(self):
        return Partitions(self.settings.lake)

    @property
    def yesterday(self):
        return self.today - dt.timedelta(days=1)

    def serve(self):
        """Ask for lists, and searches, of the application; its answers as rows of the log."""
        self.redis.delete(ANSWERS)
        asyncio.run(served_lists(self.settings, self.customers()))
        bodies: Any = self.redis.xrange(ANSWERS)
        rows = [json.loads(entry[b"body"]) for _, entry in bodies]
        schema = arrow_schema(Answer)
        told = [{**dict.fromkeys(schema.names), **row, "date": self.today} for row in rows]
        for row in told:
            for name in ("occurred_at", "recorded_at"):
                row[name] = dt.datetime.fromisoformat(row[name])
        return pa.Table.from_pylist(told, schema)

    def customers(self):
        users = self.lake.read(UserFeatures, self.yesterday, self.yesterday, ["user_id"])
        return sorted(users["user_id"].to_pylist())[:N_LISTS]

    def publish(self, day, **factors):
        """Write a day's features for serving, some columns of products times a factor."""
        packed = PackedFeatures(self.redis)
        for row, layout in PACKED.items():
            rows = self.lake.read(row, day, day)
            for name, factor in factors.items():
                if name in rows.column_names and row is ProductFeatures:
                    rows = changed(rows, name, pc.multiply(rows[name], factor))
            packed.write_all(layout, rows)


def changed(rows, name, values):
    place = rows.schema.get_field_index(name)
    field = rows.schema.field(name)
    return rows.set_column(place, field, pc.cast(values, field.type, safe=False))


async def served_lists(settings, customers):
    serving = ServingSettings(
        emporium_home=settings.emporium_home,
        redis_url=settings.redis_url,
        mlflow_tracking_uri=settings.mlflow_tracking_uri,
        log_level="ERROR",
        poll_seconds=0.1,
    )
    app = create_app(serving)
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://serving")

    async def is_ready():
        return (await client.get("/readyz")).status_code == 200

    async with app.router.lifespan_context(app), client:
        await until(is_ready, seconds=180)
        for customer_id in customers:
            query = {"type": "for_you", "customer_id": customer_id, "limit": 10}
            answer = await client.get("/api/v1/recommendations", params=query)
            assert answer.status_code == 200, answer.text
        await client.get("/api/v1/products", params={"q": "pan"})


@pytest.fixture(scope="module")
def shop(spark, tmp_path_factory):
    """A shop of 40 simulated days, the last of them today."""
    folder = tmp_path_factory.mktemp("planted").resolve()
    today = dt.datetime.now(dt.UTC).date()
    with (
        pytest.MonkeyPatch.context() as patched,
        services.redis_server(folder) as redis_url,
        Redis.from_url(redis_url) as redis,
    ):
        patched.chdir(folder)  # without a server, MLflow's artifacts go below the working directory
        settings = Settings(
            emporium_home=folder / "home",
            database_url="",
            redis_url=redis_url,
            mlflow_tracking_uri=f"sqlite:///{folder}/mlflow.db",
        )
        made = Shop(settings, redis, today, pa.table({}))
        simulate_into(settings, spark, folder / "simulated", today)
        until_yesterday(made)
        served = made.serve()
        last_day(made)
        made.lake.write(Answer, served, today)
        yield Shop(settings, redis, today, served)


def simulate_into(settings, spark, folder, today):
    world = SimulatedShop(
        last_day=today, n_days=N_DAYS, n_products=200, n_shoppers=500, n_visits_per_day=0.12
    )
    simulate(spark, folder, world)
    RawBatches(settings.lake).adopt("load-simulator", folder / "raw")


def until_yesterday(shop):
    """What the nights before this one made: features of a week, lists, an index, a champion."""
    settings, last = shop.settings, shop.yesterday
    first, night = last - dt.timedelta(days=N_DAYS - 2), Dates(last, last)
    ingest.main(settings.model_copy(update={"redis_url": ""}), Dates(first, last))
    build_daily_facts.main(settings, Dates(first, last))
    build_features.main(settings, Dates(last - dt.timedelta(days=N_WATCHED_DAYS), last))
    for job in (build_lists, publish_features, build_search_documents, build_search_index):
        job.main(settings, night)
    train_recommendations.main(settings, night)


def last_day(shop):
    settings, night = shop.settings, Dates(shop.today, shop.today)
    ingest.main(settings.model_copy(update={"redis_url": ""}), night)
    for job in (build_daily_facts, build_features, build_lists):
        job.main(settings, night)


@pytest.fixture
def watched(shop, tmp_path):
    """Plant something in a copy of the shop and watch its last day: the alerts, and their subjects."""

    def watch(plant):
        home = tmp_path / "home"
        shutil.copytree(shop.settings.emporium_home, home, symlinks=True)
        settings = shop.settings.model_copy(update={"emporium_home": home})
        copy = Shop(settings, shop.redis, shop.today, shop.served)
        plant(copy)
        watch_quality.main(settings, Dates(shop.today, shop.today))
        rows = copy.lake.read(QualityFinding, shop.today, shop.today).to_pylist()
        return rows, [row for row in rows if row["is_breached"]]

    return watch


def nothing(shop):
    pass


def other_prices_in_redis(shop):
    shop.publish(shop.yesterday, price_cents=1.02)
    shop.lake.write(Answer, shop.serve(), shop.today)


def redis_of_days_ago(shop):
    shop.publish(shop.today - dt.timedelta(days=4))
    shop.lake.write(Answer, shop.serve(), shop.today)


def each_view_told_thrice(shop):
    rows = shop.lake.read(ProductFeatures, shop.today, shop.today)
    thrice = pc.multiply(rows["n_views_28d"], 3)
    shop.lake.write(ProductFeatures, changed(rows, "n_views_28d", thrice), shop.today)


def a_day_nobody_ingested(shop):
    day = shop.today - dt.timedelta(days=2)
    shutil.rmtree(shop.lake.folder("validated", OrderLine.table) / f"date={day}")


def prices_in_euros(shop):
    rows = shop.lake.read(OrderLine, shop.today, shop.today)
    euros = pc.divide(rows["unit_price_cents"], 100)
    shop.lake.write(OrderLine, changed(rows, "unit_price_cents", euros), shop.today)


def tomorrows_looks_in_todays_training_rows(shop):
    rows = shop.lake.read(Interaction, shop.today, shop.today)
    later = pc.add(rows["last_at"], pa.scalar(dt.timedelta(days=1), pa.duration("us")))
    shop.lake.write(Interaction, changed(rows, "last_at", later), shop.today)


def test_a_clean_week_is_silent_and_watched_in_every_way(watched):
    rows, breached = watched(nothing)

    assert [row["sentence"] for row in breached] == []
    assert {row["alert"] for row in rows} == {
        "skew", "stale_feature", "drift", "missing_day", "quarantine", "unit_mismatch", "leak",
        "index_age", "model_age",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("plant", "alert", "subject"),
    [
        (other_prices_in_redis, "skew", "product_features.price_cents"),
        (redis_of_days_ago, "stale_feature", "product_features"),
        (each_view_told_thrice, "drift", "product_features.n_views_28d"),
        (a_day_nobody_ingested, "missing_day", "order_lines"),
        (prices_in_euros, "unit_mismatch", "order_lines.unit_price_cents"),
        (tomorrows_looks_in_todays_training_rows, "leak", "interactions.last_at"),
    ],
)
def test_each_planted_fault_raises_its_own_alert_and_no_other(watched, plant, alert, subject):
    _, breached = watched(plant)

    assert {row["alert"] for row in breached} == {alert}, [row["sentence"] for row in breached]
    assert subject in {row["subject"] for row in breached}
