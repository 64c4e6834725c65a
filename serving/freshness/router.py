"""GET /freshness."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse

from serving.freshness.page import page
from serving.freshness.reading import FreshnessReading
from serving.freshness.schemas import Freshness
from serving.search.deps import utc_now

router = APIRouter(tags=["freshness"])


async def freshness_reading(request: Request) -> FreshnessReading:
    """Build what reads, for one request."""
    state = request.app.state
    return FreshnessReading(
        redis=state.redis,
        packed=state.features.packed.redis,
        index=state.index.current,
        model=state.model.current,
        now=utc_now(),
    )


FreshnessReadingDep = Annotated[FreshnessReading, Depends(freshness_reading)]


@router.get(
    "/freshness",
    response_model=Freshness,
    responses={200: {"content": {"text/html": {}}, "description": "By `Accept`: JSON or a page"}},
)
async def tell_freshness(request: Request, reading: FreshnessReadingDep) -> Response | Freshness:
    """Return how fresh everything is: a page for a browser, JSON for everybody else."""
    told = await reading.read()
    if "text/html" in request.headers.get("accept", ""):
        return HTMLResponse(page(told))
    return told
