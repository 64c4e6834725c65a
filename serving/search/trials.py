"""Searches under the arms of whoever asks."""

from dataclasses import replace
from time import perf_counter
from typing import Any

from features.schemas.experiments import Treatment
from models.search.second_stage import Beside, Order
from models.search.taste import Acts
from serving.experiments.assignment import Identity
from serving.experiments.book import Trial
from serving.experiments.exposing import Answered, Exposing
from serving.published import Published
from serving.search.personal import Manner, Personal, Searcher
from serving.search.ranker import FORMULA, current_order
from serving.search.recorded import Asked
from serving.search.schemas import ProductQuery
from serving.search.service import SearchService, as_search

NO_ACTS = Acts((), ())


def ordered_by(trial: Trial, published: Published[Order]) -> tuple[Order, Beside | None]:
    """Return the second stage's order, and the one beside it where two lists are shown as one."""
    order = _order(trial.way, published)
    if trial.beside is None:
        return order, None
    return order, Beside(_order(trial.beside, published), trial.seed)


def of_asked(manner: Manner, searcher: Searcher | None) -> Manner:
    """Return how a search is done, and how it was asked for: as this searcher's, or nobody's."""
    whose = manner.personal.owner if manner.personal else None
    owner = searcher.owner if searcher else None
    if whose == owner:
        return manner
    asked = Manner(Personal(owner, NO_ACTS) if owner else None, manner.semantic)
    return replace(manner, asked=asked)


def tried_page(
    service: SearchService, query: ProductQuery, manner: Manner, trial: Trial, exposing: Exposing
) -> dict[str, Any]:
    """Return a page as the arms want it, and record who was shown it."""
    began = perf_counter()
    page = service.page(_asked(query), as_search(query), manner)
    if not trial.assigned:
        return page
    page["experiments"] = trial.told()
    shown = [product["product_id"] for product in page["products"]]
    answered = Answered(
        who=Identity(query.customer_id, query.visitor_id, query.session_id),
        surface="search",
        slot=None,
        answer_id=page["answer_id"],
        model_version=service.order.name,
        latency_ms=1000 * (perf_counter() - began),
        drafted=service.beside.of(shown) if service.beside else None,
    )
    exposing.expose(trial, answered)
    return page


def is_kept(service: SearchService, query: ProductQuery, manner: Manner) -> bool:
    """Return whether a page is there without a search."""
    return service.has_page(_asked(query), as_search(query), manner)


def _asked(query: ProductQuery) -> Asked:
    parameters = query.model_dump(exclude_defaults=True)
    return Asked("search", parameters, query.cursor, query.limit)


def _order(way: Treatment, published: Published[Order]) -> Order:
    return FORMULA if way.search_order == "formula" else current_order(published)
