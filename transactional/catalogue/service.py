"""The rules of listing and changing products."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from transactional.catalogue.editors import Editor
from transactional.catalogue.models import Product, ProductGroup
from transactional.catalogue.problems import (
    CodeTakenProblem,
    UnknownCategoryProblem,
    UnknownGroupProblem,
    UnknownSellerProblem,
)
from transactional.catalogue.repository import CatalogueRepository
from transactional.catalogue.states import PublishedProblem, check_transition
from transactional.catalogue.variants import check_variant
from transactional.catalogue.versions import product_version
from transactional.errors import StaleVersionProblem, UnknownProductProblem
from transactional.outbox.repository import record
from transactional.stock.levels import tell_levels


async def held_product(catalogue: CatalogueRepository, editor: Editor, product_id: int) -> Product:
    """Return a product of the editor's, locked until the transaction ends.

    Raises
    ------
    UnknownProductProblem
        If there is no such product, or it is another seller's.
    """
    product = await catalogue.product_for_update(product_id)
    if product is None or not editor.may_edit(product.seller_id):
        raise UnknownProductProblem(product_id)
    return product


@dataclass(frozen=True)
class CatalogueService:
    """Lists and changes products for one editor.

    Every change of what was published leaves as a full product version in the same transaction. The
    log knows no drafts: a product's first version is told when it is published, with its price as the
    first of its history and the units that it has.
    """

    catalogue: CatalogueRepository
    editor: Editor
    now: Callable[[], dt.datetime]
    new_event_id: Callable[[], str]

    async def create(self, values: Mapping[str, object], seller_id: int | None = None) -> Product:
        """List a draft; `seller_id` is for operators, a seller lists for themselves.

        Raises
        ------
        ForbiddenProblem, UnknownSellerProblem
            If a seller names another, or the seller does not exist.
        CodeTakenProblem, UnknownCategoryProblem, UnknownGroupProblem, VariantProblem
            If the product cannot be as `values` say.
        """
        owner = await self._owner(seller_id)
        fields = {**values, "seller_id": owner, "status": "draft", "updated_at": self.now()}
        product = Product(product_id=0, **fields)
        await self._check(product, set(values))
        return await self.catalogue.add(fields)

    async def create_group(
        self, title: str, axes: list[str], seller_id: int | None
    ) -> ProductGroup:
        """Make a group whose variants differ in their values on `axes`."""
        return await self.catalogue.add_group(await self._owner(seller_id), title, axes)

    async def change(
        self, product_id: int, values: Mapping[str, object], version: int | None = None
    ) -> Product:
        """Set the fields in `values` and return the product as it is then.

        Values that are as they were change nothing, and nothing is told.

        Raises
        ------
        UnknownProductProblem
            If there is no such product, or it is another seller's.
        StaleVersionProblem
            If `version` is given and it is not the product's.
        ListingTransitionProblem
            If the status cannot follow on the present one.
        CodeTakenProblem, UnknownCategoryProblem, UnknownGroupProblem, VariantProblem
            If the product cannot be as `values` say.
        """
        product = await self._held(product_id, version)
        before = {name: getattr(product, name) for name in values}
        changed = {name for name, value in values.items() if value != before[name]}
        if not changed:
            return product
        check_transition(product_id, product.status, str(values.get("status", product.status)))
        was_draft = product.status == "draft"
        for name in changed:
            setattr(product, name, values[name])
        path = await self._check(product, changed)
        product.version += 1
        product.updated_at = max(self.now(), product.updated_at)
        await self.catalogue.session.flush()
        if product.status != "draft":
            await self._tell(product, path, new_price=was_draft or "price_cents" in changed)
        if was_draft and product.status != "draft":
            await self._tell_opening_level(product)
        return product

    async def delete(self, product_id: int, version: int | None = None) -> None:
        """Delete a draft.

        Raises
        ------
        UnknownProductProblem, StaleVersionProblem
            As for a change.
        PublishedProblem
            If it was ever published.
        """
        product = await self._held(product_id, version)
        if product.status != "draft":
            raise PublishedProblem(product_id)
        await self.catalogue.delete(product)

    async def _held(self, product_id: int, version: int | None) -> Product:
        product = await held_product(self.catalogue, self.editor, product_id)
        if version is not None and version != product.version:
            raise StaleVersionProblem("product", product.version)
        return product

    async def _owner(self, seller_id: int | None) -> int | None:
        owner = self.editor.seller_for(seller_id)
        if owner == self.editor.seller_id:
            return owner
        if owner is not None and not await self.catalogue.seller_exists(owner):
            raise UnknownSellerProblem(owner)
        return owner

    async def _check(self, product: Product, changed: set[str]) -> str | None:
        """Refuse what a product cannot be; return its category's path, which stays until the end."""
        with self.catalogue.session.no_autoflush:
            if "external_id" in changed and product.external_id is not None:
                await self._check_code(product, product.external_id)
            if product.group_id is not None and changed & {"group_id", "attributes"}:
                await self._check_variant(product, product.group_id)
            return await self._path(product.category_id)

    async def _check_code(self, product: Product, external_id: str) -> None:
        """Each code once per seller; a unique index cannot say so on a table that is partitioned."""
        await self.catalogue.lock_code(product.seller_id, external_id)
        other = await self.catalogue.with_code(product.seller_id, external_id)
        if other is not None and other != product.product_id:
            raise CodeTakenProblem(external_id, other)

    async def _check_variant(self, product: Product, group_id: int) -> None:
        group = await self.catalogue.held_group(group_id)
        if group is None or group.seller_id != product.seller_id:
            raise UnknownGroupProblem(group_id)
        others = {
            each.product_id: each.attributes
            for each in await self.catalogue.variants(group_id)
            if each.product_id != product.product_id
        }
        check_variant(group.axes, product.attributes, others)

    async def _path(self, category_id: int | None) -> str | None:
        if category_id is None:
            return None
        category = await self.catalogue.held_category(category_id)
        if category is None:
            raise UnknownCategoryProblem(category_id)
        return category.path

    async def _tell(self, product: Product, path: str | None, *, new_price: bool) -> None:
        at = product.updated_at
        if new_price:
            await self.catalogue.add_price(product, self.editor.customer_id, at)
        version = product_version(product, path, at, self.new_event_id())
        await record(self.catalogue.session, [version])

    async def _tell_opening_level(self, product: Product) -> None:
        """Tell what came in while it was a draft.

        Who opens a row of stock waits for the product, which is locked; who moves units of a row
        that is there waits for the rows: nobody's units stay untold.
        """
        if warehouse_ids := await self.catalogue.lock_stock(product.product_id):
            connection = await self.catalogue.session.connection()
            places = [(product.product_id, warehouse_id) for warehouse_id in warehouse_ids]
            await tell_levels(connection, places, "opening", product.updated_at)
