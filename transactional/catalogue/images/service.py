"""The rules of a product's pictures."""

import asyncio
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from transactional.catalogue.editors import Editor
from transactional.catalogue.images.content import Picture, read_picture
from transactional.catalogue.images.repository import ImageRepository
from transactional.catalogue.images.store import ImageStore
from transactional.catalogue.repository import CatalogueRepository
from transactional.catalogue.service import held_product
from transactional.errors import ShopProblem
from transactional.outbox.catalogue import tell_pictures
from web.problems import OverloadedProblem

MAX_IMAGES = 20
MAX_AT_WORK = 16
SWEPT_AFTER = dt.timedelta(days=1)


class UnknownImageProblem(ShopProblem):
    """No such picture, or the product does not have it."""

    type, title, status = "/problems/unknown-image", "Unknown image", 404

    def __init__(self) -> None:
        super().__init__("There is no such image. The product lists those it has.")


class TooManyImagesProblem(ShopProblem):
    """The product has as many pictures as it may."""

    type, title, status = "/problems/too-many-images", "Too many images", 409


class ImageOrderProblem(ShopProblem):
    """The order does not name the product's pictures."""

    type, title, status = "/problems/image-order", "Not the product's images", 409


@dataclass(frozen=True)
class ProductImages:
    """The pictures of products, in a transaction, for one editor."""

    session: AsyncSession
    editor: Editor

    @property
    def _images(self) -> ImageRepository:
        return ImageRepository(self.session)

    async def hold(self, product_id: int, sha256: str | None = None) -> Sequence[Row[Any]]:
        """Lock a product of the editor's and return its pictures.

        Raises
        ------
        UnknownProductProblem
            If there is none, or it is another seller's.
        TooManyImagesProblem
            If a new picture `sha256` would be one too many.
        """
        await held_product(CatalogueRepository(self.session), self.editor, product_id)
        found = await self._images.of_product(product_id)
        if sha256 not in (None, *(each.sha256 for each in found)) and len(found) >= MAX_IMAGES:
            raise TooManyImagesProblem(f"A product has at most {MAX_IMAGES} images. Delete one.")
        return found

    async def add(self, product_id: int, sha256: str, alt: str) -> Sequence[Row[Any]]:
        """Make a stored picture the product's last and return all; `hold` says what is refused."""
        await self.hold(product_id, sha256)
        await self._images.link(product_id, sha256, alt)
        await tell_pictures(self.session, product_id)
        return await self._images.of_product(product_id)

    async def arrange(self, product_id: int, digests: Sequence[str]) -> Sequence[Row[Any]]:
        """Put a product's pictures into an order.

        Raises
        ------
        ImageOrderProblem
            If `digests` are not exactly those that the product has.
        """
        found = await self.hold(product_id)
        if sorted(digests) != sorted(each.sha256 for each in found):
            raise ImageOrderProblem("Name each image of the product once, in the order wanted.")
        await self._images.arrange(product_id, digests)
        await tell_pictures(self.session, product_id)
        return await self._images.of_product(product_id)

    async def delete(self, product_id: int, sha256: str) -> None:
        """Take a picture from a product; one that no product has is swept away after a day.

        Raises
        ------
        UnknownImageProblem
            If the product has no such picture.
        """
        await self.hold(product_id)
        if not await self._images.unlink(product_id, sha256):
            raise UnknownImageProblem
        await tell_pictures(self.session, product_id)


@dataclass(frozen=True)
class Pictures:
    """Takes pictures in, and sweeps away those that no product has; one per process.

    A picture in work may take some 450 MB, so that they are worked on one after the other, and with
    no connection to the database in hand. Who finds no place to wait in is told so at once.
    """

    sessions: async_sessionmaker[AsyncSession]
    store: ImageStore
    now: Callable[[], dt.datetime]
    one_at_a_time: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    places: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_AT_WORK))

    async def take_in(
        self, sent: bytes, product_id: int, alt: str, editor: Editor
    ) -> Sequence[Row[Any]]:
        """Store the picture that a file holds as a product's last and return all that it has.

        Raises
        ------
        UnknownProductProblem, TooManyImagesProblem
            As `ProductImages.hold` says.
        ImageTypeProblem, ImageProblem
            If the file holds no picture that can be shown.
        OverloadedProblem, UnavailableProblem
            If too many wait already, or it cannot be stored now.
        """
        async with self.sessions.begin() as session:
            await ProductImages(session, editor).hold(product_id)
        if self.places.locked():
            raise OverloadedProblem("Too many images at once. Send this one again shortly.")
        async with self.places, self.one_at_a_time:
            picture = await asyncio.to_thread(read_picture, sent)
        await self._keep(picture)
        async with self.sessions.begin() as session:
            return await ProductImages(session, editor).add(product_id, picture.sha256, alt)

    async def _keep(self, picture: Picture) -> None:
        """Store a picture; the entry is first, so that a file without one is never left behind."""
        async with self.sessions.begin() as session:
            await ImageRepository(session).note(picture, self.now())
        await self.store.write(picture.sha256, picture.content)

    async def sweep_images(self) -> int:
        """Delete pictures that no product has and nobody sent for a day; return how many.

        Whoever sends one of them again meanwhile waits for its entry, and stores it anew.
        """
        n_swept = 0
        while await self._sweep_one():
            n_swept += 1
        return n_swept

    async def _sweep_one(self) -> bool:
        async with self.sessions.begin() as session:
            images = ImageRepository(session)
            sha256 = await images.unused(self.now() - SWEPT_AFTER)
            if sha256 is None:
                return False
            await self.store.delete(sha256)
            await images.forget(sha256)
            return True
