"""Tables of reviews; each row has its `product_id`, by which they can be spread like the products."""

import datetime as dt

from sqlalchemy import (
    BigInteger,
    Computed,
    DateTime,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base

PUBLISHED = text("status = 'published'")
REPORTED = text("n_open_reports > 0")
SUM = "n_1 + n_2 + n_3 + n_4 + n_5"


class Review(Base):
    """What a customer says of one line of a delivered order.

    `n_open_reports` counts what was reported since an operator last decided, `reported_at` is the
    first of those. `note` is the operator's reason.
    """

    __tablename__ = "reviews"
    __table_args__ = (
        UniqueConstraint("product_id", "order_id", "line_number", name="uq_reviews_order_line"),
        Index("ix_reviews_newest", "product_id", "review_id", postgresql_where=PUBLISHED),
        Index(
            "ix_reviews_highest", "product_id", "rating", "review_id", postgresql_where=PUBLISHED
        ),
        Index(
            "ix_reviews_lowest",
            "product_id",
            "rating",
            text("review_id desc"),
            postgresql_where=PUBLISHED,
        ),
        Index("ix_reviews_customer_id", "customer_id", "review_id"),
        Index("ix_reviews_reported", "reported_at", "review_id", postgresql_where=REPORTED),
    )

    review_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    order_id: Mapped[int] = mapped_column(BigInteger)
    line_number: Mapped[int] = mapped_column(Integer)
    customer_id: Mapped[int] = mapped_column(BigInteger)
    rating: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    moderated_by: Mapped[int | None] = mapped_column(BigInteger)
    n_open_reports: Mapped[int] = mapped_column(BigInteger)
    reported_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(BigInteger)
    written_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    edited_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class ReviewText(Base):
    """What a review said before it was edited."""

    __tablename__ = "review_history"

    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    review_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    rating: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    replaced_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class ReviewReport(Base):
    """A customer's complaint about a review."""

    __tablename__ = "review_reports"

    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    review_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    reported_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class ProductRating(Base):
    """How many published reviews of a product gave one to five stars.

    Every transaction that changes what is published changes this row too, so it is exact.
    """

    __tablename__ = "product_ratings"

    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    n_reviews: Mapped[int] = mapped_column(BigInteger, Computed(SUM, persisted=True))
    n_1: Mapped[int] = mapped_column(BigInteger)
    n_2: Mapped[int] = mapped_column(BigInteger)
    n_3: Mapped[int] = mapped_column(BigInteger)
    n_4: Mapped[int] = mapped_column(BigInteger)
    n_5: Mapped[int] = mapped_column(BigInteger)
