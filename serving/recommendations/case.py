"""Everything one list is made from, read once: the rest is arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from features.live.shoppers import Shopper, names_of, seen_last, wanted_category
from features.store.definitions import USER_BOUGHT, USER_RECENT
from features.store.packed import PRODUCT, USER, Found, Ids, ListName, Numbers, Wanted
from features.store.packed_lists import (
    ALSO_BOUGHT,
    BOUGHT_TOGETHER,
    TRENDING,
    TRENDING_NOW,
    WHOLE_SHOP,
)
from models.live import LiveRecommender, Shortlist
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS, Features
from models.retrieval.links import Reached
from models.search.listing import NONE, Listing
from serving.recommendations.schemas import RecommendationQuery

RANKED_BY = PRODUCT.places(PRODUCT_COLUMNS)
USER_RANKED_BY = USER.places(USER_COLUMNS)
OF_SHOPPERS = ("for_you", "for_session", "recently_viewed")
"""Lists that follow what was done a moment ago."""
N_REMEMBERED = 20
"""So many of a customer's last items are asked which of them led to a product."""


@dataclass(frozen=True)
class Personal:
    """A customer whom the model knows, and what it found for them."""

    customer_id: int
    model: LiveRecommender
    shortlist: Shortlist


@dataclass(frozen=True)
class Case:
    """One request and what is known about it."""

    query: RecommendationQuery
    listing: Listing
    model: LiveRecommender | None
    personal: Personal | None
    known: Found

    @cached_property
    def viewed(self) -> Sequence[int]:
        """What was looked at last: what the client tells, what events told, what batches know."""
        before = self.known.user_lists[USER_RECENT].tolist()
        return list(dict.fromkeys([*self.query.viewed, *seen_last(self.live), *before]))

    @property
    def live(self) -> list[Shopper]:
        """What is known of who asks by events of the last hours, by session, browser and customer."""
        return list(self.known.shoppers.values())

    @property
    def bought(self) -> Ids:
        """What the customer bought last."""
        return self.known.user_lists[USER_BOUGHT]

    @cached_property
    def since(self) -> Reached | None:
        """What follows what the customer looked at since the model was made; None if nothing was.

        What events of the last hours tell is news, though it be of a product the model knew them to like.
        """
        if self.personal is None:
            return None
        model, just_now = self.personal.model, set(seen_last(self.live))
        known = set(model.news(self.personal.customer_id, self.viewed)) | just_now
        new = [product_id for product_id in self.viewed if product_id in known]
        return model.after(new) if new else None

    @cached_property
    def after_viewed(self) -> Reached | None:
        """What follows all that was looked at; None without a model, or if nothing was."""
        if self.model is None or not self.viewed:
            return None
        return self.model.after(self.viewed)

    @property
    def led_to(self) -> Reached | None:
        """What was led to in the list by what was looked at, a customer's or a guest's."""
        return self.after_viewed if self.personal is None else self.since

    def led_by(self, product_ids: Sequence[int]) -> list[int]:
        """Return which of the customer's last items leads to each product most, 0 where none does."""
        if self.personal is None:
            return [0] * len(product_ids)
        model = self.personal.model
        met = [*self.viewed, *model.last_met(self.personal.customer_id, N_REMEMBERED)]
        return model.led_by(product_ids, met[:N_REMEMBERED])

    @cached_property
    def category_id(self) -> int | None:
        """The category that is asked about, or that of the product, or what a guest is after."""
        if self.follows_intent:
            return wanted_category(self.live)
        return category_of(self.query, self.listing)

    @property
    def follows_intent(self) -> bool:
        """Whether the list is for somebody whom no model knows, and about no category."""
        if self.query.type == "for_you":
            return self.personal is None
        return self.query.type == "for_session" and category_of(self.query, self.listing) is None

    @property
    def led_on(self) -> Wanted | None:
        """What else is to be read by what is known now; None if nothing is."""
        if not self.follows_intent or (category_id := wanted_category(self.live)) is None:
            return None
        return Wanted(lists=((TRENDING, category_id),))

    def ranked(self, personal: Personal) -> Numbers:
        """Return the model's scores of a shortlist, with what is known of the products now."""
        of_items, of_user = self.ranked_by
        scores = personal.model.scores(personal.shortlist, of_items, of_user)
        return scores.astype(np.float64)

    @property
    def ranked_by(self) -> tuple[Features, Features]:
        """The features that rankers see of a shortlist's products and of the user."""
        of_items, of_user = self.known.products[:, RANKED_BY], self.known.user[USER_RANKED_BY]
        return of_items.astype(np.float32), of_user.astype(np.float32)

    def with_lists(self, more: Found) -> "Case":
        """Return the case with more lists known."""
        lists = {**self.known.lists, **more.lists}
        return replace(self, known=replace(self.known, lists=lists))

    def stored(self, view: str, entity_id: int | None) -> Ids:
        """Return a list out of the feature store, empty if there is none."""
        if entity_id is None:
            return np.empty(0, np.int64)
        return self.known.lists.get((view, entity_id), np.empty(0, np.int64))


def personal_of(query: RecommendationQuery, model: LiveRecommender | None) -> Personal | None:
    """Return the customer as the model knows them; None where the list is not for them alone."""
    if query.type != "for_you" or query.customer_id is None or model is None:
        return None
    shortlist = model.shortlist(query.customer_id)
    return None if shortlist is None else Personal(query.customer_id, model, shortlist)


def category_of(query: RecommendationQuery, listing: Listing) -> int | None:
    """Return the category that a request is about, None if it is about none."""
    if query.category_id is not None or query.product_id is None:
        return query.category_id
    [at] = listing.places(np.array([query.product_id]))
    category_id = int(listing.category_ids[at]) if at >= 0 else NONE
    return category_id if category_id != NONE else None


def list_names(query: RecommendationQuery, category_id: int | None) -> dict[str, ListName | None]:
    """Return which lists a request may be answered from, by source."""
    product_id = query.product_id
    return {
        "also_bought": None if product_id is None else (ALSO_BOUGHT, product_id),
        "bought_together": None if product_id is None else (BOUGHT_TOGETHER, product_id),
        "trending_category": None if category_id is None else (TRENDING, category_id),
        "trending_now": (TRENDING_NOW, WHOLE_SHOP),
        "trending": (TRENDING, WHOLE_SHOP),
    }


def question_of(
    query: RecommendationQuery, chain: Sequence[str], listing: Listing, personal: Personal | None
) -> Wanted:
    """Return what to read for a request: only what its chain may need."""
    category_id = None if query.type == "for_you" else category_of(query, listing)
    names = list_names(query, category_id)
    lists = [name for source in chain if (name := names.get(source)) is not None]
    if "cart" in chain:
        views = (ALSO_BOUGHT, BOUGHT_TOGETHER)
        lists += [(view, product_id) for product_id in query.cart for view in views]
    product_ids = () if personal is None else personal.shortlist.item_ids.tolist()
    return Wanted(product_ids, query.customer_id, tuple(lists), shoppers_of(query))


def shoppers_of(query: RecommendationQuery) -> tuple[str, ...]:
    """Return whose live states a list is made from; lists beside a product are everybody's."""
    if query.type not in OF_SHOPPERS:
        return ()
    return names_of(query.session_id, query.visitor_id, query.customer_id)
