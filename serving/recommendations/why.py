"""Why a customer does, or does not, get a product."""

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from features.live.shoppers import seen_last
from features.schemas.feature_sets import PAIR
from features.store.packed import Numbers
from models.ranking.explaining import contributions, feature_names
from models.ranking.second_stage import LearnedOrder
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS
from serving.recommendations.arranging import Arranging
from serving.recommendations.case import Case, Personal
from serving.recommendations.schemas import (
    CategoryShare,
    Contribution,
    Opinion,
    RecommendationQuery,
    SessionWhy,
    Why,
    WhyQuery,
)
from serving.recommendations.service import RecommendationService


async def why(service: RecommendationService, query: WhyQuery) -> Why:
    """Return everything that speaks for or against a product in somebody's `for_you`."""
    asked = RecommendationQuery(type="for_you", **query.model_dump(exclude={"product_id"}))
    arranging = service.arranging(await service.case(asked))
    case, product = arranging.case, np.array([query.product_id])
    shown = [choice.product_id for choice in arranging.choices()]
    rank = shown.index(query.product_id) + 1 if query.product_id in shown else None
    about = candidacy(case, query.product_id)
    rules = against(arranging, query.product_id)
    since = since_rank(case, query.product_id)
    return Why(
        customer_id=query.customer_id,
        product_id=query.product_id,
        verdict=verdict(rank, rules, found=about is not None or since is not None),
        rank=rank,
        candidate=about is not None,
        model_rank=about.rank if about else None,
        score=about.score if about else None,
        opinions=about.opinions if about else [],
        contributions=about.contributions if about else [],
        session_rank=since,
        session=session_why(case, query.product_id, service.now),
        rules=[*rules, *moved(arranging, product)],
        model_version=service.champion.version if service.champion else None,
        index_date=service.index.manifest["date"],
    )


def verdict(rank: int | None, rules: list[str], *, found: bool) -> str:
    """Return the whole in one sentence."""
    if rank is not None:
        return f"It is shown at place {rank}."
    if rules:
        return f"It is not shown: {rules[0]}."
    if not found:
        return "It is not shown: no model found it for this customer."
    return "It is not shown: others stand higher."


def since_rank(case: Case, product_id: int) -> int | None:
    """Return a product's rank among what follows what was looked at since the model was made."""
    if case.led_to is None:
        return None
    found = np.nonzero(case.led_to.items == product_id)[0]
    return int(found[0]) + 1 if len(found) else None


def session_why(case: Case, product_id: int, now: dt.datetime) -> SessionWhy | None:
    """Return what events of the last hours tell, and which of them led to the product."""
    if not case.live:
        return None
    rank = since_rank(case, product_id)
    latest = max(case.live, key=lambda shopper: shopper.at)
    return SessionWhy(
        looked_at=seen_last(case.live),
        searched=list(latest.queries),
        categories=[
            CategoryShare(category_id=category_id, share=share)
            for category_id, share in latest.intent.category_shares.items()
        ],
        because_product_id=int(case.led_to.sources[rank - 1]) if case.led_to and rank else None,
        seconds_ago=max(0.0, now.timestamp() - latest.at),
    )


def against(arranging: Arranging, product_id: int) -> list[str]:
    """Return which rules keep a product out."""
    listing = arranging.case.listing
    places = listing.places(np.array([product_id]))
    if places[0] < 0:
        return ["the index does not list it"]
    found = []
    if not listing.in_stock[places[0]]:
        found.append("it is out of stock")
    if arranging.placing.hidden(listing, places)[0]:
        found.append("operators hide it in this slot")
    if product_id in arranging.case.bought and not arranging.verdicts.bought_again[places[0]]:
        found.append("the customer bought it lately")
    return found


def moved(arranging: Arranging, product: np.ndarray) -> list[str]:
    """Return what moves a product up or down."""
    found = []
    places = arranging.case.listing.places(product)
    left = float(arranging.verdicts.quality[places[0]]) if places[0] >= 0 else 1.0
    if left < 1:
        found.append(f"returns and reviews leave {left:.2f} of its relevance")
    factor = float(arranging.placing.factors(arranging.case.listing, places)[0])
    if factor != 1:
        found.append(f"operators weigh it {factor:g} times in this slot")
    return found


def candidacy(case: Case, product_id: int) -> "Candidacy | None":
    """Return a product's place among the candidates, None if it is none of them."""
    if case.personal is None:
        return None
    found = np.nonzero(case.personal.shortlist.item_ids == product_id)[0]
    return Candidacy(case, case.personal, int(found[0])) if len(found) else None


@dataclass(frozen=True)
class Candidacy:
    """One candidate of a shortlist, by its place there."""

    case: Case
    personal: Personal
    place: int

    @cached_property
    def scores(self) -> Numbers:
        """What the candidates are ordered by."""
        return self.case.ranked(self.personal)

    @property
    def score(self) -> float:
        """Return what this one is ordered by."""
        return float(self.scores[self.place])

    @property
    def rank(self) -> int:
        """Return its rank in the model's order, from 1."""
        order = np.argsort(-self.scores, kind="stable")
        return int(np.nonzero(order == self.place)[0][0]) + 1

    @property
    def opinions(self) -> list[Opinion]:
        """Return what each model says."""
        model = self.personal.model
        found = model.candidates(self.personal.shortlist)
        said = zip(
            model.metadata["models"],
            found.scores[0, self.place],
            found.places[0, self.place],
            strict=True,
        )
        return [
            Opinion(
                model=name,
                score=number(score),
                place=int(place) if place <= model.shortlists.n_each else None,
            )
            for name, score, place in said
        ]

    @property
    def contributions(self) -> list[Contribution]:
        """Return what each of the ranker's features adds, the largest first; none without one."""
        model, shortlist = self.personal.model, self.personal.shortlist
        if not isinstance(model.order, LearnedOrder):
            return []
        of_items, of_user = self.case.ranked_by
        asked = model.asked(shortlist.user, of_user)
        values, added = contributions(
            model.order, model.candidates(shortlist), asked, of_items[None], self.place
        )
        names = feature_names(
            model.metadata["models"], PRODUCT_COLUMNS, USER_COLUMNS, tuple(PAIR.ratios)
        )
        return [
            Contribution(feature=names[at], value=number(values[at]), contribution=float(added[at]))
            for at in np.argsort(-np.abs(added), kind="stable")
        ]


def number(value: float) -> float | None:
    """Return a number, None for one that is not known."""
    return None if np.isnan(value) else float(value)
