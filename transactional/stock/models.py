"""Tables of stock: where units lie, what moved, what is on order, what was missing."""

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional.database import Base

IS_OPEN = "status = 'open'"
NOT_OVER = "ended_at is null"
OF_RUN = "run_day is not null"


class Warehouse(Base):
    """Where units lie; a closed one sends nothing and its units cannot be sold."""

    __tablename__ = "warehouses"

    warehouse_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(Text, unique=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    is_open: Mapped[bool] = mapped_column(Boolean)


class Stock(Base):
    """Units of a product in a warehouse: what is there, and what of it is promised to orders.

    Constraint of the table: 0 ≤ reserved ≤ on hand. It is the last of three guards against selling
    more than there is; the others are the decision under lock and the condition of the update.
    """

    __tablename__ = "stock"

    product_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("products.product_id"), primary_key=True
    )
    warehouse_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("warehouses.warehouse_id"), primary_key=True
    )
    n_on_hand: Mapped[int] = mapped_column(BigInteger)
    n_reserved: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(BigInteger)
    updated_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class StockEntry(Base):
    """A movement, written in the transaction that made it and never changed.

    The entries of a product and warehouse add up to its row of `stock`.
    """

    __tablename__ = "stock_ledger"

    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    warehouse_id: Mapped[int] = mapped_column(BigInteger)
    delta_on_hand: Mapped[int] = mapped_column(BigInteger)
    delta_reserved: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    occurred_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    purchase_order_id: Mapped[int | None] = mapped_column(BigInteger)


class PurchaseOrder(Base):
    """Units to be had from a supplier for a warehouse.

    What a plan proposes is a draft, of the plan's day, until it is approved (open) or rejected with a
    reason; what is open is received whole or closed short.
    """

    __tablename__ = "purchase_orders"
    __table_args__ = (
        CheckConstraint(
            "status in ('draft', 'rejected', 'open', 'received', 'closed')", name="known_status"
        ),
        Index("ix_purchase_orders_open", "purchase_order_id", postgresql_where=text(IS_OPEN)),
        Index("ix_purchase_orders_run_day", "run_day", postgresql_where=text(OF_RUN)),
    )

    purchase_order_id: Mapped[int] = mapped_column(
        BigInteger, Identity(always=True), primary_key=True
    )
    supplier: Mapped[str] = mapped_column(Text)
    warehouse_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("warehouses.warehouse_id"))
    status: Mapped[str] = mapped_column(Text)
    expected_on: Mapped[dt.date | None] = mapped_column(Date)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    run_day: Mapped[dt.date | None] = mapped_column(Date)
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    edited_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    edited_by: Mapped[int | None] = mapped_column(BigInteger)
    decided_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[str | None] = mapped_column(Text)
    lines: Mapped[list["PurchaseOrderLine"]] = relationship(
        order_by="PurchaseOrderLine.line_number", lazy="selectin"
    )


class PurchaseOrderLine(Base):
    """Units of one product on order; `n_proposed` is what a plan said, `explanation` why."""

    __tablename__ = "purchase_order_lines"
    __table_args__ = (UniqueConstraint("purchase_order_id", "product_id"),)

    purchase_order_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("purchase_orders.purchase_order_id"), primary_key=True
    )
    line_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    product_id: Mapped[int] = mapped_column(BigInteger, index=True)
    n_ordered: Mapped[int] = mapped_column(BigInteger)
    n_received: Mapped[int] = mapped_column(BigInteger, server_default="0")
    unit_cost_cents: Mapped[int | None] = mapped_column(BigInteger)
    n_proposed: Mapped[int | None] = mapped_column(BigInteger)
    explanation: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


class Receipt(Base):
    """A delivery against a purchase order, once by its delivery note."""

    __tablename__ = "receipts"

    purchase_order_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("purchase_orders.purchase_order_id"), primary_key=True
    )
    delivery_note: Mapped[str] = mapped_column(Text, primary_key=True)
    quantities: Mapped[dict[str, int]] = mapped_column(JSONB)
    received_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    actor_id: Mapped[int] = mapped_column(BigInteger)


class StockAlert(Base):
    """At how many units, or days of demand, the operators are told; `is_low` once they were."""

    __tablename__ = "stock_alerts"
    __table_args__ = (
        CheckConstraint("threshold >= 0", name="not_negative"),
        CheckConstraint("days_of_cover >= 0", name="days_not_negative"),
        CheckConstraint("num_nonnulls(threshold, days_of_cover) = 1", name="one_bound"),
    )

    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    threshold: Mapped[int | None] = mapped_column(BigInteger)
    days_of_cover: Mapped[float | None]
    is_low: Mapped[bool] = mapped_column(Boolean)
    changed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class StockOut(Base):
    """A time in which no unit of a product could be sold: demand that nobody saw."""

    __tablename__ = "stock_outs"
    __table_args__ = (
        Index("uq_stock_outs_open", "product_id", unique=True, postgresql_where=text(NOT_OVER)),
    )

    product_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    began_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    ended_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
