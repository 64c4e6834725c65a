"""Why a product stands where it does in the answer to a search."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from tantivy import Query

from models.search import taste
from models.search.building import build_found
from models.search.features import NAMES, Hits, emphasis, features
from models.search.index import Index, Listed
from models.search.placing import N_WEIGHED
from models.search.query import Part, Search
from models.search.second_stage import SecondStage
from models.search.shards import Shard
from models.search.wishes import Wishes


@dataclass(frozen=True)
class FoundPart:
    """A part of the query and what it adds to the text's value: `value` in all, and by field what has its words.

    A find of other words that mean the same is in `value` alone.
    """

    words: str
    value: float
    by_field: Mapping[str, float]


@dataclass(frozen=True)
class Reordering:
    """What the second stage makes of a hit.

    Parameters
    ----------
    features
        By name; None is not known.
    contributions
        What each feature adds to the logarithm of the hit's worth.
    of_words
        The same for the query's parts beyond the first.
    of_taste
        The same for what the customer did; empty where it does not count.
    """

    order: str
    features: Mapping[str, float | None]
    contributions: Mapping[str, float]
    of_words: float
    of_taste: Mapping[str, float]
    worth: float


@dataclass(frozen=True)
class Explanation:
    """A product's way through the stages; places count from 1, None where the words do not find it.

    Parameters
    ----------
    text_place, text_value
        By the words alone.
    second_place
        After the second stage, before operators' weights and pins.
    place
        As it is shown.
    has_enough
        Whether it has enough of the words.
    reordering
        None where no second stage reaches it.
    factor
        Of operators' weights.
    """

    parts: Sequence[FoundPart]
    text_place: int | None
    text_value: float | None
    second_place: int | None
    place: int
    has_enough: bool
    reordering: Reordering | None
    factor: float
    rule_ids: Sequence[int]


def explained(index: Index, search: Search, product_id: int, wishes: Wishes) -> Explanation | None:
    """Return why a product stands where it does, None if it is not in the answer."""
    shown = index.listed(search, wishes)
    document = index.product(product_id)
    if document is None or product_id not in shown.product_ids:
        return None
    wishes = wishes.for_sort(search).for_parts(len(shown.parts))
    unweighed = replace(wishes, pins=(), weights=())
    by_text = index.listed(search, replace(unweighed, second_stage=None))
    second = index.listed(search, unweighed)
    at = _place(by_text, product_id)
    pins = [pin for pin in wishes.pins if pin.product_id == product_id]
    return Explanation(
        parts=_found_parts(index, product_id, shown.parts),
        text_place=at,
        text_value=by_text.values[at - 1] if at else None,
        second_place=_place(second, product_id),
        place=shown.product_ids.index(product_id) + 1,
        has_enough=at is not None and at <= by_text.n_full,
        reordering=_reordering(index, by_text, at, wishes.second_stage),
        factor=math.prod(each.factor(document) for each in wishes.weights),
        rule_ids=wishes.applied(pins, shown.parts, [document]),
    )


def _place(listed: Listed, product_id: int) -> int | None:
    ids = listed.product_ids
    return ids.index(product_id) + 1 if product_id in ids else None


def _found_parts(index: Index, product_id: int, parts: Sequence[Part]) -> list[FoundPart]:
    shard = index.shards[index.shard_of(product_id)]
    found = []
    for part in parts:
        whole, fields = build_found(shard.schema, product_id, part)
        by_field = {field: _value(shard, query) for field, query in fields.items()}
        has = {field: value for field, value in by_field.items() if value > 0}
        words = part.form or " ".join(part.words)
        found.append(FoundPart(words, _value(shard, whole), has))
    return found


def _value(shard: Shard, query: Query) -> float:
    hits = shard.searcher.search(query, limit=1, count=False).hits
    return float(hits[0][0]) if hits else 0.0


def _reordering(
    index: Index, by_text: Listed, at: int | None, second_stage: SecondStage | None
) -> Reordering | None:
    window = _window(by_text, at)
    if second_stage is None or at is None or at - 1 not in window:
        return None
    together = slice(window.start, window.stop)
    hits = Hits.of(by_text.product_ids[together], by_text.values[together])
    place = at - 1 - window.start
    known, own = features(hits, index.signals), {}
    if second_stage.acts is not None:
        tastes = taste.taste(second_stage.acts, hits.product_ids, index.signals)[place]
        own = dict(zip(taste.NAMES, (tastes * taste.WEIGHTS).tolist(), strict=True))
    added = second_stage.order.contributions(known, place)
    return Reordering(
        order=second_stage.order.name,
        features={
            name: None if np.isnan(value) else float(value)
            for name, value in zip(NAMES, known[place], strict=True)
        },
        contributions=dict(zip(NAMES, added.tolist(), strict=True)),
        of_words=float(emphasis(known, second_stage.n_parts)[place]),
        of_taste=own,
        worth=float(second_stage.worth(hits, index.signals)[place]),
    )


def _window(by_text: Listed, at: int | None) -> range:
    """Return the places, from 0, that are put into another order together with a hit.

    Those with enough of the words are, and those with some of them.
    """
    is_full = at is not None and at <= by_text.n_full
    start, end = (0, by_text.n_full) if is_full else (by_text.n_full, len(by_text.product_ids))
    return range(start, min(start + N_WEIGHED, end))
