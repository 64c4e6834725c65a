"""What a suspended seller has for sale is archived, so that the log and every cache learn of it.

A duty, for a seller may have a million products; it asks for the state of things and not for the
suspension, so it also takes back what an operator published since. Reinstated, the seller publishes
what they want to sell again.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from transactional.catalogue.editors import Editor
from transactional.catalogue.repository import CatalogueRepository
from transactional.catalogue.service import CatalogueService

N_AT_ONCE = 100
# Archiving sets no price, the one thing that keeps who did it.
THE_SHOP = Editor(customer_id=0, seller_id=None)

FOR_SALE = text("""
select product_id from sellers join products using (seller_id)
where sellers.status = 'suspended' and products.status = 'published'
order by product_id limit :limit
for update of products skip locked
""")


@dataclass(frozen=True)
class Suspensions:
    """The duty; each page is one transaction."""

    sessions: async_sessionmaker[AsyncSession]
    now: Callable[[], dt.datetime]
    new_event_id: Callable[[], str]
    n_at_once: int = N_AT_ONCE

    async def archive_suspended(self) -> int:
        """Archive all that suspended sellers have for sale; return how many products that were."""
        n_archived = 0
        while n_of_page := await self._archive_page():
            n_archived += n_of_page
        return n_archived

    async def _archive_page(self) -> int:
        async with self.sessions.begin() as session:
            found = (await session.scalars(FOR_SALE, {"limit": self.n_at_once})).all()
            service = CatalogueService(
                CatalogueRepository(session), THE_SHOP, self.now, self.new_event_id
            )
            for product_id in found:
                await service.change(product_id, {"status": "archived"})
            return len(found)
