"""Tables of the catalogue."""

import datetime as dt
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Sequence,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from transactional.database import Base

PRODUCT_IDS = Sequence("products_product_id_seq_0002")
CATEGORY_IDS = Sequence("category_ids", start=1_000_000_000)


class Category(Base):
    """A category by its path from the outermost, joined by ' > '.

    `ancestor_ids` begin with the outermost and end with the parent. `changed_at` is when the shop made
    or changed it; null for one that only the logs tell of.
    """

    __tablename__ = "categories"

    category_id: Mapped[int] = mapped_column(BigInteger, CATEGORY_IDS, primary_key=True)
    path: Mapped[str | None] = mapped_column(Text)
    parent_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("categories.category_id"), index=True
    )
    ancestor_ids: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default="{}")
    changed_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class PathToTell(Base):
    """A category whose path changed: its products above this id have yet to be told to the log."""

    __tablename__ = "paths_to_tell"

    category_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("categories.category_id", ondelete="CASCADE"), primary_key=True
    )
    after_product_id: Mapped[int] = mapped_column(BigInteger, server_default="0")


class Seller(Base):
    """Who sells a product; the logs know no names, and sellers they tell of have no account.

    `name_key` is the name without what two names may not differ in alone (`sellers.names`).
    """

    __tablename__ = "sellers"
    __table_args__ = (
        CheckConstraint(
            "status in ('applied', 'approved', 'refused', 'suspended')", name="known_status"
        ),
        Index("ix_sellers_status", "status", "seller_id"),
    )

    seller_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str | None] = mapped_column(Text)
    customer_id: Mapped[int | None] = mapped_column(
        BigInteger, ForeignKey("accounts.customer_id"), unique=True
    )
    status: Mapped[str] = mapped_column(Text, server_default="approved")
    name_key: Mapped[str | None] = mapped_column(Text, unique=True)
    about: Mapped[str] = mapped_column(Text, server_default="")
    applied_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class ProductGroup(Base):
    """Variants of one thing: products that differ in their values on these axes (attributes)."""

    __tablename__ = "product_groups"
    __table_args__ = (CheckConstraint("cardinality(axes) > 0", name="some_axes"),)

    group_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seller_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("sellers.seller_id"))
    title: Mapped[str] = mapped_column(Text)
    axes: Mapped[list[str]] = mapped_column(ARRAY(Text))


class Product(Base):
    """A product as it is now. Its earlier versions are in the log `products`, which knows no drafts."""

    __tablename__ = "products"
    __table_args__ = (
        CheckConstraint("price_cents between 1 and 1000000000", name="price_in_range"),
        CheckConstraint("status in ('draft', 'published', 'archived')", name="known_status"),
        Index("ix_products_category_id", "category_id", "product_id"),
        Index("ix_products_seller_id", "seller_id", "product_id"),
        Index(
            "ix_products_for_sale",
            "seller_id",
            "product_id",
            postgresql_where=text("status = 'published'"),
        ),
        Index("ix_products_group_id", "group_id", postgresql_where=text("group_id is not null")),
    )

    product_id: Mapped[int] = mapped_column(BigInteger, PRODUCT_IDS, primary_key=True)
    external_id: Mapped[str | None] = mapped_column(Text, index=True)
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
    version: Mapped[int] = mapped_column(BigInteger, server_default="1")
    group_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("product_groups.group_id"))


class Price(Base):
    """What a product costs from `changed_at` on; appended with each change, never altered."""

    __tablename__ = "price_history"

    product_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("products.product_id"), primary_key=True
    )
    entry_id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    price_cents: Mapped[int] = mapped_column(BigInteger)
    changed_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    actor_id: Mapped[int | None] = mapped_column(BigInteger)


class Image(Base):
    """A stored picture by the digest of its content; `used_at` is when it was last uploaded."""

    __tablename__ = "images"
    __table_args__ = (
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="a_digest"),
        CheckConstraint(
            "media_type in ('image/jpeg', 'image/png', 'image/webp')", name="known_type"
        ),
    )

    sha256: Mapped[str] = mapped_column(Text, primary_key=True)
    media_type: Mapped[str] = mapped_column(Text)
    width: Mapped[int] = mapped_column(Integer)
    height: Mapped[int] = mapped_column(Integer)
    used_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class ProductImage(Base):
    """A picture of a product, and its place among them."""

    __tablename__ = "product_images"

    product_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("products.product_id", ondelete="CASCADE"), primary_key=True
    )
    sha256: Mapped[str] = mapped_column(
        Text, ForeignKey("images.sha256"), primary_key=True, index=True
    )
    position: Mapped[int] = mapped_column(Integer)
    alt: Mapped[str] = mapped_column(Text)


class Import(Base):
    """A file of listings that a seller or, without one, an operator sent in."""

    __tablename__ = "imports"
    __table_args__ = (
        Index(
            "uq_imports_unfinished",
            text("coalesce(seller_id, 0)"),
            "content_sha256",
            unique=True,
            postgresql_where=text("finished_at is null"),
        ),
    )

    import_id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    seller_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("sellers.seller_id"))
    actor_id: Mapped[int] = mapped_column(BigInteger)
    content_sha256: Mapped[str] = mapped_column(Text)
    n_rows: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[dt.datetime | None] = mapped_column(DateTime(timezone=True))


class ImportRow(Base):
    """A row of such a file, `fields` as JSON text; without an outcome it waits."""

    __tablename__ = "import_rows"
    __table_args__ = (
        CheckConstraint(
            "outcome in ('created', 'updated', 'unchanged', 'refused')", name="known_outcome"
        ),
        Index(
            "ix_import_rows_waiting",
            "import_id",
            "row_number",
            postgresql_where=text("outcome is null"),
        ),
    )

    import_id: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("imports.import_id"), primary_key=True
    )
    row_number: Mapped[int] = mapped_column(Integer, primary_key=True)
    fields: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str | None] = mapped_column(Text)
    product_id: Mapped[int | None] = mapped_column(BigInteger)
    errors: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
