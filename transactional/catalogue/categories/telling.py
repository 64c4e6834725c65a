"""Tells the log of products whose category has another path by now.

Renaming or moving a category touches every product below it, maybe millions. The change itself enters
the categories concerned in `paths_to_tell`; this duty tells their products anew in pages, and each page
notes in its own transaction how far it came. A killed process tells no product twice and forgets none.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from transactional.catalogue.models import Category, PathToTell, Product
from transactional.catalogue.versions import product_version
from transactional.outbox.repository import record

N_AT_ONCE = 500


@dataclass(frozen=True)
class PathTelling:
    """The duty; each page is one transaction."""

    sessions: async_sessionmaker[AsyncSession]
    now: Callable[[], dt.datetime]
    new_event_id: Callable[[], str]
    n_at_once: int = N_AT_ONCE

    async def tell_paths(self) -> int:
        """Tell every product that waits for it; return how many did."""
        n_told = 0
        while (n_of_page := await self._tell_page()) is not None:
            n_told += n_of_page
        return n_told

    async def _tell_page(self) -> int | None:
        """Tell the next products of one category; None if no category is left."""
        async with self.sessions.begin() as session:
            query = select(PathToTell).order_by(PathToTell.category_id).limit(1)
            waiting = await session.scalar(query.with_for_update(skip_locked=True))
            if waiting is None:
                return None
            # Read after the lock: who renames the category now waits for it, and enters it again.
            category = await session.get_one(Category, waiting.category_id)
            products = await self._products(session, waiting)
            now = self.now()
            versions = [
                product_version(product, category.path, now, self.new_event_id())
                for product in products
                if product.status != "draft"
            ]
            await record(session, versions)
            if len(products) < self.n_at_once:
                await session.delete(waiting)
            else:
                waiting.after_product_id = products[-1].product_id
            return len(versions)

    async def _products(self, session: AsyncSession, waiting: PathToTell) -> list[Product]:
        query = select(Product).where(
            Product.category_id == waiting.category_id,
            Product.product_id > waiting.after_product_id,
        )
        query = query.order_by(Product.product_id).limit(self.n_at_once)
        return list(await session.scalars(query.with_for_update()))
