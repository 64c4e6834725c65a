"""All SQL of products and their groups, bulk loading apart."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, or_, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.models import (
    Category,
    Price,
    Product,
    ProductGroup,
    ProductImage,
)

# The prices reach back to the one that was asked 30 days before the last change.
DETAILS = text("""
select
    product.product_id,
    (select path from categories where category_id = product.category_id) as category_path,
    (select coalesce(jsonb_agg(jsonb_build_object(
         'sha256', sha256, 'media_type', media_type, 'width', width, 'height', height, 'alt', alt)
         order by position, sha256), '[]')
     from product_images join images using (sha256)
     where product_id = product.product_id) as images,
    (select axes from product_groups where group_id = product.group_id) as axes,
    (select coalesce(jsonb_agg(jsonb_build_object(
         'product_id', product_id, 'price_cents', price_cents, 'attributes', attributes)
         order by product_id), '[]')
     from products where group_id = product.group_id and product_id <> product.product_id
       and status = 'published') as siblings,
    (select coalesce(jsonb_agg(jsonb_build_array(price_cents, changed_at)
                               order by changed_at, entry_id), '[]')
     from price_history where product_id = product.product_id and changed_at >= coalesce((
         select max(changed_at) from price_history
         where product_id = product.product_id and changed_at < (
             select max(changed_at) - interval '30 days' from price_history
             where product_id = product.product_id)), '-infinity')) as prices
from products as product where product.product_id = any(cast(:product_ids as bigint[]))
""")
LOCK_CODE = text("select pg_advisory_xact_lock(hashtextextended(:code, coalesce(:seller_id, 0)))")
LOCK_STOCK = text("""
select warehouse_id from stock where product_id = :product_id order by warehouse_id for update
""")


@dataclass(frozen=True, slots=True)
class Filter:
    """Which products to list, None: any; a category has its descendants' products too."""

    status: str | None = None
    seller_id: int | None = None
    category_id: int | None = None


@dataclass(frozen=True)
class CatalogueRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def product(self, product_id: int) -> Product | None:
        """Return the product as it is now."""
        return await self.session.get(Product, product_id)

    async def products(self, product_ids: Sequence[int]) -> Sequence[Product]:
        """Return those products that there are."""
        query = select(Product).where(Product.product_id.in_(product_ids))
        return (await self.session.scalars(query)).all()

    async def product_for_update(self, product_id: int) -> Product | None:
        """Return the product, locked until the transaction ends."""
        return await self.session.get(
            Product, product_id, with_for_update=True, populate_existing=True
        )

    async def add(self, values: Mapping[str, object]) -> Product:
        """Make a product."""
        product = Product(**values)
        self.session.add(product)
        await self.session.flush()
        return product

    async def delete(self, product: Product) -> None:
        """Delete a product that nothing refers to."""
        await self.session.delete(product)
        await self.session.flush()

    async def lock_stock(self, product_id: int) -> Sequence[int]:
        """Hold the product's rows of stock, so that nobody moves its units; return their warehouses."""
        return (await self.session.scalars(LOCK_STOCK, {"product_id": product_id})).all()

    async def with_code(self, seller_id: int | None, external_id: str) -> int | None:
        """Return the seller's (None: nobody's) first product with that code."""
        query = select(Product.product_id).where(
            Product.external_id == external_id, Product.seller_id.is_not_distinct_from(seller_id)
        )
        return await self.session.scalar(query.order_by(Product.product_id).limit(1))

    async def lock_code(self, seller_id: int | None, external_id: str) -> None:
        """Make everybody else who gives a product of the seller's that code wait for the end."""
        await self.session.execute(LOCK_CODE, {"code": external_id, "seller_id": seller_id})

    async def held_category(self, category_id: int) -> Category | None:
        """Return a category that keeps its path until the transaction ends."""
        return await self.session.get(
            Category, category_id, with_for_update={"read": True}, populate_existing=True
        )

    async def held_group(self, group_id: int) -> ProductGroup | None:
        """Return a group that no other product joins until the transaction ends."""
        return await self.session.get(
            ProductGroup, group_id, with_for_update=True, populate_existing=True
        )

    async def groups(self, seller_id: int | None, after: int, limit: int) -> Sequence[ProductGroup]:
        """Return groups by id, those above `after`: of a seller, or (None) everybody's."""
        query = select(ProductGroup).where(ProductGroup.group_id > after)
        if seller_id is not None:
            query = query.where(ProductGroup.seller_id == seller_id)
        return (
            await self.session.scalars(query.order_by(ProductGroup.group_id).limit(limit))
        ).all()

    async def add_group(self, seller_id: int | None, title: str, axes: list[str]) -> ProductGroup:
        """Make a group of variants, with none as yet."""
        group = ProductGroup(seller_id=seller_id, title=title, axes=axes)
        self.session.add(group)
        await self.session.flush()
        return group

    async def seller_exists(self, seller_id: int) -> bool:
        """Tell whether there is such a seller."""
        found = await self.session.scalar(
            text("select 1 from sellers where seller_id = :id"), {"id": seller_id}
        )
        return found is not None

    async def variants(self, group_id: int) -> Sequence[Product]:
        """Return the products of a group, drafts too."""
        query = select(Product).where(Product.group_id == group_id).order_by(Product.product_id)
        return (await self.session.scalars(query)).all()

    async def add_price(self, product: Product, actor_id: int, now: dt.datetime) -> None:
        """Append what the product costs from now on."""
        entry = Price(
            product_id=product.product_id,
            price_cents=product.price_cents,
            changed_at=now,
            actor_id=actor_id,
        )
        self.session.add(entry)
        await self.session.flush()

    async def prices(
        self, product_id: int, before: tuple[dt.datetime, int] | None, limit: int
    ) -> Sequence[Price]:
        """Return what the product cost, newest first, from before a time and entry if given."""
        query = select(Price).where(Price.product_id == product_id)
        if before is not None:
            query = query.where(tuple_(Price.changed_at, Price.entry_id) < before)
        query = query.order_by(Price.changed_at.desc(), Price.entry_id.desc()).limit(limit)
        return (await self.session.scalars(query)).all()

    async def details(self, product_ids: Sequence[int]) -> dict[int, Row[Any]]:
        """Return what is shown of products beside their own rows, by product id."""
        rows = await self.session.execute(DETAILS, {"product_ids": list(product_ids)})
        return {row.product_id: row for row in rows}

    async def listed(self, which: Filter, after: int, limit: int) -> Sequence[tuple[Product, str]]:
        """Return products by id, those above `after`, each with its first picture's digest."""
        query = select(Product, FIRST_IMAGE).where(Product.product_id > after)
        if which.status is not None:
            query = query.where(Product.status == which.status)
        if which.seller_id is not None:
            query = query.where(Product.seller_id == which.seller_id)
        if which.category_id is not None:
            query = query.where(Product.category_id.in_(_with_descendants(which.category_id)))
        rows = await self.session.execute(query.order_by(Product.product_id).limit(limit))
        return [(row[0], row[1]) for row in rows]


FIRST_IMAGE = (
    select(ProductImage.sha256)
    .where(ProductImage.product_id == Product.product_id)
    .order_by(ProductImage.position, ProductImage.sha256)
    .limit(1)
    .scalar_subquery()
)


def _with_descendants(category_id: int) -> Select[int]:
    return select(Category.category_id).where(
        or_(Category.category_id == category_id, Category.ancestor_ids.contains([category_id]))
    )
