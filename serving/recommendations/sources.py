"""What each source would show, best first, before any rule."""

from collections.abc import Callable, Mapping
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray

from features.store.packed import Ids, Numbers
from features.store.packed_lists import (
    ALSO_BOUGHT,
    BOUGHT_TOGETHER,
    TRENDING,
    TRENDING_NOW,
    WHOLE_SHOP,
)
from models.ranking.second_stage import PLACE_DAMPING
from models.retrieval.links import Reached
from serving.recommendations.case import Case
from serving.recommendations.schemas import MAX_ITEMS, Source

CODES: Mapping[Source, int] = {source: code for code, source in enumerate(get_args(Source))}
NAMES: tuple[Source, ...] = get_args(Source)
NOTHING = 0
N_SESSION = 100
N_POPULAR = 2 * MAX_ITEMS + 1
"""The last source: as many again as may be taken already."""

CART_WEIGHTS = {BOUGHT_TOGETHER: 2.0, ALSO_BOUGHT: 1.0}
FOLLOWING_WEIGHT = 0.5


class Picks(NamedTuple):
    """Products best first, all arrays of shape (n,).

    `because` holds the product that led there, 0 for none; `sources` the places in `NAMES`.
    """

    item_ids: Ids
    scores: Numbers
    because: Ids
    sources: Ids


def picks(source: Source, item_ids: Ids, scores: Numbers, because: Ids | int = NOTHING) -> Picks:
    """Return the picks of one source."""
    n = len(item_ids)
    led_by = np.full(n, because) if isinstance(because, int) else because
    return Picks(item_ids, scores, led_by, np.full(n, CODES[source]))


def as_numbers(values: NDArray[np.generic]) -> Numbers:
    """Return values in double precision."""
    return np.asarray(values, np.float64)


def by_place(source: Source, item_ids: Ids, because: int = NOTHING) -> Picks:
    """Return a plain list, scored 1, 1/2, 1/3, ..."""
    return picks(source, item_ids, 1 / np.arange(1, len(item_ids) + 1), because)


def none(source: Source) -> Picks:
    """Return no pick at all."""
    return by_place(source, np.empty(0, np.int64))


def from_model(case: Case) -> Picks:
    """Return the ranked shortlist, and among it what follows what was looked at since."""
    if case.personal is None:
        return none("model")
    scores = case.ranked(case.personal)
    order = np.argsort(-scores, kind="stable")
    ranked = picks("model", case.personal.shortlist.item_ids[order], scores[order])
    return ranked if case.since is None else fused(ranked, _followed("session", case.since))


def fused(first: Picks, second: Picks) -> Picks:
    """Return both lists as one, by the sum of their damped reciprocal places.

    Source: Cormack, Clarke, Buettcher, "Reciprocal rank fusion outperforms Condorcet" (SIGIR 2009).
    A product that is on both is told of by the list where it stands higher.
    """
    together = np.concatenate([first.item_ids, second.item_ids])
    worth = 1.0 / (
        PLACE_DAMPING
        + 1
        + np.concatenate([np.arange(len(each.item_ids)) for each in (first, second)])
    )
    items, place = np.unique(together, return_inverse=True)
    scores = as_numbers(np.bincount(place, worth, len(items)))
    rising = np.argsort(worth, kind="stable")
    teller = np.empty(len(items), np.int64)
    teller[place[rising]] = rising
    order = np.lexsort((items, -scores))
    because = np.concatenate([first.because, second.because])[teller]
    sources = np.concatenate([first.sources, second.sources])[teller]
    return Picks(items[order], scores[order], because[order], sources[order])


def from_session(case: Case) -> Picks:
    """Return what follows what was looked at last."""
    if case.after_viewed is None:
        return none("session")
    return _followed("session", case.after_viewed)


def _followed(source: Source, reached: Reached) -> Picks:
    n = N_SESSION
    return picks(source, reached.items[:n], as_numbers(reached.scores[:n]), reached.sources[:n])


def from_cart(case: Case) -> Picks:
    """Return what goes with the products in the cart, by place on the lists of each of them."""
    told: list[tuple[Ids, float, int]] = []
    for product_id in case.query.cart:
        told += [
            (case.stored(view, product_id), weight, product_id)
            for view, weight in CART_WEIGHTS.items()
        ]
        if case.model is not None:
            told.append((case.model.after([product_id]).items, FOLLOWING_WEIGHT, product_id))
    if not told:
        return none("cart")
    items = np.concatenate([ids for ids, _, _ in told])
    worth = np.concatenate([weight / np.arange(1, len(ids) + 1) for ids, weight, _ in told])
    led = np.concatenate([np.full(len(ids), product_id) for ids, _, product_id in told])
    distinct, place = np.unique(items, return_inverse=True)
    scores = as_numbers(np.bincount(place, worth, len(distinct)))
    rising = np.argsort(worth, kind="stable")
    because = np.zeros(len(distinct), np.int64)
    because[place[rising]] = led[rising]
    order = np.lexsort((distinct, -scores))[:N_SESSION]
    return picks("cart", distinct[order], scores[order], because[order])


def from_similar(case: Case) -> Picks:
    """Return products of like text."""
    if case.model is None or case.query.product_id is None:
        return none("similar")
    items, weights = case.model.similar(case.query.product_id)
    return picks("similar", items, as_numbers(weights), case.query.product_id)


def from_popular(case: Case) -> Picks:
    """Return the most popular products of the index."""
    item_ids = case.listing.most_popular[:N_POPULAR]
    return by_place("popular", item_ids)


def _beside(source: Source, view: str) -> Callable[[Case], Picks]:
    def stored(case: Case) -> Picks:
        product_id = case.query.product_id
        return by_place(source, case.stored(view, product_id), product_id or NOTHING)

    return stored


SOURCES: Mapping[Source, Callable[[Case], Picks]] = {
    "model": from_model,
    "session": from_session,
    "cart": from_cart,
    "also_bought": _beside("also_bought", ALSO_BOUGHT),
    "bought_together": _beside("bought_together", BOUGHT_TOGETHER),
    "similar": from_similar,
    "recently_viewed": lambda case: by_place("recently_viewed", np.array(case.viewed, np.int64)),
    "trending_category": lambda case: by_place(
        "trending_category", case.stored(TRENDING, case.category_id)
    ),
    "trending_now": lambda case: by_place("trending_now", case.stored(TRENDING_NOW, WHOLE_SHOP)),
    "trending": lambda case: by_place("trending", case.stored(TRENDING, WHOLE_SHOP)),
    "popular": from_popular,
}
