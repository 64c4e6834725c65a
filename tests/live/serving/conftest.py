"""Serving on a real index, Redis and feature store, called over ASGI with its threads running."""

import asyncio
import contextlib
import datetime as dt
import json
import time

import httpx2
import pandas as pd
import pytest
import redis as redis_client
from prometheus_client import CollectorRegistry

from features.store.opening import apply_definitions, open_store
from features.store.packed import list_key, pack_list
from features.store.packed_redis import PackedFeatures
from models.search.writing import write_shard
from serving.app import make_app
from serving.settings import Settings, WorkerSettings
from serving.worker import working
from tests.unit.serving.shop_by_hand import links, model

TOKEN_SECRET = "a secret of at least 32 characters"
N_PRODUCTS = 12
N_RATED = 4
DAY = dt.date(2026, 1, 31)
END_OF_DAY = pd.Timestamp("2026-02-01", tz="UTC")


def numbered(version):
    """Return a recommender that offers customer 1 nothing but item n in version n."""
    return model({1: [int(version)]}, {1: [9]}, links(), links())


def documents(title):
    for n in range(1, N_PRODUCTS + 1):
        yield {
            "product_id": n,
            "title": f"{title} number{n}",
            "description": "",
            "category_id": 10 + n % 2,
            "category_path": "Home > Lamps",
            "brand": "Lumo" if n <= 3 else None,
            "seller_id": 1,
            "price_cents": 100 * n,
            "attributes": '{"colour": "red"}',
            "in_stock": n != N_PRODUCTS,
            "popularity": float(n),
            "mean_rating": float(n) if n <= N_RATED else None,
            "n_reviews": 1 if n <= N_RATED else 0,
        }


class Shelf:
    """What jobs would publish: versions of the index, and a model."""

    def __init__(self, root):
        self.root = root
        self.model = None
        self.n_versions = 0

    def publish_index(self, title="Lamp"):
        self.n_versions += 1
        version = self.root / "versions" / f"v{self.n_versions}"
        all_documents = list(documents(title))
        for number in range(2):
            write_shard(version / f"shard-{number}", all_documents[number::2])
        manifest = {"date": str(DAY), "shards": ["shard-0", "shard-1"]}
        (version / "manifest.json").write_text(json.dumps(manifest))
        link = self.root / "next"
        link.symlink_to(version.relative_to(self.root))
        link.replace(self.root / "current")


@pytest.fixture
def serving_settings(tmp_path, redis_url):
    return Settings(
        emporium_home=tmp_path,
        redis_url=redis_url,
        mlflow_tracking_uri="unused",
        token_secret=TOKEN_SECRET,
        log_level="ERROR",
        poll_seconds=0.02,
    )


@pytest.fixture
def shelf(serving_settings):
    return Shelf(serving_settings.index)


@pytest.fixture
def feature_store(serving_settings):
    store = open_store(serving_settings.feast, serving_settings.redis_url)
    apply_definitions(store, serving_settings.emporium_home / "lake")
    return store


@contextlib.asynccontextmanager
async def serving(settings, shelf):
    """The service, and its worker beside it."""
    app = make_app(settings, lambda: shelf.model, numbered)
    with working(worker_settings(settings), CollectorRegistry()):
        async with _client(app) as client:
            yield client


def worker_settings(settings):
    shared = WorkerSettings.model_fields.keys() & Settings.model_fields.keys()
    return WorkerSettings(**settings.model_dump(include=shared))


@contextlib.asynccontextmanager
async def _client(app):
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app), base_url="http://serving"
        ) as client,
    ):
        yield client


@pytest.fixture
async def client(serving_settings, shelf, feature_store):
    shelf.publish_index()
    shelf.model = "1"
    async with serving(serving_settings, shelf) as client:
        await until(lambda: is_ready(client))
        yield client


async def is_ready(client):
    return (await client.get("/readyz")).status_code == 200


async def until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < deadline, "did not come true"
        await asyncio.sleep(0.02)


def write_online(store, view, available_at=END_OF_DAY, **columns):
    """Put one row into the online store, as the publishing job would."""
    frame = pd.DataFrame({name: [value] for name, value in columns.items()})
    frame["available_at"] = available_at
    store.write_to_online_store(view, frame)


def write_packed(redis_url, **lists):
    """Put lists where serving reads them, as the publishing job would; each `<view>=(entity, ids)`."""
    with redis_client.Redis.from_url(redis_url) as redis:
        packed = [
            (list_key(view, entity_id), pack_list(END_OF_DAY, ids))
            for view, (entity_id, ids) in lists.items()
        ]
        PackedFeatures(redis).write_lists(packed, dt.timedelta(days=1))
