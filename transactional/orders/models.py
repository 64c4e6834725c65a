"""Tables of orders and their payments as they are read; `orders.writing` and others write them."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Index, Integer, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from transactional.database import Base
from transactional.orders.states import Status

TO_PACK = "status in ('confirmed', 'processing')"
UNFINISHED = "status in ('authorising', 'action_required', 'capturing', 'voiding')"


class OrderLine(Base):
    """Some units of one product, at the price of that moment."""

    __tablename__ = "order_lines"

    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    line_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    product_id: Mapped[int] = mapped_column(BigInteger)
    seller_id: Mapped[int | None] = mapped_column(BigInteger)
    title: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Integer)
    unit_price_cents: Mapped[int] = mapped_column(BigInteger)
    discount_cents: Mapped[int] = mapped_column(BigInteger)
    tax_cents: Mapped[int] = mapped_column(BigInteger)


class Payment(Base):
    """One attempt to pay an order; amounts in cents of the order's currency."""

    __tablename__ = "payments"
    __table_args__ = (
        Index("ix_payments_unfinished", "updated_at", postgresql_where=text(UNFINISHED)),
    )

    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    attempt: Mapped[int] = mapped_column(Integer, primary_key=True)
    provider: Mapped[str] = mapped_column(Text)
    method: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    captured_cents: Mapped[int] = mapped_column(BigInteger)
    refunded_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    reference: Mapped[str | None] = mapped_column(Text)
    action_url: Mapped[str | None] = mapped_column(Text)
    idempotency_key: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    updated_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class OrderChange(Base):
    """An entry of an order's history."""

    __tablename__ = "order_history"

    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    entry_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    from_status: Mapped[Status | None] = mapped_column(Text)
    to_status: Mapped[Status] = mapped_column(Text)
    actor: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    occurred_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class Order(Base):
    """What a customer bought at one moment; its id tells the time (`orders.ids`)."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_customer_id_order_id", "customer_id", "order_id"),
        Index("ix_orders_to_pack", "order_id", postgresql_where=text(TO_PACK)),
    )

    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    customer_id: Mapped[int] = mapped_column(BigInteger)
    status: Mapped[Status] = mapped_column(Text)
    items_cents: Mapped[int] = mapped_column(BigInteger)
    discount_cents: Mapped[int] = mapped_column(BigInteger)
    shipping_cents: Mapped[int] = mapped_column(BigInteger)
    tax_cents: Mapped[int] = mapped_column(BigInteger)
    total_cents: Mapped[int] = mapped_column(BigInteger)
    charges: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    currency: Mapped[str] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    ship_to: Mapped[dict[str, str | None] | None] = mapped_column(JSONB)
    placed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    cancelled_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    lines: Mapped[list[OrderLine]] = relationship(
        primaryjoin=lambda: Order.order_id == foreign(OrderLine.order_id),
        order_by=OrderLine.line_number,
        lazy="selectin",
        viewonly=True,
    )
    payments: Mapped[list[Payment]] = relationship(
        primaryjoin=lambda: Order.order_id == foreign(Payment.order_id),
        order_by=Payment.attempt,
        lazy="selectin",
        viewonly=True,
    )


class Allocation(Base):
    """Units of an order's line that a warehouse sends."""

    __tablename__ = "allocations"

    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    line_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    warehouse_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    product_id: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[int] = mapped_column(Integer)


class IdempotencyKey(Base):
    """The answer to a request that must not be done twice, byte for byte."""

    __tablename__ = "idempotency_keys"

    customer_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None] = mapped_column(Integer)
    media_type: Mapped[str | None] = mapped_column(Text)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    order_id: Mapped[int | None] = mapped_column(BigInteger)
