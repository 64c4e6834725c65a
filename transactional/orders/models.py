"""Tables of orders, and of the answers already given."""

import datetime as dt

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from transactional.database import Base


class OrderLine(Base):
    """Some units of one product, at the price of that moment."""

    __tablename__ = "order_lines"
    __table_args__ = (
        CheckConstraint("quantity > 0", name="some_units"),
        CheckConstraint("unit_price_cents > 0", name="some_price"),
    )

    order_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("orders.order_id"), primary_key=True
    )
    line_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    product_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("products.product_id"))
    quantity: Mapped[int] = mapped_column(Integer)
    unit_price_cents: Mapped[int] = mapped_column(BigInteger)


class Order(Base):
    """What a customer bought at one moment."""

    __tablename__ = "orders"
    __table_args__ = (
        CheckConstraint("status in ('confirmed', 'cancelled')", name="known_status"),
        CheckConstraint("total_cents > 0", name="some_total"),
        Index("ix_orders_customer_id_order_id", "customer_id", "order_id"),
    )

    order_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("accounts.customer_id"))
    status: Mapped[str] = mapped_column(Text)
    total_cents: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    region: Mapped[str | None] = mapped_column(Text)
    placed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    cancelled_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    lines: Mapped[list[OrderLine]] = relationship(
        order_by=OrderLine.line_number, lazy="selectin", cascade="all"
    )


class IdempotencyKey(Base):
    """The answer to a request that must not be done twice, byte for byte."""

    __tablename__ = "idempotency_keys"

    customer_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("accounts.customer_id"), primary_key=True
    )
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None] = mapped_column(Integer)
    media_type: Mapped[str | None] = mapped_column(Text)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
