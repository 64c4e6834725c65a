"""All SQL of pictures."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.images.content import Picture
from transactional.catalogue.models import Image, ProductImage

NOTE = text("""
insert into images (sha256, media_type, width, height, used_at)
values (:sha256, :media_type, :width, :height, :now)
on conflict (sha256) do update set used_at = :now
""")
LINK = text("""
insert into product_images (product_id, sha256, position, alt)
select :product_id, :sha256, coalesce(max(position), 0) + 1, :alt
from product_images where product_id = :product_id
on conflict (product_id, sha256) do update set alt = excluded.alt
""")
ARRANGE = text("""
update product_images set position = wanted.position
from unnest(cast(:digests as text[])) with ordinality as wanted (sha256, position)
where product_id = :product_id and product_images.sha256 = wanted.sha256
""")
OF_PRODUCT = text("""
select sha256, media_type, width, height, alt from product_images join images using (sha256)
where product_id = :product_id order by position, sha256
""")
UNUSED = text("""
select sha256 from images
where used_at < :before
  and not exists (select from product_images where product_images.sha256 = images.sha256)
order by used_at limit 1 for update skip locked
""")


@dataclass(frozen=True)
class ImageRepository:
    """Reads and writes inside a transaction; never commits."""

    session: AsyncSession

    async def note(self, picture: Picture, now: dt.datetime) -> None:
        """Enter a picture that is about to be stored; it is not swept away for a day."""
        names = ("sha256", "media_type", "width", "height")
        values = {name: getattr(picture, name) for name in names}
        await self.session.execute(NOTE, {**values, "now": now})

    async def link(self, product_id: int, sha256: str, alt: str) -> None:
        """Make a picture a product's last; one that it has keeps its place."""
        values = {"product_id": product_id, "sha256": sha256, "alt": alt}
        await self.session.execute(LINK, values)

    async def arrange(self, product_id: int, digests: Sequence[str]) -> None:
        """Put a product's pictures into this order."""
        values = {"product_id": product_id, "digests": list(digests)}
        await self.session.execute(ARRANGE, values)

    async def unlink(self, product_id: int, sha256: str) -> bool:
        """Take a picture from a product; false if it had no such picture."""
        statement = delete(ProductImage).where(
            ProductImage.product_id == product_id, ProductImage.sha256 == sha256
        )
        gone = await self.session.scalar(statement.returning(ProductImage.sha256))
        return gone is not None

    async def of_product(self, product_id: int) -> Sequence[Row[Any]]:
        """Return a product's pictures in their order."""
        return (await self.session.execute(OF_PRODUCT, {"product_id": product_id})).all()

    async def media_type(self, sha256: str) -> str | None:
        """Return the type of a picture that some product has; None if none has it."""
        linked = select(ProductImage).where(ProductImage.sha256 == Image.sha256).exists()
        query = select(Image.media_type).where(Image.sha256 == sha256, linked)
        return await self.session.scalar(query)

    async def unused(self, before: dt.datetime) -> str | None:
        """Return, locked, a picture that no product has and nobody sent since."""
        found: str | None = await self.session.scalar(UNUSED, {"before": before})
        return found

    async def forget(self, sha256: str) -> None:
        """Delete the entry of a picture."""
        await self.session.execute(delete(Image).where(Image.sha256 == sha256))
