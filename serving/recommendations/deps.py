"""Wires recommendations to the versions that are current when a request comes."""

import datetime as dt
from typing import Annotated

from fastapi import Depends, Request

from models.live import LiveRecommender
from serving.published import Published
from serving.recommendations.service import Champion, RecommendationService
from serving.search.deps import IndexDep


async def recommendation_service(request: Request, index: IndexDep) -> RecommendationService:
    """Build the service for one request."""
    state = request.app.state
    published: Published[LiveRecommender] = state.model
    current = published.current
    return RecommendationService(
        index=index,
        champion=Champion(current.name, current.value) if current else None,
        features=state.features,
        slots=state.slots,
        newcomers=state.newcomers,
        now=dt.datetime.now(dt.UTC),  # noqa: TID251 - the edge
    )


RecommendationServiceDep = Annotated[RecommendationService, Depends(recommendation_service)]
