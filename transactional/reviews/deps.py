"""Wires reviews to a request."""

from typing import Annotated

from fastapi import Depends

from transactional.deps import SessionDep, utc_now
from transactional.reviews.repository import ReviewRepository
from transactional.reviews.service import ReviewService


async def review_service(session: SessionDep) -> ReviewService:
    """Build the service for one request."""
    return ReviewService(ReviewRepository(session), utc_now)


ReviewServiceDep = Annotated[ReviewService, Depends(review_service)]
