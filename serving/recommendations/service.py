"""Choosing products for a customer, beside a product, for a cart or a session."""

import datetime as dt
import random
from dataclasses import dataclass
from time import perf_counter
from typing import Any
from zlib import crc32

import numpy as np

from models.live import LiveRecommender
from models.search.index import Index
from models.search.listing import Listing
from serving.answers.log import UNRECORDED, AnswerLog
from serving.features import FeatureReader
from serving.recommendations.arranging import Arranging, Choice
from serving.recommendations.case import Case, personal_of, question_of
from serving.recommendations.chains import CHAINS, REASONS
from serving.recommendations.newcomers import NO_NEWCOMERS, CurrentNewcomers
from serving.recommendations.recorded import row_of
from serving.recommendations.schemas import RecommendationQuery
from serving.recommendations.slots import SlotBook
from serving.recommendations.sources import NOTHING
from serving.recommendations.verdicts import CurrentVerdicts

N_BUNDLED = 2
"""Products beside the one that a bundle is about."""


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
    verdicts: CurrentVerdicts
    now: dt.datetime
    answers: AnswerLog = UNRECORDED

    async def recommend(self, query: RecommendationQuery) -> dict[str, Any]:
        """Return `Recommendations` as a document: this is the hot path, and it is ours.

        At most `query.limit` products, best first; fewer if every source runs out.
        """
        started = perf_counter()
        case = await self.case(query)
        arranging = self.arranging(case)
        chosen = arranging.choices()
        document = {
            "type": query.type,
            "items": items(case, chosen),
            "bundle": bundle_price(query, chosen, case.listing),
            "model_version": self.champion.version if self.champion else None,
            "index_date": self.index.manifest["date"],
            "experiments": [],
        }
        answer_id = self.answers.leave(self.now, started, row_of(arranging, document))
        return {**document, "answer_id": answer_id}

    async def case(self, query: RecommendationQuery) -> Case:
        """Read all that the list is made from, in one round trip; two for a guest who is after something."""
        model = self.champion.model if self.champion else None
        listing, personal = self.index.listing, personal_of(query, model)
        question = question_of(query, CHAINS[query.type], listing, personal)
        case = Case(query, listing, model, personal, await self.features.read(question))
        led_on = case.led_on
        return case if led_on is None else case.with_lists(await self.features.read(led_on))

    def arranging(self, case: Case) -> Arranging:
        """Return the rules of a request."""
        query, newcomers = case.query, NO_NEWCOMERS
        if case.personal is not None:
            newcomers = self.newcomers.of(case.listing, case.personal.model)
        # The same draws all day, in every process: a list does not change when a page is opened again.
        seed = crc32(f"{query.customer_id} {query.slot} {self.now.date()}".encode())
        draws = random.Random(seed)  # noqa: S311 - no secret
        placing = self.slots.placing(query.slot, self.now)
        return Arranging(case, self.verdicts.of(case.listing), placing, newcomers, draws)


def items(case: Case, chosen: list[Choice]) -> list[dict[str, Any]]:
    """Return choices as `RecommendedItem`s, each with what led to it and the reason in words."""
    of_model = [choice.product_id for choice in chosen if choice.source == "model"]
    led = dict(zip(of_model, case.led_by(of_model), strict=True))
    because = [led.get(choice.product_id, choice.because) for choice in chosen]
    titles = case.listing.titles_of([product_id for product_id in because if product_id])
    return [
        {
            "product_id": choice.product_id,
            "rank": rank,
            "score": choice.score,
            "reason": REASONS[choice.source].text(titles.get(led_by)),
            "source": choice.source,
            "because_product_id": led_by if led_by != NOTHING else None,
        }
        for rank, (choice, led_by) in enumerate(zip(chosen, because, strict=True), start=1)
    ]


def bundle_price(
    query: RecommendationQuery, chosen: list[Choice], listing: Listing
) -> dict[str, Any] | None:
    """Return a `BundlePrice`: a product with its best companions; None if it has none to sell."""
    if query.type != "bought_together" or query.product_id is None:
        return None
    companions = [choice.product_id for choice in chosen if choice.source == "bought_together"]
    product_ids = [query.product_id, *companions[:N_BUNDLED]]
    places = listing.places(np.array(product_ids))
    if len(product_ids) == 1 or places[0] < 0 or not listing.in_stock[places[0]]:
        return None
    prices = [int(price) for price in listing.price_cents[places]]
    return {"product_ids": product_ids, "price_cents": prices, "total_cents": sum(prices)}
