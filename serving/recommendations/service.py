"""Choosing products for a customer, beside a product, for a cart or a session."""

import datetime as dt
import random
from dataclasses import dataclass, replace

import numpy as np

from models.live import LiveRecommender
from models.search.index import Index
from models.search.listing import Listing
from serving.recommendations.arranging import Arranging, Choice
from serving.recommendations.case import NO_ROWS, Case, ProductRows, personal_of, question_of
from serving.recommendations.chains import CHAINS, EXPLORING, REASONS
from serving.recommendations.known import FeatureReader, Ids, Question
from serving.recommendations.newcomers import NOBODY, CurrentNewcomers
from serving.recommendations.schemas import (
    BundlePrice,
    RecommendationQuery,
    Recommendations,
    RecommendedItem,
)
from serving.recommendations.slots import SlotBook
from serving.recommendations.sources import N_REMEMBERED, SOURCES

N_BUNDLED = 2
"""Products beside the one that a bundle is about."""

N_READ_FOR_EACH = 2
"""So many products for each place of a list have their features read."""


@dataclass(frozen=True)
class Champion:
    """The model that answers, and its version in the registry."""

    version: str
    model: LiveRecommender


@dataclass(frozen=True)
class RecommendationService:
    """Recommends from one version of the index and the model, the same for the whole request."""

    index: Index
    champion: Champion | None
    features: FeatureReader
    slots: SlotBook
    newcomers: CurrentNewcomers
    now: dt.datetime

    async def recommend(self, query: RecommendationQuery) -> Recommendations:
        """Return at most `query.limit` products, best first; fewer if every source runs out."""
        arranging = self.arranging(await self.case(query))
        chosen = arranging.choices()
        return Recommendations(
            type=query.type,
            items=[self._item(rank, choice) for rank, choice in enumerate(chosen, start=1)],
            bundle=bundle_price(query, chosen, self.index.listing),
            model_version=self.champion.version if self.champion else None,
            index_date=self.index.manifest["date"],
        )

    async def case(self, query: RecommendationQuery) -> Case:
        """Read all that the list is made from: one round trip, two where lists lead on."""
        model = self.champion.model if self.champion else None
        listing, personal = self.index.listing, personal_of(query, model)
        question = question_of(query, CHAINS[query.type], listing, personal)
        known = await self.features.read(question)
        read = ProductRows(personal.shortlist.item_ids, known.products) if personal else NO_ROWS
        case = Case(query, listing, model, personal, known, read)
        missing = read.missing(led_on_to(case))
        if not len(missing):
            return case
        more = await self.features.read(Question(missing.tolist()))
        return replace(case, products=read.joined(missing, more.products))

    def arranging(self, case: Case) -> Arranging:
        """Return the rules of a request."""
        query = case.query
        draws = random.Random(f"{query.customer_id} {query.slot} {self.now.date()}")  # noqa: S311 - no secret
        newcomers = self._newcomers(case) if query.type in EXPLORING else NOBODY
        return Arranging(case, self.slots.placing(query.slot, self.now), newcomers, draws)

    def _newcomers(self, case: Case) -> Ids:
        """Return products nobody knows yet, of the categories of the user's last items."""
        if case.model is None or case.query.customer_id is None:
            return NOBODY
        met = [*case.viewed, *case.model.last_met(case.query.customer_id, N_REMEMBERED)]
        places = case.listing.places(np.array(met, np.int64))
        liked = np.unique(case.listing.category_ids[places[places >= 0]])
        found = self.newcomers.of(case.listing, case.model)
        return found.of_categories(liked.tolist())

    def _item(self, rank: int, choice: Choice) -> RecommendedItem:
        because = choice.because or None
        title = self.index.listing.title(because) if because else None
        return RecommendedItem.model_construct(
            product_id=choice.product_id,
            rank=rank,
            score=choice.score,
            reason=REASONS[choice.source].text(title),
            source=choice.source,
            because_product_id=because,
        )


def led_on_to(case: Case) -> Ids:
    """Return products beyond the shortlist whose features are wanted: they may be shown."""
    room = N_READ_FOR_EACH * case.query.limit
    if case.personal is not None:
        since = case.personal.news(case.viewed)
        return case.personal.model.after(since).items[:room] if since else NOBODY
    found: list[Ids] = []
    for source in CHAINS[case.query.type]:
        if sum(map(len, found)) < room:
            found.append(SOURCES[source](case).item_ids[:room])
    return np.concatenate(found)


def bundle_price(
    query: RecommendationQuery, chosen: list[Choice], listing: Listing
) -> BundlePrice | None:
    """Return what a product and its best companions cost together; None if it has none."""
    if query.type != "bought_together" or query.product_id is None:
        return None
    companions = [choice.product_id for choice in chosen if choice.source == "bought_together"]
    product_ids = [query.product_id, *companions[:N_BUNDLED]]
    places = listing.places(np.array(product_ids))
    if len(product_ids) == 1 or places[0] < 0 or not listing.in_stock[places[0]]:
        return None
    prices = [int(price) for price in listing.price_cents[places]]
    return BundlePrice(product_ids=product_ids, price_cents=prices, total_cents=sum(prices))
