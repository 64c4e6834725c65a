"""Works through imports, row by row, whatever stops the process in between."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from pydantic import ValidationError
from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from transactional.catalogue.editors import Editor
from transactional.catalogue.imports.repository import ImportRepository, Report
from transactional.catalogue.imports.rows import RowWriter
from transactional.catalogue.repository import CatalogueRepository
from transactional.catalogue.service import CatalogueService
from transactional.errors import is_unreachable
from web.problems import Problem

FIELDS_OF_PROBLEMS = {
    "/problems/external-id-taken": "external_id",
    "/problems/unknown-category": "category_id",
    "/problems/unknown-group": "group_id",
    "/problems/variant": "attributes",
    "/problems/unknown-seller": "seller_id",
    "/problems/forbidden": "seller_id",
    "/problems/listing-transition": "status",
}
NOT_APPROVED = Report(
    "refused",
    errors=({"field": "row", "detail": "The seller is not approved any more. Ask the shop."},),
)
FAULT_OF_OURS = Report(
    "refused",
    errors=(
        {"field": "row", "detail": "This is a fault of ours. Report it with the import's id."},
    ),
)


@dataclass(frozen=True)
class Importing:
    """The duty. A row's effect and its report are one transaction, so each takes effect once.

    Who works on an import holds its row: two processes never work on the same one.
    """

    sessions: async_sessionmaker[AsyncSession]
    now: Callable[[], dt.datetime]
    new_event_id: Callable[[], str]
    log: structlog.BoundLogger

    async def go_on_with_imports(self) -> int:
        """Do every row that waits; return how many."""
        n_done = 0
        while await self._do_next():
            n_done += 1
        return n_done

    async def _do_next(self) -> bool:
        """Do the next row, or finish an import that has none left; false if no import waits."""
        async with self.sessions.begin() as session:
            imports = ImportRepository(session)
            job = await imports.next_import()
            if job is None:
                return False
            row = await imports.next_row(job.import_id)
            if row is None:
                await imports.finish(job.import_id, self.now())
            else:
                report = await self._report(session, job, row)
                await imports.report(job.import_id, row.row_number, report)
            return True

    async def _report(self, session: AsyncSession, job: Row[Any], row: Row[Any]) -> Report:
        """Give a row its effect; one that is refused leaves none."""
        if job.seller_status != "approved":
            return NOT_APPROVED
        editor = Editor(job.actor_id, job.seller_id)
        catalogue = CatalogueRepository(session)
        writer = RowWriter(CatalogueService(catalogue, editor, self.now, self.new_event_id))
        try:
            async with session.begin_nested():
                return await writer.write(json.loads(row.fields))
        except Exception as error:  # noqa: BLE001 - every row gets its report
            return self._refused(error, job.import_id)

    def _refused(self, error: Exception, import_id: int) -> Report:
        if isinstance(error, ValidationError):
            return _refused_fields(error)
        if isinstance(error, Problem):
            field = FIELDS_OF_PROBLEMS.get(error.type, "row")
            return Report("refused", errors=({"field": field, "detail": error.detail},))
        if _passes_by(error):
            raise error
        # One row must not stop all the others, of this import and those after it.
        self.log.error("row of import failed", import_id=import_id, exc_info=error)
        return FAULT_OF_OURS


def _refused_fields(error: ValidationError) -> Report:
    errors = [
        {"field": ".".join(str(part) for part in each["loc"]) or "row", "detail": each["msg"]}
        for each in error.errors()
    ]
    return Report("refused", errors=errors)


def _passes_by(error: Exception) -> bool:
    """Tell whether the same row may well succeed later: a store is away, or two waited in a circle."""
    sqlstate = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return is_unreachable(error) or str(sqlstate).startswith("40")
