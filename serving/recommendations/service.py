"""Choosing products: each type is a chain of sources, and the next one fills what is left.

| type | chain |
|---|---|
| for_you | model, model_recent (by what was looked at last), trending, popular |
| also_bought | also_bought, similar, trending_category, trending, popular |
| bought_together | bought_together, also_bought, similar, trending_category, trending, popular |
| similar | similar, trending_category, trending, popular |
| trending | trending_category (if a category is named), trending, popular |
| recently_viewed | recently_viewed, trending, popular |

`popular` is by the index, so that there is a last source before any model or list exists. Nothing
is shown that the index does not have in stock, nor the product itself, nor anything twice.
"""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import Protocol

from models.search.index import Index
from models.search.query import Search
from serving.recommendations.schemas import (
    Kind,
    RecommendationQuery,
    Recommendations,
    RecommendedItem,
    Source,
)

ScoredItems = list[tuple[int, float]]
OVERSAMPLING = 3
"""A source is asked for more than wanted: some of it will be out of stock."""


class Recommender(Protocol):
    """What this service needs of a model; items come best first, empty for whom it has not seen."""

    @property
    def version(self) -> str:
        """Return the registry's name of this version."""

    def for_user(self, user_id: int, exclude: Collection[int], k: int) -> ScoredItems:
        """Return k items for a user, none of `exclude`."""

    def for_items(self, item_ids: list[int], k: int) -> ScoredItems:
        """Return k items for someone who looked at these, the latest first."""

    def similar(self, item_id: int, k: int) -> ScoredItems:
        """Return the k items most like an item."""


class Lists(Protocol):
    """What this service needs of the feature store: lists best first, empty if there is none."""

    def recently_viewed(self, customer_id: int) -> list[int]:
        """Return what a customer looked at, the latest first."""

    def also_bought(self, product_id: int) -> list[int]:
        """Return what buyers of a product also bought."""

    def bought_together(self, product_id: int) -> list[int]:
        """Return what is bought in one basket with a product."""

    def trending(self, category_id: int) -> list[int]:
        """Return what is wanted now in a category, 0 for the whole shop."""


CHAINS: dict[Kind, tuple[Source, ...]] = {
    "for_you": ("model", "model_recent", "trending", "popular"),
    "also_bought": ("also_bought", "similar", "trending_category", "trending", "popular"),
    "bought_together": (
        "bought_together", "also_bought", "similar", "trending_category", "trending", "popular",
    ),
    "similar": ("similar", "trending_category", "trending", "popular"),
    "trending": ("trending_category", "trending", "popular"),
    "recently_viewed": ("recently_viewed", "trending", "popular"),
}  # fmt: skip

REASONS: dict[Source, str] = {
    "model": "Chosen for you",
    "model_recent": "Because of what you looked at",
    "also_bought": "Bought by customers who bought this",
    "bought_together": "Often in one basket with this",
    "similar": "Similar to this",
    "recently_viewed": "You looked at this",
    "trending_category": "Wanted now in this category",
    "trending": "Wanted now",
    "popular": "Popular with everyone",
}


@dataclass(frozen=True)
class RecommendationService:
    """Recommends from one version of the index and the model, the same for the whole request."""

    index: Index
    model: Recommender | None
    lists: Lists

    def recommend(self, query: RecommendationQuery) -> Recommendations:
        """Return at most `query.limit` products, best first; fewer if every source runs out."""
        items = [
            RecommendedItem(
                product_id=product_id,
                rank=rank,
                score=score,
                reason=REASONS[source],
                source=source,
            )
            for rank, (product_id, score, source) in enumerate(self._choose(query), start=1)
        ]
        return Recommendations(
            type=query.type,
            items=items,
            model_version=self.model.version if self.model else None,
            index_date=self.index.manifest["date"],
        )

    def _choose(self, query: RecommendationQuery) -> list[tuple[int, float, Source]]:
        chosen: list[tuple[int, float, Source]] = []
        taken = {query.product_id}
        for source in CHAINS[query.type]:
            if len(chosen) == query.limit:
                break
            for product_id, score in self._sellable(self._ask(source, query)):
                if product_id not in taken and len(chosen) < query.limit:
                    taken.add(product_id)
                    chosen.append((product_id, score, source))
        return chosen

    def _sellable(self, items: ScoredItems) -> Iterator[tuple[int, float]]:
        documents = self.index.products({product_id for product_id, _ in items})
        for product_id, score in items:
            if product_id in documents and documents[product_id]["in_stock"]:
                yield product_id, score

    def _ask(self, source: Source, query: RecommendationQuery) -> ScoredItems:
        sources: dict[Source, Callable[[RecommendationQuery], ScoredItems]] = {
            "model": self._model,
            "model_recent": self._model_recent,
            "also_bought": self._also_bought,
            "bought_together": self._bought_together,
            "similar": self._similar,
            "recently_viewed": self._recently_viewed,
            "trending_category": self._trending_category,
            "trending": lambda _: ranked(self.lists.trending(0)),
            "popular": self._popular,
        }
        return sources[source](query)

    def _model(self, query: RecommendationQuery) -> ScoredItems:
        if self.model is None or query.customer_id is None:
            return []
        return self.model.for_user(query.customer_id, (), query.limit * OVERSAMPLING)

    def _model_recent(self, query: RecommendationQuery) -> ScoredItems:
        if self.model is None or query.customer_id is None:
            return []
        seen = self.lists.recently_viewed(query.customer_id)
        return self.model.for_items(seen, query.limit * OVERSAMPLING) if seen else []

    def _also_bought(self, query: RecommendationQuery) -> ScoredItems:
        return ranked(self.lists.also_bought(query.product_id)) if query.product_id else []

    def _bought_together(self, query: RecommendationQuery) -> ScoredItems:
        return ranked(self.lists.bought_together(query.product_id)) if query.product_id else []

    def _similar(self, query: RecommendationQuery) -> ScoredItems:
        if self.model is None or query.product_id is None:
            return []
        return self.model.similar(query.product_id, query.limit * OVERSAMPLING)

    def _recently_viewed(self, query: RecommendationQuery) -> ScoredItems:
        return ranked(self.lists.recently_viewed(query.customer_id)) if query.customer_id else []

    def _trending_category(self, query: RecommendationQuery) -> ScoredItems:
        category_id = query.category_id or self._category_of(query.product_id)
        return ranked(self.lists.trending(category_id)) if category_id else []

    def _category_of(self, product_id: int | None) -> int | None:
        documents = self.index.products([product_id]) if product_id else {}
        return next((document["category_id"] for document in documents.values()), None)

    def _popular(self, query: RecommendationQuery) -> ScoredItems:
        search = Search(in_stock=True, sort="popularity")
        # As many again as may be taken already: these are the last to fill the list.
        found = self.index.search(search, limit=2 * query.limit + 1)
        ids = [document["product_id"] for document in found.documents]
        return list(zip(ids, found.scores, strict=True))


def ranked(product_ids: list[int]) -> ScoredItems:
    """Score a plain list by its places: 1, 1/2, 1/3, ..."""
    return [(product_id, 1 / place) for place, product_id in enumerate(product_ids, start=1)]
