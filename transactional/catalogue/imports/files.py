"""Reading a file of listings into rows: CSV with a header, or one JSON object a line.

A file as a whole is refused only if its rows cannot be told apart or its columns are not known. What is
wrong with one row is that row's to report.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from transactional.catalogue.schemas import NewProduct, ProductChange
from transactional.errors import ShopProblem
from web.problems import FieldProblem

MAX_ROWS = 10_000
ATTRIBUTE = "attribute."
FIELDS = frozenset(ProductChange.model_fields) | frozenset(NewProduct.model_fields)


class FileTypeProblem(ShopProblem):
    """The file is of no type that can be imported."""

    type, title, status = "/problems/import-type", "Unsupported media type", 415


class FileProblem(ShopProblem):
    """The file cannot be read as a whole."""

    type, title, status = "/problems/import-file", "Unreadable file", 422


@dataclass(frozen=True, slots=True)
class Row:
    """A row, counted from 1 (a header is not counted); `wrong` if it could not even be read."""

    row_number: int
    fields: dict[str, object]
    wrong: FieldProblem | None = None


def read_rows(content: bytes, media_type: str) -> list[Row]:
    """Return the rows of a file, each `external_id` once: of two the first counts.

    Parameters
    ----------
    media_type
        As the Content-Type says: `text/csv`, `application/x-ndjson` or `application/jsonl`.

    Raises
    ------
    FileTypeProblem
        If it is another one.
    FileProblem
        If the file is not UTF-8, has no rows or too many, or columns that are not known.
    """
    reader = READERS.get(media_type.partition(";")[0].strip().lower())
    if reader is None:
        raise FileTypeProblem(f"Send one of {', '.join(READERS)}, and say so in Content-Type.")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise FileProblem(f"The file is not UTF-8: see byte {error.start}.") from error
    rows: list[Row] = []
    for row in reader(text):
        if len(rows) == MAX_ROWS:
            raise FileProblem(f"A file has at most {MAX_ROWS} rows. Split it.")
        rows.append(row)
    if not rows:
        raise FileProblem("The file has no rows.")
    return list(_each_code_once(rows))


def _csv_rows(text: str) -> Iterator[Row]:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(lines, [])
        _check_header(header)
        filled = (cells for cells in lines if cells)
        for row_number, cells in enumerate(filled, 1):
            yield _csv_row(row_number, header, cells)
    except csv.Error as error:
        raise FileProblem(f"The CSV is broken at line {lines.line_num}: {error}.") from error


def _check_header(header: list[str]) -> None:
    unknown = [name for name in header if name not in FIELDS and not name.startswith(ATTRIBUTE)]
    if unknown:
        raise FileProblem(
            f"Unknown columns: {', '.join(unknown)}. Known are {', '.join(sorted(FIELDS))} and "
            f"{ATTRIBUTE}<name>."
        )
    if "external_id" not in header or len(set(header)) < len(header) or "attributes" in header:
        raise FileProblem(
            "The header must name external_id, each column once, and an attribute as "
            f"{ATTRIBUTE}<name>."
        )


def _csv_row(row_number: int, header: list[str], cells: list[str]) -> Row:
    """Return a row; an empty cell is a field left out."""
    if len(cells) > len(header):
        detail = (
            f"The row has {len(cells)} cells, the header {len(header)}. Quote cells with commas."
        )
        return Row(row_number, {}, FieldProblem(field="row", detail=detail))
    given = {name: cell for name, cell in zip(header, cells, strict=False) if cell}
    fields: dict[str, object] = {n: cell for n, cell in given.items() if n in FIELDS}
    attributes = {n.removeprefix(ATTRIBUTE): cell for n, cell in given.items() if n not in FIELDS}
    return Row(row_number, {**fields, "attributes": attributes} if attributes else fields)


def _json_rows(text: str) -> Iterator[Row]:
    lines = (line for line in text.split("\n") if line.strip())
    for row_number, line in enumerate(lines, 1):
        try:
            fields = json.loads(line)
        except (ValueError, RecursionError):
            fields = None
        if isinstance(fields, dict):
            yield Row(row_number, fields)
        else:
            detail = "The line is no JSON object. Write each product as {...} on a line of its own."
            yield Row(row_number, {}, FieldProblem(field="row", detail=detail))


def _each_code_once(rows: list[Row]) -> Iterator[Row]:
    first: dict[tuple[str, str], int] = {}
    for row in rows:
        key = (str(row.fields.get("seller_id")), str(row.fields.get("external_id")))
        earlier = first.setdefault(key, row.row_number)
        if row.wrong is None and earlier != row.row_number and "external_id" in row.fields:
            detail = f"Row {earlier} has this external_id already, and counts. Keep one of the two."
            yield replace(row, wrong=FieldProblem(field="external_id", detail=detail))
        else:
            yield row


READERS: dict[str, Callable[[str], Iterator[Row]]] = {
    "text/csv": _csv_rows,
    "application/x-ndjson": _json_rows,
    "application/jsonl": _json_rows,
}
