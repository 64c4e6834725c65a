"""/catalogue/imports: many listings from one file, for sellers and operators."""

import asyncio
import hashlib
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from features.schemas.row import Id
from transactional.catalogue.editors import Editor, EditorDep, LoneEditorDep
from transactional.catalogue.imports.files import READERS, read_rows
from transactional.catalogue.imports.repository import ImportRepository
from transactional.catalogue.imports.schemas import (
    ImportRowPage,
    ImportRowView,
    ImportView,
    Outcome,
)
from transactional.catalogue.models import Import
from transactional.deps import SessionDep, SessionMakerDep, utc_now
from transactional.errors import ShopProblem
from web import cursors

router = APIRouter(prefix="/catalogue/imports", tags=["catalogue"])
MAX_IMPORT_BYTES = 5_000_000
ImportId = Annotated[Id, Path(description="of an import of the caller's")]
FILES = {"content": {media_type: {"schema": {"type": "string"}} for media_type in READERS}}


class UnknownImportProblem(ShopProblem):
    """No such import; another seller's looks the same."""

    type, title, status = "/problems/unknown-import", "Unknown import", 404

    def __init__(self, import_id: int) -> None:
        super().__init__(f"You have no import {import_id}.")


async def import_repository(session: SessionDep) -> ImportRepository:
    """Return imports, in the request's transaction."""
    return ImportRepository(session)


ImportsDep = Annotated[ImportRepository, Depends(import_repository)]


@router.post("", status_code=202, openapi_extra={"requestBody": {"required": True, **FILES}})
async def begin_import(
    editor: LoneEditorDep,
    sessions: SessionMakerDep,
    request: Request,
) -> ImportView:
    """Take in a file of listings, at most 10,000 rows and 5 MB, to be worked through by and by.

    CSV with a header, an attribute in a column `attribute.<name>` and an empty cell for what is left
    out; or a JSON object a line. `external_id` says which product a row is about: one that the seller
    has is changed as by PATCH, another is made, as a draft unless its `status` is published. Each row
    is judged on its own. A file that is sent again while it is in work is the same import.
    """
    content = await request.body()
    media_type = request.headers.get("content-type", "")
    rows = await asyncio.to_thread(read_rows, content, media_type)
    digest = await asyncio.to_thread(lambda: hashlib.sha256(content).hexdigest())
    async with sessions.begin() as session:
        imports = ImportRepository(session)
        import_id = await imports.add(editor, digest, rows, utc_now())
        return await _view(await _own(import_id, editor, imports), imports)


@router.get("/{import_id}")
async def read_import(import_id: ImportId, editor: EditorDep, imports: ImportsDep) -> ImportView:
    """Return how far an import is."""
    return await _view(await _own(import_id, editor, imports), imports)


@router.get("/{import_id}/rows")
async def read_import_rows(
    import_id: ImportId,
    editor: EditorDep,
    imports: ImportsDep,
    outcome: Outcome | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> ImportRowPage:
    """Return what became of each row, in the file's order."""
    await _own(import_id, editor, imports)
    listing = f"rows of {import_id} {outcome}"
    after = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else 0
    found = await imports.rows(import_id, outcome, after, limit + 1)
    page = [ImportRowView.model_validate(each, from_attributes=True) for each in found[:limit]]
    more = cursors.encode([page[-1].row_number], listing) if len(found) > limit else None
    return ImportRowPage(rows=page, next_cursor=more)


async def _own(import_id: int, editor: Editor, imports: ImportRepository) -> Import:
    found = await imports.of(import_id, editor)
    if found is None:
        raise UnknownImportProblem(import_id)
    return found


async def _view(of: Import, imports: ImportRepository) -> ImportView:
    n = await imports.outcomes(of.import_id)
    return ImportView(
        import_id=of.import_id,
        seller_id=of.seller_id,
        status="done" if of.finished_at else "working",
        n_rows=of.n_rows,
        n_done=sum(n.values()),
        n_created=n.get("created", 0),
        n_updated=n.get("updated", 0),
        n_unchanged=n.get("unchanged", 0),
        n_refused=n.get("refused", 0),
        created_at=of.created_at,
        finished_at=of.finished_at,
    )
