"""What the review endpoints take and return."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from features.schemas.row import Id
from transactional.fields import RequestBody, Text

Rating = Annotated[int, Field(ge=1, le=5, description="stars")]
Title = Annotated[Text, Field(min_length=1, max_length=120)]
Body = Annotated[Text, Field(min_length=1, max_length=5000)]
Reason = Annotated[Text, Field(min_length=1, max_length=500)]
Order = Literal["newest", "highest", "lowest"]
Status = Literal["published", "hidden"]


class ReviewRequest(RequestBody):
    """What the caller says of one line of a delivered order of theirs."""

    order_id: Id
    line_number: Annotated[int, Field(ge=1, le=100)]
    rating: Rating
    title: Title
    body: Body


class ReviewChange(RequestBody):
    """What is to be different; what is left out stays."""

    rating: Rating | None = None
    title: Title | None = None
    body: Body | None = None


class Report(RequestBody):
    """What is wrong with a review."""

    reason: Reason


class Moderation(RequestBody):
    """Whether the public may read a review; the author is shown the note."""

    decision: Literal["hide", "keep"]
    note: Reason


class ReviewView(BaseModel):
    """A review as everybody reads it; nobody is named."""

    review_id: int
    product_id: int
    rating: int
    title: str
    body: str
    author: Literal["Verified purchaser"] = "Verified purchaser"
    written_at: dt.datetime
    edited_at: dt.datetime | None


class ReviewPage(BaseModel):
    """Published reviews of a product; `next_cursor` is null on the last page."""

    reviews: list[ReviewView]
    next_cursor: str | None


class OwnReview(ReviewView):
    """A review as its author sees it; send `version` back as `If-Match`."""

    order_id: int
    line_number: int
    status: Status
    note: Annotated[str | None, Field(description="why an operator hid it, or kept it")]
    version: int


class OwnReviewPage(BaseModel):
    """The caller's reviews, newest first; `next_cursor` is null on the last page."""

    reviews: list[OwnReview]
    next_cursor: str | None


class ModeratedReview(ReviewView):
    """A review as operators see it."""

    status: Status
    note: str | None
    n_open_reports: Annotated[int, Field(description="since an operator last decided")]


class ReportedReview(ModeratedReview):
    """A review that customers complained of since an operator last decided."""

    reported_at: Annotated[dt.datetime, Field(description="first")]
    reasons: Annotated[list[str], Field(description="of all its reports, the newest 20")]


class ReportedPage(BaseModel):
    """Reported reviews, those that wait longest first; `next_cursor` is null on the last page."""

    reviews: list[ReportedReview]
    next_cursor: str | None


class RatingSummary(BaseModel):
    """What the published reviews of a product come to."""

    product_id: int
    n_reviews: int
    n_by_stars: Annotated[list[int], Field(description="with one, two, ... five stars")]
    mean_rating: Annotated[
        float | None, Field(description="to two decimals, half to even; null without reviews")
    ]


class RatingSummaries(BaseModel):
    """One for each product that was asked for, in that order, known or not."""

    products: list[RatingSummary]
