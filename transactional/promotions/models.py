"""Tables of promotions, and of what a region adds to a price."""

import datetime as dt

from sqlalchemy import BigInteger, Boolean, DateTime, ForeignKey, Identity, Index, Integer, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base

Ids = ARRAY(BigInteger)


class PromotionRow(Base):
    """A promotion (`promotions.rules.Promotion`) and how often it was used, exactly.

    `n_uses` is read and changed under the row's lock; its constraint is at most `max_uses`.
    """

    __tablename__ = "promotions"

    promotion_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text, index=True)
    product_ids: Mapped[list[int]] = mapped_column(Ids)
    category_ids: Mapped[list[int]] = mapped_column(Ids)
    seller_ids: Mapped[list[int]] = mapped_column(Ids)
    percent_basis_points: Mapped[int] = mapped_column(Integer)
    amount_cents: Mapped[int] = mapped_column(BigInteger)
    n_buy: Mapped[int] = mapped_column(Integer)
    n_get: Mapped[int] = mapped_column(Integer)
    minimum_spend_cents: Mapped[int] = mapped_column(BigInteger)
    starts_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))
    max_uses: Mapped[int | None] = mapped_column(BigInteger)
    max_uses_per_customer: Mapped[int | None] = mapped_column(BigInteger)
    priority: Mapped[int] = mapped_column(Integer)
    exclusive: Mapped[bool] = mapped_column(Boolean)
    n_uses: Mapped[int] = mapped_column(BigInteger)


class PromotionUse(Base):
    """An order that a promotion took something off."""

    __tablename__ = "promotion_uses"
    __table_args__ = (Index("ix_promotion_uses_customer_id", "customer_id", "promotion_id"),)

    promotion_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("promotions.promotion_id"), primary_key=True
    )
    order_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    customer_id: Mapped[int] = mapped_column(BigInteger)


class Region(Base):
    """A region's tax and where it lies; the row `*` holds for every region without one."""

    __tablename__ = "regions"

    region: Mapped[str] = mapped_column(Text, primary_key=True)
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    tax_basis_points: Mapped[int] = mapped_column(Integer)


class ShippingStep(Base):
    """From `from_cents` of items on, shipping to the region costs `shipping_cents`."""

    __tablename__ = "shipping_steps"

    region: Mapped[str] = mapped_column(
        Text, ForeignKey("regions.region", ondelete="CASCADE"), primary_key=True
    )
    from_cents: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    shipping_cents: Mapped[int] = mapped_column(BigInteger)
