"""All SQL of reviews. Locks are taken in one order: the review, then its product's rating."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import ColumnElement, and_, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.reviews.models import ProductRating, Review, ReviewReport
from transactional.reviews.schemas import Order

N_REASONS = 20
Place = tuple[int, int]
"""Stars and id of the last review of a page."""

BOUGHT = text("""
select orders.status, product_id, quantity,
       (select coalesce(sum(back.quantity), 0) from return_lines as back
            join returns using (order_id, number)
        where back.order_id = orders.order_id and back.line_number = :line_number
          and returns.status = 'received') as n_returned
from orders left join order_lines
    on order_lines.order_id = orders.order_id and line_number = :line_number
where orders.order_id = :order_id and customer_id = :customer_id
""")
KEEP_TEXT = text("""
insert into review_history (product_id, review_id, version, rating, title, body, replaced_at)
select product_id, review_id, version, rating, title, body, :now
from reviews where product_id = :product_id and review_id = :review_id
""")
ERASE = text("""
with earlier as (
    delete from review_history where product_id = :product_id and review_id = :review_id
),
reported as (
    delete from review_reports where product_id = :product_id and review_id = :review_id
)
delete from reviews where product_id = :product_id and review_id = :review_id
""")
ERASE_HISTORY = text("""
delete from review_history where product_id = :product_id and review_id = :review_id
""")
# The row proposed must pass the constraint too, though it is the update that counts.
COUNT = text("""
insert into product_ratings as r (product_id, n_1, n_2, n_3, n_4, n_5)
values (:product_id, greatest(:d_1, 0), greatest(:d_2, 0), greatest(:d_3, 0), greatest(:d_4, 0),
        greatest(:d_5, 0))
on conflict (product_id) do update set
    n_1 = r.n_1 + :d_1, n_2 = r.n_2 + :d_2, n_3 = r.n_3 + :d_3, n_4 = r.n_4 + :d_4,
    n_5 = r.n_5 + :d_5
""")
TELL = text("""
insert into outbox (event_id, topic, key, body, recorded_at)
select event_id, 'reviews', cast(:product_id as bigint)::text,
       jsonb_build_object('event_id', event_id, 'occurred_at', cast(:now as timestamptz),
                          'recorded_at', cast(:now as timestamptz),
                          'product_id', cast(:product_id as bigint),
                          'review_id', cast(:review_id as bigint),
                          'rating', cast(:rating as integer), 'status', cast(:status as text)), :now
from (select gen_random_uuid()::text as event_id) as new
""")
REASONS = text("""
select review_id, reason from unnest(cast(:product_ids as bigint[]), cast(:review_ids as bigint[]))
    as r (product_id, review_id)
cross join lateral (
    select reason, reported_at from review_reports
    where review_reports.product_id = r.product_id and review_reports.review_id = r.review_id
    order by reported_at desc limit :limit) as newest
order by review_id, reported_at desc
""")


@dataclass(frozen=True, slots=True)
class Bought:
    """A line of an order of the caller's; without a product, the order has no such line."""

    status: str
    product_id: int | None
    quantity: int
    n_returned: int


