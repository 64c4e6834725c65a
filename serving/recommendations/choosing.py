"""The rules over one source's products, compiled: they are looked at for every list."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from features.store.packed import Ids, Numbers
from models.ranking.diversity import greedy
from models.ranking.second_stage import PLACE_DAMPING
from models.search.listing import Listing
from serving.recommendations.verdicts import Verdicts

N_WINDOW = 4
"""So many times the places to fill are compared with each other."""


class Wishes(NamedTuple):
    """What operators want of the products asked about, empty where they want nothing."""

    hidden: NDArray[np.bool_]
    factors: Numbers


class Unwanted(NamedTuple):
    """Product ids: never shown; shown only if they are bought again and again; on the list already."""

    never: Ids
    bought: Ids
    listed: Ids


def best(
    item_ids: Ids,
    listing: Listing,
    verdicts: Verdicts,
    unwanted: Unwanted,
    wishes: Wishes,
    room: tuple[int, float],
) -> Ids:
    """Return the places in `item_ids` of those to show, the best first.

    Parameters
    ----------
    item_ids
        A source's products, its best first.
    room
        How many to show, and what unlikeness counts beside relevance, 0 to 1.
    """
    columns = (listing.product_ids, listing.in_stock, listing.category_ids, listing.seller_ids)
    worth = (verdicts.quality, verdicts.bought_again)
    return np.asarray(_best(item_ids, columns, worth, tuple(unwanted), tuple(wishes), room))


@njit(cache=True)
def _best(
    item_ids: Any,  # noqa: ANN401 - compiled
    columns: Any,  # noqa: ANN401
    worth: Any,  # noqa: ANN401
    unwanted: Any,  # noqa: ANN401
    wishes: Any,  # noqa: ANN401
    room: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    places, kept = _allowed(item_ids, columns, worth, unwanted, wishes)
    relevance = np.empty(len(kept))
    for rank in range(len(kept)):
        factor = wishes[1][kept[rank]] if len(wishes[1]) else 1.0
        relevance[rank] = worth[0][places[kept[rank]]] * factor / (PLACE_DAMPING + rank)
    n, unlike_ratio = room
    order = np.argsort(-relevance, kind="mergesort")[: N_WINDOW * n]
    if unlike_ratio == 0 or len(order) == 0:
        return kept[order[:n]]
    labels = _labels(places[kept[order]], columns)
    listed = np.empty(len(unwanted[2]), np.int64)
    for number in range(len(listed)):
        listed[number] = _place(columns[0], unwanted[2][number])
    shown = _labels(listed[listed >= 0], columns)
    relative = relevance[order] / relevance[order[0]]
    return kept[order[greedy(relative, labels, unlike_ratio, n, shown)]]


@njit(cache=True)
def _allowed(item_ids: Any, columns: Any, worth: Any, unwanted: Any, wishes: Any) -> Any:  # noqa: ANN401
    """Return each product's place in the listing, and the numbers of those that may be shown."""
    (never, bought, listed), hidden = unwanted, wishes[0]
    places, kept = np.full(len(item_ids), -1, np.int64), np.empty(len(item_ids), np.int64)
    n = 0
    for number in range(len(item_ids)):
        item_id = item_ids[number]
        place = _place(columns[0], item_id)
        places[number] = place
        if place < 0 or not columns[1][place] or (len(hidden) and hidden[number]):
            continue
        if _among(item_id, never) or _among(item_id, listed):
            continue
        if _among(item_id, bought) and not worth[1][place]:
            continue
        kept[n] = number
        n += 1
    return places, kept[:n]


@njit(cache=True)
def _labels(places: Any, columns: Any) -> Any:  # noqa: ANN401
    labels = np.empty((len(places), 2), np.int64)
    for number in range(len(places)):
        labels[number, 0] = columns[2][places[number]]
        labels[number, 1] = columns[3][places[number]]
    return labels


@njit(cache=True)
def _place(product_ids: Any, product_id: Any) -> Any:  # noqa: ANN401
    place = np.searchsorted(product_ids, product_id)
    return place if place < len(product_ids) and product_ids[place] == product_id else -1


@njit(cache=True)
def _among(product_id: Any, few: Any) -> Any:  # noqa: ANN401
    for number in range(len(few)):  # noqa: SIM110 - numba has no `any`
        if few[number] == product_id:
            return True
    return False
