"""All SQL of the catalogue, bulk loading apart."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.models import Category, Product


@dataclass(frozen=True)
class CatalogueRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def product(self, product_id: int) -> Product | None:
        """Return the product as it is now."""
        return await self.session.get(Product, product_id)

    async def product_for_update(self, product_id: int) -> Product | None:
        """Return the product, locked until the transaction ends."""
        return await self.session.get(
            Product, product_id, with_for_update=True, populate_existing=True
        )

    async def products(self, product_ids: Collection[int]) -> dict[int, Product]:
        """Return those of the products that exist, by id."""
        query = select(Product).where(Product.product_id.in_(product_ids))
        return {product.product_id: product for product in await self.session.scalars(query)}

    async def category_path(self, category_id: int | None) -> str | None:
        """Return the category's path, outermost first."""
        if category_id is None:
            return None
        category = await self.session.get(Category, category_id)
        return category.path if category else None
