"""The request that every page makes, answered without the framework where it is plainly right.

`web.shortcuts` tells why.
"""

from collections.abc import Sequence
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.routing import APIRoute

from serving.recommendations.deps import trials_of
from serving.recommendations.router import recommend
from serving.recommendations.schemas import RecommendationQuery
from web.shortcuts import JSON, Answer, Headers, Shortcut, asked


def shortcuts(app: FastAPI) -> Sequence[Shortcut]:
    """Return the shortcuts of an application that has its routes."""
    [route] = [
        each for each in app.routes if isinstance(each, APIRoute) and each.endpoint is recommend
    ]
    return (Shortcut(route, recommend_plainly),)


async def recommend_plainly(state: Any, headers: Headers, query: bytes) -> Answer | None:  # noqa: ANN401, ARG001 - the application's
    """Answer `GET /recommendations` where the query is well-formed."""
    wanted = asked(RecommendationQuery, query)
    if wanted is None:
        return None
    document = await trials_of(state).recommend(wanted)
    return Answer(200, JSON, orjson.dumps(document))
