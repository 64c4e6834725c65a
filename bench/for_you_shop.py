"""A shop of any size to recommend in: drawn at random, trained by the code that trains the real one."""

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from redis import Redis
from scipy.sparse import csr_matrix

from features.schemas.lake import CategoryLists, ProductFeatures, UserFeatures
from features.store.definitions import USER_RECENT
from features.store.packed import PRODUCT, USER, list_key, pack_list
from features.store.packed_lists import packed_lists
from features.store.packed_redis import PackedFeatures
from models.evaluation.lessons import lesson_of, ranker_taught_by
from models.live import LiveRecommender, live_recommender
from models.ranking.second_stage import TwoStages
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS, Known
from models.retrieval.als import ALSRetriever
from models.retrieval.category_popularity import CategoryPopularityRetriever
from models.retrieval.contract import Retriever
from models.retrieval.histories import Histories, Rows, histories
from models.retrieval.items import Items
from models.retrieval.successors import SuccessorsRetriever
from models.search.writing import write_shard

N_PER_CATEGORY = 200
N_LIKED = 3
N_EVENTS = 30
N_TAUGHT = 2_000
N_EACH = 150
N_SHARDS = 2
N_TRENDING = 20
MOMENT = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)
ADJECTIVES = ("red", "blue", "oak", "tall", "soft", "warm", "light", "old", "round", "small")


@dataclass(frozen=True)
class Shop:
    """Users come for a few categories each; in these a few products are wanted by most.

    `log` has all events, 30 a user, one a day.
    """

    n_users: int
    n_items: int
    categories: Rows
    log: Histories
    product_features: np.ndarray
    user_features: np.ndarray

    @property
    def user_ids(self) -> Rows:
        """Return ids that are no rows."""
        return np.arange(self.n_users) * 3 + 7

    @property
    def item_ids(self) -> Rows:
        """Return ids that are no rows."""
        return np.arange(self.n_items) * 2 + 5


def drawn(n_users: int, n_items: int, seed: int) -> Shop:
    """Draw a shop."""
    random = np.random.default_rng(seed)
    n_categories = n_items // N_PER_CATEGORY
    categories = np.arange(n_items) % n_categories
    liked = random.integers(0, n_categories, (n_users, N_LIKED))
    users = np.repeat(np.arange(n_users), N_EVENTS)
    chosen = liked[users, random.integers(0, N_LIKED, len(users))]
    place = np.minimum(random.geometric(0.03, len(users)) - 1, N_PER_CATEGORY - 1)
    items = chosen + n_categories * place
    days = np.tile(np.arange(N_EVENTS, dtype=np.float64), n_users)
    weights = random.choice([1.0, 3.0, 5.0], len(users)).astype(np.float32)
    return Shop(
        n_users,
        n_items,
        categories,
        histories(users, items, weights, days, (n_users, n_items)),
        random.integers(0, 1_000, (n_items, len(PRODUCT.columns))).astype(np.float64),
        random.integers(0, 1_000, (n_users, len(USER.columns))).astype(np.float64),
    )


def trained(shop: Shop) -> LiveRecommender:
    """Train three models and a ranker above them, taught by each user's last events."""
    known = known_of(shop, shop.log.kept(shop.log.n_later > 2))
    models: list[Retriever] = [
        ALSRetriever(n_factors=64),
        CategoryPopularityRetriever(),
        SuccessorsRetriever(),
    ]
    fitted = [model.fit(known.histories, known.items) for model in models]
    later = shop.log.kept(shop.log.n_later <= 2).matrix()
    relevant = later - later.multiply(known.seen.astype(bool))
    relevant.eliminate_zeros()
    users = np.nonzero(np.diff(relevant.indptr))[0][:N_TAUGHT]
    holdout = known.holdout(csr_matrix(relevant.astype(bool).astype(float)), users, "last events")
    order = ranker_taught_by(lesson_of(fitted, holdout, known.facts, N_EACH, 10, 0))
    stages = TwoStages(fitted, {"ranker": order}, N_EACH)
    return live_recommender(known, stages, "ranker", {"fitted_on": "2026-01-31"})


def known_of(shop: Shop, log: Histories) -> Known:
    """Return what is known by some events."""
    return Known(
        user_ids=shop.user_ids,
        item_ids=shop.item_ids,
        histories=log,
        seen=log.matrix(),
        items=Items([_title(item, shop) for item in range(shop.n_items)], shop.categories),
        item_features=shop.product_features[:, PRODUCT.places(PRODUCT_COLUMNS)].astype(np.float32),
        user_features=shop.user_features[:, USER.places(USER_COLUMNS)].astype(np.float32),
    )


def write_index(shop: Shop, root: Path) -> None:
    """Publish an index of all products, one in fifty out of stock."""
    version = root / "versions" / "v1"
    documents = list(_documents(shop))
    names = [f"shard-{number}" for number in range(N_SHARDS)]
    for number, name in enumerate(names):
        write_shard(version / name, documents[number::N_SHARDS])
    (version / "manifest.json").write_text(json.dumps({"date": "2026-01-31", "shards": names}))
    (root / "current").symlink_to(version.relative_to(root))


def write_features(shop: Shop, redis: Redis) -> None:
    """Write what the publishing job would."""
    packed = PackedFeatures(redis)
    packed.write_all(PRODUCT, _table(ProductFeatures, shop.item_ids, shop.product_features))
    packed.write_all(USER, _table(UserFeatures, shop.user_ids, shop.user_features))
    recent = (
        (list_key(USER_RECENT, user_id), pack_list(MOMENT, _recent(shop, user)))
        for user, user_id in enumerate(shop.user_ids.tolist())
    )
    packed.write_lists(recent, dt.timedelta(days=1))
    trending = pa.table(
        {
            "category_id": [0],
            "trending_ids": [shop.item_ids[:N_TRENDING].tolist()],
            "available_at": [MOMENT],
        }
    )
    packed.write_lists(packed_lists(CategoryLists, trending), dt.timedelta(days=1))


def _recent(shop: Shop, user: int) -> list[int]:
    """Return a user's last items; every other user met one since the model was made."""
    start, end = shop.log.starts[user], shop.log.starts[user + 1]
    last = end if user % 2 else end - 3
    items: list[int] = shop.item_ids[shop.log.items[max(start, last - 20) : last]][::-1].tolist()
    return list(dict.fromkeys(items))


def _table(row: type[ProductFeatures | UserFeatures], ids: Rows, values: np.ndarray) -> pa.Table:
    shape = PRODUCT if row is ProductFeatures else USER
    columns: dict[str, Any] = dict(zip(shape.columns, values.T, strict=True))
    times = pa.array([MOMENT] * len(ids), pa.timestamp("us", tz="UTC"))
    return pa.table({shape.entity: ids, **columns, "available_at": times})


def _documents(shop: Shop) -> Iterator[dict[str, Any]]:
    for item, product_id in enumerate(shop.item_ids.tolist()):
        yield {
            "product_id": product_id,
            "title": _title(item, shop),
            "description": "",
            "category_id": int(shop.categories[item]) + 1,
            "category_path": f"Category {shop.categories[item]}",
            "brand": None,
            "seller_id": item % 50 + 1,
            "price_cents": 100 + item % 900,
            "attributes": "{}",
            "in_stock": item % 50 != 49,
            "popularity": float(shop.n_items - item),
        }


def _title(item: int, shop: Shop) -> str:
    first, second = ADJECTIVES[item % 10], ADJECTIVES[item // 10 % 10]
    return f"{first} {second} thing{shop.categories[item]} model{item % 1_000}"
