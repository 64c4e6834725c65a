"""Tables of the catalogue."""

import datetime as dt
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Identity, Sequence, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base

PRODUCT_IDS = Sequence("products_product_id_seq_0002")


class Category(Base):
    """A category by its path from the outermost, joined by ' > '."""

    __tablename__ = "categories"

    category_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    path: Mapped[str | None] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("categories.category_id"))
    ancestor_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")


class Seller(Base):
    """Who sells a product; the logs know no names, and sellers they tell of have no account."""

    __tablename__ = "sellers"
    __table_args__ = (
        CheckConstraint(
            "status in ('applied', 'approved', 'refused', 'suspended')", name="known_status"
        ),
    )

    seller_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    customer_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("accounts.customer_id"), unique=True
    )
    status: Mapped[str] = mapped_column(Text, server_default="approved")


class Product(Base):
    """A product as it is now. Its earlier versions are in the log `products`."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price_cents between 1 and 1000000000", name="price_in_range"),
        CheckConstraint("status in ('published', 'archived')", name="known_status"),
    )

    product_id: Mapped[int] = mapped_column(BigInteger, PRODUCT_IDS, primary_key=True)
    external_id: Mapped[str | None] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    category_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("categories.category_id")
    )
    brand: Mapped[str | None] = mapped_column(Text)
    seller_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("sellers.seller_id"))
    price_cents: Mapped[int] = mapped_column(BigInteger)
    attributes: Mapped[dict[str, Any]] = mapped_column(JSONB)
    status: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
