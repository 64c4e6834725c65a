"""Reviews and ratings as answers show them."""

from collections.abc import Sequence
from typing import TypeVar

from transactional.reviews.models import ProductRating, Review
from transactional.reviews.ratings import STARS, mean
from transactional.reviews.schemas import RatingSummary, ReportedReview, ReviewView
from web import cursors

View = TypeVar("View", bound=ReviewView)


def view_of(review: Review, kind: type[View]) -> View:
    """Return a review as one kind of reader sees it."""
    return kind.model_validate(review, from_attributes=True)


def reported_view(review: Review, reasons: Sequence[str]) -> ReportedReview:
    """Return a reported review with what was said against it."""
    seen = {name: getattr(review, name) for name in ReportedReview.model_fields if name in COLUMNS}
    return ReportedReview(**seen, reasons=list(reasons))


def summary_of(product_id: int, rating: ProductRating | None) -> RatingSummary:
    """Return what a product's reviews come to; without a rating it has none."""
    n_by_stars = [getattr(rating, f"n_{stars}") if rating else 0 for stars in STARS]
    return RatingSummary(
        product_id=product_id,
        n_reviews=sum(n_by_stars),
        n_by_stars=n_by_stars,
        mean_rating=mean(n_by_stars),
    )


def next_cursor(
    found: Sequence[Review], limit: int, listing: str, columns: Sequence[str]
) -> str | None:
    """Return where the next page begins; None if what was found, one more than a page, is all."""
    if len(found) <= limit:
        return None
    return cursors.encode([str(getattr(found[limit - 1], name)) for name in columns], listing)


COLUMNS = frozenset(Review.__table__.columns.keys())
