"""/reviews: everybody's reading, customers' writing, operators' deciding."""

from typing import Annotated

from fastapi import APIRouter, Header, Path, Query
from pydantic import Field, TypeAdapter

from features.schemas.row import Id
from transactional.callers import CallerDep, OperatorDep
from transactional.fields import ProductIds, ids_of
from transactional.reviews.deps import ReviewServiceDep
from transactional.reviews.schemas import (
    ModeratedReview,
    Moderation,
    Order,
    OwnReview,
    OwnReviewPage,
    RatingSummaries,
    Report,
    ReportedPage,
    ReviewChange,
    ReviewPage,
    ReviewRequest,
    ReviewView,
)
from transactional.reviews.views import next_cursor, reported_view, summary_of, view_of
from web import cursors

router = APIRouter(prefix="/reviews", tags=["reviews"])
ReviewId = Annotated[Id, Path()]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=200)]
STARS_AND_ID = TypeAdapter(tuple[Annotated[int, Field(ge=1, le=5)], Id])
IfMatch = Annotated[
    str, Header(pattern=r'^"\d{1,18}"$', description='the version that was read: "7"')
]


@router.get("")
async def list_reviews(
    service: ReviewServiceDep,
    product_id: Annotated[Id, Query()],
    order: Order = "newest",
    rating: Annotated[int | None, Query(ge=1, le=5, description="only with so many stars")] = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> ReviewPage:
    """Return published reviews of a product; of equal stars the newest first."""
    listing = f"reviews of {product_id}, {order}, {rating}"
    place = cursors.decode(cursor, listing, STARS_AND_ID) if cursor else None
    found = await service.reviews.public(product_id, order, rating, place, limit + 1)
    return ReviewPage(
        reviews=[view_of(review, ReviewView) for review in found[:limit]],
        next_cursor=next_cursor(found, limit, listing, ("rating", "review_id")),
    )


@router.get("/summary")
async def summarise(
    service: ReviewServiceDep, product_ids: Annotated[ProductIds, Query()]
) -> RatingSummaries:
    """Return number and mean of the published reviews of up to 100 products."""
    ids = ids_of(product_ids)
    ratings = await service.reviews.ratings(ids)
    return RatingSummaries(products=[summary_of(id_, ratings.get(id_)) for id_ in ids])


@router.get("/mine")
async def list_own_reviews(
    caller: CallerDep, service: ReviewServiceDep, limit: Limit = 20, cursor: Cursor = None
) -> OwnReviewPage:
    """Return the caller's reviews, newest first, the hidden ones with the reason."""
    listing = f"reviews by {caller.customer_id}"
    below = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else None
    found = await service.reviews.of_customer(caller.customer_id, below, limit + 1)
    return OwnReviewPage(
        reviews=[view_of(review, OwnReview) for review in found[:limit]],
        next_cursor=next_cursor(found, limit, listing, ("review_id",)),
    )


@router.get("/reported")
async def list_reported_reviews(
    _: OperatorDep, service: ReviewServiceDep, limit: Limit = 20, cursor: Cursor = None
) -> ReportedPage:
    """Return reviews with reports no operator has answered, the longest waiting first."""
    listing = "reported reviews"
    place = cursors.decode(cursor, listing, cursors.MOMENT_AND_ID) if cursor else None
    found = await service.reviews.reported(place, limit + 1)
    reasons = await service.reviews.reasons(found[:limit])
    return ReportedPage(
        reviews=[reported_view(review, reasons[review.review_id]) for review in found[:limit]],
        next_cursor=next_cursor(found, limit, listing, ("reported_at", "review_id")),
    )


@router.post("", status_code=201)
async def write_review(
    body: ReviewRequest, caller: CallerDep, service: ReviewServiceDep
) -> OwnReview:
    """Publish what the caller says of a line of an order that was delivered to them."""
    return view_of(await service.write(caller.customer_id, body), OwnReview)


@router.patch("/{review_id}")
async def edit_review(
    review_id: ReviewId,
    body: ReviewChange,
    caller: CallerDep,
    service: ReviewServiceDep,
    if_match: IfMatch,
) -> OwnReview:
    """Change the caller's review; a hidden one stays hidden until an operator decides."""
    values = body.model_dump(exclude_none=True)
    version = int(if_match.strip('"'))
    return view_of(await service.edit(review_id, caller.customer_id, version, values), OwnReview)


@router.delete("/{review_id}", status_code=204)
async def delete_review(review_id: ReviewId, caller: CallerDep, service: ReviewServiceDep) -> None:
    """Erase what the caller said, earlier texts included."""
    await service.withdraw(review_id, caller.customer_id)


@router.post("/{review_id}/reports", status_code=204)
async def report_review(
    review_id: ReviewId, body: Report, caller: CallerDep, service: ReviewServiceDep
) -> None:
    """Ask the operators to look at somebody else's review, once."""
    await service.report(review_id, caller.customer_id, body.reason)


@router.post("/{review_id}/moderation")
async def moderate_review(
    review_id: ReviewId, body: Moderation, operator: OperatorDep, service: ReviewServiceDep
) -> ModeratedReview:
    """Hide a review, or keep it; its reports are answered by that."""
    review = await service.moderate(review_id, operator.customer_id, body.decision, body.note)
    return view_of(review, ModeratedReview)
