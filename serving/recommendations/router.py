"""GET /recommendations."""

from typing import Annotated

from fastapi import APIRouter, Query

from serving.recommendations.deps import RecommendationServiceDep
from serving.recommendations.schemas import RecommendationQuery, Recommendations

router = APIRouter(tags=["recommendations"])


@router.get("/recommendations")
def recommend(
    query: Annotated[RecommendationQuery, Query()], service: RecommendationServiceDep
) -> Recommendations:
    """Return products for a customer or beside a product, best first.

    An unknown customer or product is answered too, from the next source of the type's chain; each
    item says its source.
    """
    return service.recommend(query)
