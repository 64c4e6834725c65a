"""The rules of reviews: who may write, change, report and hide them, and that ratings follow."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from transactional.orders.service import UnknownOrderProblem
from transactional.reviews.models import Review
from transactional.reviews.problems import (
    AlreadyReportedProblem,
    AlreadyReviewedProblem,
    NotReviewableProblem,
    OwnReviewProblem,
    StaleReviewProblem,
    UnknownOrderLineProblem,
    UnknownReviewProblem,
)
from transactional.reviews.ratings import counted, deltas
from transactional.reviews.repository import ReviewRepository
from transactional.reviews.schemas import ReviewRequest

STATUSES: Mapping[str, Literal["published", "hidden"]] = {"hide": "hidden", "keep": "published"}


@dataclass(frozen=True)
class ReviewService:
    """Every change counts for the rating and leaves an event in the same transaction."""

    reviews: ReviewRepository
    now: Callable[[], dt.datetime]

    async def write(self, customer_id: int, request: ReviewRequest) -> Review:
        """Publish what a customer says of a line of an order of theirs.

        Raises
        ------
        UnknownOrderProblem, UnknownOrderLineProblem
            If the customer has no such order, or the order no such line.
        NotReviewableProblem
            If it was not delivered, or all of it came back.
        AlreadyReviewedProblem
            If the line has a review.
        """
        product_id = await self._delivered(customer_id, request)
        values = {
            **request.model_dump(),
            "product_id": product_id,
            "customer_id": customer_id,
            "status": "published",
            "n_open_reports": 0,
            "version": 1,
            "written_at": self.now(),
        }
        review = await self.reviews.write(values)
        if review is None:
            first = await self.reviews.of_line(product_id, request.order_id, request.line_number)
            raise AlreadyReviewedProblem(first.review_id)
        await self._follow(review, None)
        return review

    async def edit(
        self, review_id: int, customer_id: int, version: int, values: Mapping[str, str | int]
    ) -> Review:
        """Change the customer's review; what it said before is kept, and a hidden one stays hidden.

        Raises
        ------
        UnknownReviewProblem
            If the customer has no such review.
        StaleReviewProblem
            If it has another version than the one that was read.
        """
        review = await self._own(review_id, customer_id)
        if review.version != version:
            raise StaleReviewProblem(review.version)
        before, now = counted(review.status, review.rating), self.now()
        await self.reviews.keep_text(review, now)
        for name, value in values.items():
            setattr(review, name, value)
        review.version += 1
        review.edited_at = now
        await self._follow(review, before)
        return review

    async def withdraw(self, review_id: int, customer_id: int) -> None:
        """Erase what the customer said.

        A hidden review leaves an empty one, still hidden: else it could be written anew.

        Raises
        ------
        UnknownReviewProblem
            If the customer has no such review.
        """
        review = await self._own(review_id, customer_id)
        if review.status == "hidden":
            await self.reviews.erase_history(review)
            review.title = review.body = ""
            review.version += 1
            return
        await self.reviews.erase(review)
        await self.reviews.count(review.product_id, deltas(review.rating, None))
        await self.reviews.tell(review, "deleted", self.now())

    async def report(self, review_id: int, customer_id: int, reason: str) -> None:
        """Ask the operators to look at a published review.

        Raises
        ------
        UnknownReviewProblem
            If there is no such published review.
        OwnReviewProblem, AlreadyReportedProblem
            If it is the customer's own, or they reported it before.
        """
        review = await self.reviews.locked(review_id)
        if review is None or review.status != "published":
            raise UnknownReviewProblem(review_id)
        if review.customer_id == customer_id:
            raise OwnReviewProblem("This is your own review: change it or delete it.")
        now = self.now()
        if not await self.reviews.report(review, customer_id, reason, now):
            raise AlreadyReportedProblem("You reported this review already; operators will look.")
        review.n_open_reports += 1
        review.reported_at = review.reported_at or now

    async def moderate(
        self, review_id: int, operator_id: int, decision: Literal["hide", "keep"], note: str
    ) -> Review:
        """Hide a review from the public, or keep it (again); its open reports are answered.

        Raises
        ------
        UnknownReviewProblem
            If there is no such review, or its author erased it.
        """
        review = await self.reviews.locked(review_id)
        if review is None or not (review.title and review.body):
            raise UnknownReviewProblem(review_id)
        before = counted(review.status, review.rating)
        review.status, review.note = STATUSES[decision], note
        review.moderated_by = operator_id
        review.n_open_reports, review.reported_at = 0, None
        review.version += 1
        await self._follow(review, before)
        return review

    async def _delivered(self, customer_id: int, request: ReviewRequest) -> int:
        bought = await self.reviews.bought(request.order_id, request.line_number, customer_id)
        if bought is None:
            raise UnknownOrderProblem(request.order_id)
        if bought.product_id is None:
            raise UnknownOrderLineProblem(request.order_id, request.line_number)
        if bought.status != "delivered":
            raise NotReviewableProblem(
                f"Order {request.order_id} is {bought.status}. Write once it is delivered."
            )
        if bought.n_returned >= bought.quantity:
            raise NotReviewableProblem("All of this line came back: there is nothing to review.")
        return bought.product_id

    async def _own(self, review_id: int, customer_id: int) -> Review:
        review = await self.reviews.locked(review_id)
        if review is None or review.customer_id != customer_id:
            raise UnknownReviewProblem(review_id)
        return review

    async def _follow(self, review: Review, before: int | None) -> None:
        """Count what a review counts for now instead of `before`, and tell readers."""
        changes = deltas(before, counted(review.status, review.rating))
        if any(changes):
            await self.reviews.count(review.product_id, changes)
        status: Literal["published", "hidden"] = (
            "published" if review.status == "published" else "hidden"
        )
        await self.reviews.tell(review, status, self.now())
