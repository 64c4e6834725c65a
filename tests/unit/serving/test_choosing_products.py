"""The chains of recommendation sources (serving.recommendations.service)."""

import json
from dataclasses import dataclass, field

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.search.index import Index
from models.search.writing import write_shard
from serving.recommendations.schemas import RecommendationQuery
from serving.recommendations.service import CHAINS, RecommendationService

CATEGORY = 10
OUT_OF_STOCK = 9


@dataclass
class Model:
    """A model that knows one user and one item."""

    version: str = "3"

    def for_user(self, user_id, exclude, k):
        return [(1, 0.9), (OUT_OF_STOCK, 0.8), (2, 0.7)][:k] if user_id == 1 else []

    def for_items(self, item_ids, k):
        return [(3, 0.6), (4, 0.5)][:k] if item_ids else []

    def similar(self, item_id, k):
        return [(item_id, 1.0), (5, 0.9)][:k] if item_id < 100 else []


@dataclass
class Lists:
    """Lists by entity, as the feature store would hold them."""

    recent: dict = field(default_factory=lambda: {2: [6, 7]})
    also: dict = field(default_factory=lambda: {1: [2, 1, 999]})
    together: dict = field(default_factory=lambda: {1: [3]})
    wanted: dict = field(default_factory=lambda: {0: [7, 8], CATEGORY: [4]})

    def recently_viewed(self, customer_id):
        return self.recent.get(customer_id, [])

    def also_bought(self, product_id):
        return self.also.get(product_id, [])

    def bought_together(self, product_id):
        return self.together.get(product_id, [])

    def trending(self, category_id):
        return self.wanted.get(category_id, [])


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("index")
    write_shard(
        folder / "shard-0",
        (
            {
                "product_id": n,
                "title": f"Product {n}",
                "description": "",
                "category_id": CATEGORY,
                "category_path": None,
                "brand": None,
                "seller_id": None,
                "price_cents": 100,
                "attributes": "{}",
                "in_stock": n != OUT_OF_STOCK,
                "popularity": float(n),
            }
            for n in range(1, 11)
        ),
    )
    manifest = {"date": "2026-01-31", "shards": ["shard-0"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Index.open(folder)


def recommend(index, kind, model=None, lists=None, **options):
    service = RecommendationService(index, model, lists or Lists())
    answer = service.recommend(RecommendationQuery(type=kind, **options))
    return [(item.product_id, item.source) for item in answer.items]


EMPTY = Lists({}, {}, {}, {})


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("for_you", {"customer_id": 1}, [(1, "model"), (2, "model"), (7, "trending")]),
        (
            "for_you",
            {"customer_id": 2},
            [(3, "model_recent"), (4, "model_recent"), (7, "trending")],
        ),
        ("for_you", {"customer_id": 99}, [(7, "trending"), (8, "trending"), (10, "popular")]),
        ("for_you", {}, [(7, "trending"), (8, "trending"), (10, "popular")]),
        (
            "also_bought",
            {"product_id": 1},
            [(2, "also_bought"), (5, "similar"), (4, "trending_category")],
        ),
        (
            "bought_together",
            {"product_id": 1},
            [(3, "bought_together"), (2, "also_bought"), (5, "similar")],
        ),
        (
            "similar",
            {"product_id": 4},
            [(5, "similar"), (7, "trending"), (8, "trending")],
        ),
        ("similar", {"product_id": 999}, [(7, "trending"), (8, "trending"), (10, "popular")]),
        (
            "trending",
            {"category_id": CATEGORY},
            [(4, "trending_category"), (7, "trending"), (8, "trending")],
        ),
        (
            "recently_viewed",
            {"customer_id": 2},
            [(6, "recently_viewed"), (7, "recently_viewed"), (8, "trending")],
        ),
    ],
)
def test_each_type_is_filled_along_its_chain(index, kind, options, expected):
    assert recommend(index, kind, Model(), limit=3, **options) == expected


@pytest.mark.parametrize("kind", CHAINS)
def test_every_type_answers_before_there_is_a_model_or_a_list(index, kind):
    found = recommend(index, kind, None, EMPTY, limit=2)

    assert found == [(10, "popular"), (8, "popular")]


def test_items_are_ranked_from_one_and_say_why(index):
    query = RecommendationQuery(type="for_you", customer_id=1, limit=5)

    answer = RecommendationService(index, Model(), Lists()).recommend(query)

    assert [item.rank for item in answer.items] == [1, 2, 3, 4, 5]
    assert all(item.reason for item in answer.items)
    assert (answer.model_version, answer.index_date) == ("3", "2026-01-31")


@given(
    kind=st.sampled_from(list(CHAINS)),
    customer_id=st.none() | st.integers(1, 4),
    product_id=st.none() | st.integers(1, 12),
    limit=st.integers(1, 12),
    with_model=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_nothing_twice_nothing_out_of_stock_never_itself_and_no_short_list(
    index, kind, customer_id, product_id, limit, with_model
):
    found = recommend(
        index,
        kind,
        Model() if with_model else None,
        customer_id=customer_id,
        product_id=product_id,
        limit=limit,
    )

    ids = [id_ for id_, _ in found]
    sellable = set(range(1, 11)) - {OUT_OF_STOCK, product_id}
    assert len(set(ids)) == len(ids)
    assert set(ids) <= sellable
    assert len(ids) == min(limit, len(sellable))
