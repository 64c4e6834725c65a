"""An index of ten products, a model that knows two customers, and what the feature store knows."""

import datetime as dt
import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from features.schemas.slots import SlotRule
from features.store.definitions import USER_BOUGHT, USER_RECENT
from features.store.packed import PRODUCT, USER, Found
from models.live import Catalogued, LiveRecommender
from models.ranking.second_stage import SingleOrder
from models.ranking.shortlists import Shortlists
from models.retrieval.histories import histories
from models.retrieval.links import Links
from models.search.index import Index
from models.search.writing import write_shard
from serving.recommendations.newcomers import CurrentNewcomers
from serving.recommendations.service import Champion, RecommendationService
from serving.recommendations.slots import SlotBook
from serving.recommendations.verdicts import verdicts_of

NOW = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)
N_PRODUCTS = 10
OUT_OF_STOCK = 9
CATEGORY = 10
SELLER = 5


def index_of(folder, n_products=N_PRODUCTS):
    """Products from 1 on of one category, two sellers in turn, the last the most popular; 9 is out."""
    columns = {
        "title": lambda n: f"Product {n}",
        "description": lambda n: "",
        "category_id": lambda n: CATEGORY,
        "category_path": lambda n: None,
        "brand": lambda n: None,
        "seller_id": lambda n: SELLER + n % 2,
        "price_cents": lambda n: 100 * n,
        "attributes": lambda n: "{}",
        "in_stock": lambda n: n != OUT_OF_STOCK,
        "popularity": float,
    }
    write_shard(
        folder / "shard-0",
        (
            {"product_id": n, **{name: column(n) for name, column in columns.items()}}
            for n in range(1, n_products + 1)
        ),
    )
    manifest = {"date": "2026-01-31", "shards": ["shard-0"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Index.open(folder)


def links(**led):
    """Where items lead, by product: `_1=[3, 4]` says that 1 leads to 3 and, half as much, to 4."""
    made = Links.empty(N_PRODUCTS, 3)
    for name, targets in led.items():
        row = int(name[1:]) - 1
        made.items[row, : len(targets)] = np.array(targets) - 1
        made.weights[row, : len(targets)] = 1 / np.arange(1, len(targets) + 1)
    return made


def model(shortlists, had, following, alike, n_events=100):
    """A model of products 1 to 10: shortlists and what customers had by customer, best first.

    Products above 8 were hardly met; the others `n_events` times by everybody.
    """
    customers = sorted(shortlists)
    n = max(len(each) for each in shortlists.values())
    items = np.full((len(customers), n), -1, np.int32)
    scores = np.full((len(customers), n, 1), np.nan, np.float32)
    for row, customer in enumerate(customers):
        best = shortlists[customer]
        order = np.argsort(best)
        items[row, n - len(best) :] = np.array(best)[order] - 1
        scores[row, n - len(best) :, 0] = 1 - order / 10
    places = np.ones((len(customers), n, 1), np.uint8)
    events = [(row, item - 1) for row, each in enumerate(customers) for item in had[each]]
    met = [(len(customers), item) for item in range(N_PRODUCTS - 2) for _ in range(n_events)]
    users, rows = np.array([*events, *met]).T
    log = histories(
        users, rows, np.ones(len(users), np.float32), np.arange(len(users), dtype=float),
        (len(customers) + 1, N_PRODUCTS),
    )  # fmt: skip
    return LiveRecommender(
        past=Catalogued(np.array([*customers, 10**6]), np.arange(1, N_PRODUCTS + 1), log),
        shortlists=Shortlists(
            items, scores, places, np.zeros((len(customers), 1), np.float32),
            np.ones((len(customers), 1), np.float32), 20,
        ),
        order=SingleOrder(0),
        following=following,
        alike=alike,
        metadata={"models": ["ByHand"]},
    )  # fmt: skip


@dataclass
class Features:
    """The feature store by hand, by customer, product and list."""

    viewed: dict = field(default_factory=dict)
    bought: dict = field(default_factory=dict)
    lists: dict = field(default_factory=dict)
    products: dict = field(default_factory=dict)
    shoppers: dict = field(default_factory=dict)
    n_reads: int = 0

    async def read(self, wanted):
        self.n_reads += 1
        rows = [
            [self.products.get(product_id, {}).get(name, np.nan) for name in PRODUCT.columns]
            for product_id in wanted.product_ids
        ]
        mine = {USER_RECENT: self.viewed, USER_BOUGHT: self.bought}
        return Found(
            products=np.array(rows, float).reshape(-1, len(PRODUCT.columns)),
            user=np.full(len(USER.columns), np.nan),
            user_lists={
                view: np.array(lists.get(wanted.user_id, []), int) for view, lists in mine.items()
            },
            lists={name: np.array(self.lists.get(name, []), int) for name in wanted.lists},
            shoppers={
                name: self.shoppers[name] for name in wanted.shoppers if name in self.shoppers
            },
        )


def service(index, model=None, features=None, rules=(), now=NOW):
    slots = {"home": [SlotRule(**rule) for rule in rules]}
    return RecommendationService(
        index,
        Champion("3", model) if model else None,
        features or Features(),
        SlotBook(None, slots),
        CurrentNewcomers(),
        verdicts_over(index, (features or Features()).products),
        now,
    )


def verdicts_over(index, products):
    """Verdicts of what is known of products, as they would be read from the feature store."""
    rows = [
        [products.get(product_id, {}).get(name, np.nan) for name in PRODUCT.columns]
        for product_id in index.listing.product_ids.tolist()
    ]
    return SimpleNamespace(of=lambda _: verdicts_of(np.array(rows, float)))
