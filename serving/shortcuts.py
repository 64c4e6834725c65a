"""The requests that pages make most, answered without the framework where it is plainly right.

`web.shortcuts` tells why.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.routing import APIRoute

from serving.experiments.assignment import Identity
from serving.recommendations.deps import trials_of
from serving.recommendations.router import recommend
from serving.recommendations.schemas import RecommendationQuery
from serving.search.deps import manner_of, service_of, trial_of, tried
from serving.search.personal import Searcher
from serving.search.router import search_products, suggest
from serving.search.schemas import ProductQuery, SuggestionQuery
from serving.search.trials import is_kept, tried_page
from web.shortcuts import JSON, Answer, Headers, Shortcut, asked


def shortcuts(app: FastAPI) -> Sequence[Shortcut]:
    """Return the shortcuts of an application that has its routes."""
    routes: dict[Any, APIRoute] = {
        each.endpoint: each for each in app.routes if isinstance(each, APIRoute)
    }
    plainly = {
        recommend: recommend_plainly,
        search_products: search_plainly,
        suggest: suggest_plainly,
    }
    return [Shortcut(routes[endpoint], serve) for endpoint, serve in plainly.items()]


async def recommend_plainly(state: Any, headers: Headers, query: bytes) -> Answer | None:  # noqa: ANN401, ARG001 - the application's
    """Answer `GET /recommendations` where the query is well-formed."""
    wanted = asked(RecommendationQuery, query)
    if wanted is None:
        return None
    document = await trials_of(state).recommend(wanted)
    return Answer(200, JSON, orjson.dumps(document))


async def search_plainly(state: Any, headers: Headers, query: bytes) -> Answer | None:  # noqa: ANN401, ARG001 - the application's
    """Answer `GET /products` where the query is well-formed."""
    wanted = asked(ProductQuery, query)
    if wanted is None:
        return None
    identity = Identity(wanted.customer_id, wanted.visitor_id, wanted.session_id)
    searcher = Searcher(wanted.session_id, wanted.visitor_id, wanted.customer_id)
    trial = trial_of(state, wanted.q, identity)
    service = tried(state, service_of(state), trial)
    manner = await manner_of(
        state, trial, searcher, is_personal=wanted.personal, semantic=wanted.semantic
    )
    work = (service, wanted, manner, trial, state.exposing)
    if is_kept(service, wanted, manner):  # nothing to wait in line for
        return Answer(200, JSON, orjson.dumps(tried_page(*work)))
    return Answer(200, JSON, orjson.dumps(await state.search_desk.run(tried_page, *work)))


async def suggest_plainly(state: Any, headers: Headers, query: bytes) -> Answer | None:  # noqa: ANN401, ARG001 - the application's
    """Answer `GET /suggestions` where the query is well-formed."""
    wanted = asked(SuggestionQuery, query)
    if wanted is None:
        return None
    service = service_of(state)
    body = service.kept_suggestions(wanted)
    if body is None:
        body = await state.search_desk.run(service.suggestions_as_json, wanted)
    return Answer(200, JSON, body)