@dataclass(frozen=True)
class ReviewRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def bought(self, order_id: int, line_number: int, customer_id: int) -> Bought | None:
        """Return what the customer bought; None if they have no such order."""
        values = {"order_id": order_id, "line_number": line_number, "customer_id": customer_id}
        row = (await self.session.execute(BOUGHT, values)).one_or_none()
        if row is None:
            return None
        return Bought(row.status, row.product_id, row.quantity or 0, row.n_returned)

    async def write(self, values: dict[str, object]) -> Review | None:
        """Store a new review; None if the line has one already, also of the same moment."""
        query = insert(Review).values(**values).on_conflict_do_nothing().returning(Review)
        return await self.session.scalar(query)

    async def of_line(self, product_id: int, order_id: int, line_number: int) -> Review:
        """Return the review of an order's line, which has one."""
        query = select(Review).where(
            Review.product_id == product_id,
            Review.order_id == order_id,
            Review.line_number == line_number,
        )
        return (await self.session.scalars(query)).one()

    async def locked(self, review_id: int) -> Review | None:
        """Return anybody's review, held until the transaction ends."""
        query = select(Review).where(Review.review_id == review_id).with_for_update()
        return await self.session.scalar(query)

    async def keep_text(self, review: Review, now: dt.datetime) -> None:
        """Keep what a locked review says, before it says something else."""
        await self.session.execute(KEEP_TEXT, {**_name(review), "now": now})

    async def erase(self, review: Review) -> None:
        """Delete a locked review, its earlier texts and its reports."""
        await self.session.execute(ERASE, _name(review))

    async def erase_history(self, review: Review) -> None:
        """Delete the earlier texts of a locked review."""
        await self.session.execute(ERASE_HISTORY, _name(review))

    async def report(self, review: Review, customer_id: int, reason: str, now: dt.datetime) -> bool:
        """Enter a report of a locked review; false if the customer reported it before."""
        values = {**_name(review), "customer_id": customer_id, "reason": reason}
        query = insert(ReviewReport).values(**values, reported_at=now).on_conflict_do_nothing()
        return await self.session.scalar(query.returning(ReviewReport.review_id)) is not None

    async def count(self, product_id: int, deltas: Sequence[int]) -> None:
        """Add to the numbers of a product's reviews with one to five stars."""
        by_stars = {f"d_{stars}": delta for stars, delta in enumerate(deltas, start=1)}
        await self.session.execute(COUNT, {"product_id": product_id, **by_stars})

    async def tell(
        self, review: Review, status: Literal["published", "hidden", "deleted"], now: dt.datetime
    ) -> None:
        """Write to the outbox what became of a review: a row of the log, without text and customer."""
        values = {**_name(review), "rating": review.rating, "status": status, "now": now}
        await self.session.execute(TELL, values)

    async def public(
        self, product_id: int, order: Order, rating: int | None, after: Place | None, limit: int
    ) -> Sequence[Review]:
        """Return published reviews of a product, those of one rating if given, from a place on."""
        query = select(Review).where(Review.product_id == product_id, Review.status == "published")
        if rating is not None:
            query = query.where(Review.rating == rating)
        if after is not None:
            query = query.where(_beyond(order, after))
        return (await self.session.scalars(query.order_by(*_by(order)).limit(limit))).all()

    async def of_customer(
        self, customer_id: int, below: int | None, limit: int
    ) -> Sequence[Review]:
        """Return the customer's newest reviews, those with ids below `below` if given."""
        query = select(Review).where(Review.customer_id == customer_id)
        if below is not None:
            query = query.where(Review.review_id < below)
        query = query.order_by(Review.review_id.desc()).limit(limit)
        return (await self.session.scalars(query)).all()

    async def reported(self, after: tuple[dt.datetime, int] | None, limit: int) -> Sequence[Review]:
        """Return reviews with open reports, the longest waiting first, from a place on."""
        place = tuple_(Review.reported_at, Review.review_id)
        query = select(Review).where(Review.n_open_reports > 0)
        if after is not None:
            query = query.where(place > after)
        query = query.order_by(Review.reported_at, Review.review_id).limit(limit)
        return (await self.session.scalars(query)).all()

    async def reasons(self, reviews: Sequence[Review]) -> dict[int, list[str]]:
        """Return the newest reasons that reviews were reported for, by review."""
        values = {
            "product_ids": [review.product_id for review in reviews],
            "review_ids": [review.review_id for review in reviews],
        }
        found: dict[int, list[str]] = {review.review_id: [] for review in reviews}
        for row in await self.session.execute(REASONS, {**values, "limit": N_REASONS}):
            found[row.review_id].append(row.reason)
        return found

    async def ratings(self, product_ids: Sequence[int]) -> dict[int, ProductRating]:
        """Return the counts of those products that have ever had a review."""
        query = select(ProductRating).where(ProductRating.product_id.in_(product_ids))
        return {row.product_id: row for row in await self.session.scalars(query)}


def _name(review: Review) -> dict[str, int]:
    return {"product_id": review.product_id, "review_id": review.review_id}


def _by(order: Order) -> tuple[ColumnElement[int], ...]:
    newest = Review.review_id.desc()
    by = {
        "newest": (newest,),
        "highest": (Review.rating.desc(), newest),
        "lowest": (Review.rating.asc(), newest),
    }
    return by[order]


def _beyond(order: Order, after: Place) -> ColumnElement[bool]:
    rating, review_id = after
    older = Review.review_id < review_id
    if order == "newest":
        return older
    farther = Review.rating < rating if order == "highest" else Review.rating > rating
    return or_(farther, and_(Review.rating == rating, older))
