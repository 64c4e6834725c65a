"""Wires recommendations to the versions that are current when a request comes."""

from typing import Annotated

from fastapi import Depends, Request

from serving.published import Published
from serving.recommendations.service import RecommendationService, Recommender
from serving.search.deps import IndexDep


async def recommendation_service(request: Request, index: IndexDep) -> RecommendationService:
    """Build the service for one request."""
    published: Published[Recommender] = request.app.state.model
    model = published.current.value if published.current else None
    return RecommendationService(index, model, request.app.state.lists)


RecommendationServiceDep = Annotated[RecommendationService, Depends(recommendation_service)]
