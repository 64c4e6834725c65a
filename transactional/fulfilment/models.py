"""Tables of shipments, returns and refunds as they are read."""

import datetime as dt

from sqlalchemy import BigInteger, DateTime, Index, Integer, Text, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from transactional.database import Base


class Shipment(Base):
    """What one seller's goods from one warehouse travel in."""

    __tablename__ = "shipments"
    __table_args__ = (
        Index(
            "ix_shipments_seller_id",
            "seller_id",
            "status",
            "order_id",
            postgresql_where=text("seller_id is not null"),
        ),
    )

    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    seller_id: Mapped[int | None] = mapped_column(BigInteger)
    warehouse_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(Text)
    carrier: Mapped[str | None] = mapped_column(Text)
    tracking: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class ReturnLine(Base):
    """Units of an order's line that come back."""

    __tablename__ = "return_lines"

    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    line_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    quantity: Mapped[int] = mapped_column(Integer)


class Return(Base):
    """Units a customer sends back together."""

    __tablename__ = "returns"

    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    refund_cents: Mapped[int | None] = mapped_column(BigInteger)
    requested_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    lines: Mapped[list[ReturnLine]] = relationship(
        primaryjoin=lambda: (
            (Return.order_id == foreign(ReturnLine.order_id))
            & (Return.number == foreign(ReturnLine.number))
        ),
        order_by=ReturnLine.line_number,
        lazy="selectin",
        viewonly=True,
    )


class Refund(Base):
    """Money that goes back to the customer; `due` until the provider has given it."""

    __tablename__ = "refunds"
    __table_args__ = (
        Index("ix_refunds_due", "updated_at", postgresql_where=text("status = 'due'")),
    )

    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    cents: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
