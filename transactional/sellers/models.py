"""Tables of the sellers' business; who they are is `catalogue.models.Seller`."""

import datetime as dt

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base

OF_LINE = "order_id is not null"
OF_PAYOUT = "payout_id is not null"


class SellerDecision(Base):
    """What an operator decided about a seller; entries are never changed."""

    __tablename__ = "seller_decisions"
    __table_args__ = (Index("ix_seller_decisions_seller_id", "seller_id", "decision_id"),)

    decision_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    seller_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("sellers.seller_id"))
    decision: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    actor_id: Mapped[int] = mapped_column(BigInteger)
    decided_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class CommissionRate(Base):
    """What part of a sale the shop keeps from `since` on; without basis points it has no say any more."""

    __tablename__ = "commission_rates"

    rate_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    category_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("categories.category_id", ondelete="CASCADE"), index=True
    )
    seller_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("sellers.seller_id"), index=True
    )
    basis_points: Mapped[int | None] = mapped_column(Integer)
    since: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    actor_id: Mapped[int | None] = mapped_column(BigInteger)


class SoldLine(Base):
    """A line of a confirmed order that a seller sold, and the commission of that moment."""

    __tablename__ = "sold_lines"
    __table_args__ = (Index("ix_sold_lines_seller_id", "seller_id", "order_id"),)

    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    line_number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    seller_id: Mapped[int] = mapped_column(BigInteger)
    rate_basis_points: Mapped[int] = mapped_column(Integer)


class PayoutRun(Base):
    """A day on which sellers are paid what was earned before `earned_before`."""

    __tablename__ = "payout_runs"

    payout_run_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(Text, unique=True)
    earned_before: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    minimum_cents: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[int] = mapped_column(BigInteger)


class Payout(Base):
    """What one seller gets in a run: opening + entries - cents = closing.

    It opens with the closing balance of the seller's payout before.
    """

    __tablename__ = "payouts"
    __table_args__ = (
        UniqueConstraint("payout_run_id", "seller_id"),
        Index("ix_payouts_seller_id", "seller_id", "payout_id"),
    )

    payout_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    payout_run_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("payout_runs.payout_run_id"))
    seller_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("sellers.seller_id"))
    opening_cents: Mapped[int] = mapped_column(BigInteger)
    entries_cents: Mapped[int] = mapped_column(BigInteger)
    cents: Mapped[int] = mapped_column(BigInteger)
    closing_cents: Mapped[int] = mapped_column(BigInteger)
    bank_reference: Mapped[str | None] = mapped_column(Text)
    paid_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    paid_by: Mapped[int | None] = mapped_column(BigInteger)


class LedgerEntry(Base):
    """Money of a seller, signed cents; appended, never changed.

    `earned_at` is when the line was delivered, also for what is taken back of it: both become
    payable at the same moment.
    """

    __tablename__ = "seller_ledger"
    __table_args__ = (
        Index("ix_seller_ledger_seller_id", "seller_id", "entry_id"),
        Index(
            "ix_seller_ledger_order_id",
            "order_id",
            "line_number",
            postgresql_where=text(OF_LINE),
        ),
        Index("ix_seller_ledger_payout_id", "payout_id", postgresql_where=text(OF_PAYOUT)),
    )

    entry_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    seller_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("sellers.seller_id"))
    event_key: Mapped[str] = mapped_column(Text, unique=True)
    kind: Mapped[str] = mapped_column(Text)
    cents: Mapped[int] = mapped_column(BigInteger)
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    line_number: Mapped[int | None] = mapped_column(Integer)
    n_units: Mapped[int | None] = mapped_column(Integer)
    rate_basis_points: Mapped[int | None] = mapped_column(Integer)
    payout_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("payouts.payout_id"))
    note: Mapped[str | None] = mapped_column(Text)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    occurred_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    earned_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
