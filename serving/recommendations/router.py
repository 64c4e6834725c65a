"""GET /recommendations and /recommendations/why."""

from typing import Annotated

import orjson
from fastapi import APIRouter, Query, Response

from serving.recommendations.deps import RecommendationServiceDep, RecommendationTrialsDep
from serving.recommendations.schemas import (
    RecommendationQuery,
    Recommendations,
    Why,
    WhyQuery,
)
from serving.recommendations.why import why

router = APIRouter(tags=["recommendations"])


@router.get("/recommendations", response_model=Recommendations)
async def recommend(
    query: Annotated[RecommendationQuery, Query()], trials: RecommendationTrialsDep
) -> Response:
    """Return products for a customer, a session or a cart, or beside a product, best first.

    An unknown customer or product is answered too, from the next source of the type's chain; each
    item says its source and why it is there.
    """
    document = await trials.recommend(query)
    return Response(orjson.dumps(document), media_type="application/json")


@router.get("/recommendations/why")
async def explain(query: Annotated[WhyQuery, Query()], service: RecommendationServiceDep) -> Why:
    """Return what put a product where it is in a customer's `for_you`, or kept it out."""
    return await why(service, query)
