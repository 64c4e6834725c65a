"""What the import endpoints return."""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, Field

from web.problems import FieldProblem

Outcome = Literal["created", "updated", "unchanged", "refused"]


class ImportView(BaseModel):
    """How far an import is; the four outcomes add up to `n_done`."""

    import_id: int
    seller_id: int | None
    status: Literal["working", "done"]
    n_rows: int
    n_done: int
    n_created: int
    n_updated: int
    n_unchanged: int
    n_refused: int
    created_at: dt.datetime
    finished_at: dt.datetime | None


class ImportRowView(BaseModel):
    """What became of a row; null while it waits."""

    row_number: Annotated[int, Field(description="from 1; a header is not counted")]
    outcome: Outcome | None
    product_id: int | None
    errors: Annotated[list[FieldProblem], Field(description="what is wrong, and what to do")]


class ImportRowPage(BaseModel):
    """Rows in the file's order; `next_cursor` is null on the last page."""

    rows: list[ImportRowView]
    next_cursor: str | None
