"""One row of an import: the product of its code is made or changed, by the rules of any other change."""

from collections.abc import Mapping
from dataclasses import dataclass

from features.schemas.row import Id
from transactional.catalogue.imports.repository import Report
from transactional.catalogue.schemas import Code, NewProduct, ProductChange
from transactional.catalogue.service import CatalogueService
from transactional.fields import RequestBody

Fields = Mapping[str, object]


class Key(RequestBody, extra="ignore"):
    """Which product a row is about."""

    external_id: Code
    seller_id: Id | None = None


@dataclass(frozen=True)
class RowWriter:
    """Writes rows through the service, in one transaction."""

    service: CatalogueService

    async def write(self, fields: Fields) -> Report:
        """Make or change the product that a row is about.

        Raises
        ------
        ValidationError
            If a field is wrong.
        Problem
            If the catalogue refuses it; nothing of the row may stay then.
        """
        key = Key.model_validate(fields, strict=False)
        owner = self.service.editor.seller_for(key.seller_id)
        product_id = await self.service.catalogue.with_code(owner, key.external_id)
        if product_id is None:
            return await self._create(fields, key.seller_id)
        return await self._change(product_id, fields)

    async def _create(self, fields: Fields, seller_id: int | None) -> Report:
        status = {name: fields[name] for name in ("status",) if name in fields}
        change = ProductChange.model_validate(status, strict=False) if status else None
        rest = {name: value for name, value in fields.items() if name not in status}
        body = NewProduct.model_validate(rest, strict=False)
        product = await self.service.create(body.values(), seller_id)
        if change is not None:
            await self.service.change(product.product_id, change.values())
        return Report("created", product.product_id)

    async def _change(self, product_id: int, fields: Fields) -> Report:
        rest = {name: value for name, value in fields.items() if name not in Key.model_fields}
        change = ProductChange.model_validate(rest, strict=False)
        product = await self.service.catalogue.product(product_id)
        before = product.version if product else None
        after = await self.service.change(product_id, change.values())
        return Report("unchanged" if after.version == before else "updated", product_id)
