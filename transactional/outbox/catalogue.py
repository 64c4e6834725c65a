"""Telling what changes the catalogue's pages and is no row of a log: pictures, the tree, bulk loads.

Events of the topic `catalogue`, written in the transaction that makes the change.
"""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

TOPIC = "catalogue"
CATEGORIES = "categories"
EVERYTHING = "everything"

TELL = text("""
insert into outbox (event_id, topic, key, body)
values (gen_random_uuid()::text, 'catalogue', :key, cast(:body as jsonb))
""")
TELL_EVERYTHING_IF_FOLLOWED = """
insert into outbox (event_id, topic, key, body)
select gen_random_uuid()::text, 'catalogue', 'everything', '{}'
where exists (select from outbox_readers where name = 'catalogue')"""
"""For who has no session: before any worker ran there are no pages that could be wrong."""


async def tell_pictures(session: AsyncSession, product_id: int) -> None:
    """Tell that a product has other pictures; the caller holds the product."""
    await _tell(session, str(product_id), {"product_id": product_id})


async def tell_categories(session: AsyncSession, category_ids: Sequence[int]) -> None:
    """Tell that categories are new, gone or elsewhere in the tree; the caller holds the tree."""
    await _tell(session, CATEGORIES, {"category_ids": list(category_ids)})


async def tell_everything(session: AsyncSession) -> None:
    """Tell that any product may look different from now on."""
    await _tell(session, EVERYTHING, {})


async def _tell(session: AsyncSession, key: str, body: Mapping[str, object]) -> None:
    await session.execute(TELL, {"key": key, "body": json.dumps(body)})
