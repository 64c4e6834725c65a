"""All SQL of imports."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row as ResultRow
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.editors import Editor
from transactional.catalogue.imports.files import Row
from transactional.catalogue.models import Import, ImportRow

ADD = text("""
insert into imports (seller_id, actor_id, content_sha256, n_rows, created_at)
values (:seller_id, :actor_id, :content_sha256, :n_rows, :now)
on conflict (coalesce(seller_id, 0), content_sha256) where finished_at is null do nothing
returning import_id
""")
LATEST = text("""
select import_id from imports
where seller_id is not distinct from :seller_id and content_sha256 = :content_sha256
order by import_id desc limit 1
""")
ADD_ROWS = text("""
insert into import_rows (import_id, row_number, fields, outcome, errors)
select :import_id, row_number, fields, case when errors <> '[]' then 'refused' end, errors::jsonb
from unnest(cast(:row_numbers as integer[]), cast(:fields as text[]), cast(:errors as text[]))
     as given (row_number, fields, errors)
""")
NEXT_IMPORT = text("""
select import_id, imports.seller_id, actor_id, coalesce(sellers.status, 'approved') as seller_status
from imports left join sellers using (seller_id)
where finished_at is null order by import_id limit 1
for update of imports skip locked
""")
NEXT_ROW = text("""
select row_number, fields from import_rows
where import_id = :import_id and outcome is null order by row_number limit 1
""")
REPORT = text("""
update import_rows
set outcome = :outcome, product_id = :product_id, errors = cast(:errors as jsonb)
where import_id = :import_id and row_number = :row_number
""")
FINISH = text("update imports set finished_at = :now where import_id = :import_id")
OUTCOMES = text("""
select outcome, count(*) as n from import_rows
where import_id = :import_id and outcome is not null group by outcome
""")


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a row; `errors` are field problems as JSON values."""

    outcome: str
    product_id: int | None = None
    errors: Sequence[dict[str, str]] = ()


@dataclass(frozen=True)
class ImportRepository:
    """Reads and writes inside a transaction; never commits."""

    session: AsyncSession

    async def add(
        self, editor: Editor, content_sha256: str, rows: Sequence[Row], now: dt.datetime
    ) -> int:
        """Enter a file with its rows and return its id; one that is in work already is the same."""
        values = {"seller_id": editor.seller_id, "content_sha256": content_sha256}
        added = {**values, "actor_id": editor.customer_id, "n_rows": len(rows), "now": now}
        import_id: int | None = await self.session.scalar(ADD, added)
        if import_id is None:
            found: int = await self.session.scalar(LATEST, values)
            return found
        errors = [[row.wrong.model_dump()] if row.wrong else [] for row in rows]
        columns = {
            "row_numbers": [row.row_number for row in rows],
            "fields": [json.dumps(row.fields) for row in rows],
            "errors": [json.dumps(each) for each in errors],
        }
        await self.session.execute(ADD_ROWS, {"import_id": import_id, **columns})
        return import_id

    async def of(self, import_id: int, editor: Editor) -> Import | None:
        """Return an import that is the editor's to see."""
        found = await self.session.get(Import, import_id)
        return found if found is not None and editor.may_edit(found.seller_id) else None

    async def outcomes(self, import_id: int) -> dict[str, int]:
        """Return how many rows had each outcome so far."""
        rows = await self.session.execute(OUTCOMES, {"import_id": import_id})
        return {row.outcome: row.n for row in rows}

    async def rows(
        self, import_id: int, outcome: str | None, after: int, limit: int
    ) -> Sequence[ImportRow]:
        """Return rows in the file's order, those after `after`, of an outcome if one is given."""
        query = select(ImportRow).where(
            ImportRow.import_id == import_id, ImportRow.row_number > after
        )
        if outcome is not None:
            query = query.where(ImportRow.outcome == outcome)
        return (await self.session.scalars(query.order_by(ImportRow.row_number).limit(limit))).all()

    async def next_import(self) -> ResultRow[Any] | None:
        """Return, locked, the oldest import that is neither finished nor in another's work."""
        return (await self.session.execute(NEXT_IMPORT)).one_or_none()

    async def next_row(self, import_id: int) -> ResultRow[Any] | None:
        """Return the import's first row without an outcome."""
        return (await self.session.execute(NEXT_ROW, {"import_id": import_id})).one_or_none()

    async def report(self, import_id: int, row_number: int, report: Report) -> None:
        """Note what became of a row."""
        values = {"import_id": import_id, "row_number": row_number}
        told = {"outcome": report.outcome, "product_id": report.product_id}
        errors = json.dumps(list(report.errors))
        await self.session.execute(REPORT, {**values, **told, "errors": errors})

    async def finish(self, import_id: int, now: dt.datetime) -> None:
        """Note that no row waits any more."""
        await self.session.execute(FINISH, {"import_id": import_id, "now": now})
