"""Anybody's catalogue and graded queries, as a search takes them."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from emporium.event_files import chosen
from emporium.table_files import TableFileError, read_table

MAX_TITLE = 300


@dataclass(frozen=True)
class ProductNames:
    """The columns' names in a file of products; None is not there.

    `attributes` may hold JSON objects, or be several columns, each an attribute of its name.
    """

    id: str
    title: str
    description: str | None = None
    brand: str | None = None
    category: str | None = None
    attributes: Sequence[str] = ()


@dataclass(frozen=True)
class JudgmentNames:
    """The columns' names in a file of graded queries."""

    query: str
    product: str
    grade: str


def read_products(path: Path, names: ProductNames) -> tuple[list[dict[str, Any]], dict[str, int]]:
    """Return the documents, numbered from 1, and each id's number. Of an id that comes twice, the first.

    Raises
    ------
    TableFileError
        If the file can't be read, a column is missing or no product has an id and a title.
    """
    optional = [names.description, names.brand, names.category, *names.attributes]
    table = chosen(read_table(path), [names.id, names.title, *filter(None, optional)], path)
    numbers: dict[str, int] = {}
    documents = []
    for row in table.to_pylist():
        key, title = _text(row[names.id]), _text(row[names.title])
        if not key or not title or key in numbers:
            continue
        numbers[key] = len(numbers) + 1
        documents.append(_document(numbers[key], title, row, names))
    if not documents:
        raise TableFileError(f"{path} has no product with {names.id} and {names.title}")
    return documents, numbers


def _document(
    number: int, title: str, row: Mapping[str, Any], names: ProductNames
) -> dict[str, Any]:
    def text(name: str | None) -> str:
        return _text(row[name]) if name else ""

    return {
        "product_id": number,
        "title": title[:MAX_TITLE],
        "description": text(names.description),
        "category_id": None,
        "category_path": text(names.category) or None,
        "brand": text(names.brand) or None,
        "seller_id": None,
        "price_cents": 1,
        "attributes": _attributes(row, names.attributes),
        "in_stock": True,
        "popularity": 0.0,
        "n_units_28d": 0,
        "mean_rating": None,
        "n_reviews": 0,
        "listed_on": None,
    }


def _attributes(row: Mapping[str, Any], columns: Sequence[str]) -> str:
    if len(columns) == 1 and isinstance(row[columns[0]], str):
        return str(row[columns[0]])
    return json.dumps({name: _text(row[name]) for name in columns if row[name] is not None})


def _text(value: Any) -> str:  # noqa: ANN401 - a cell
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return "" if value is None else str(value).strip()


@dataclass(frozen=True)
class JudgmentFile:
    """Grades by query and product number; `n_unknown` were of products that the catalogue lacks."""

    grades: dict[str, dict[int, int]]
    n_unknown: int


def read_judgments(path: Path, names: JudgmentNames, numbers: Mapping[str, int]) -> JudgmentFile:
    """Read graded queries; a product graded twice has its last grade.

    Raises
    ------
    TableFileError
        If the file can't be read, a column is missing, a grade is no whole number from 0 to 20, or no
        graded product is in the catalogue.
    """
    table = chosen(read_table(path), [names.query, names.product, names.grade], path)
    grades: dict[str, dict[int, int]] = defaultdict(dict)
    n_unknown = 0
    for query, product, grade in zip(
        table[names.query].to_pylist(),
        table[names.product].to_pylist(),
        _grades(table[names.grade], path, names.grade),
        strict=True,
    ):
        number = numbers.get(_text(product))
        n_unknown += number is None
        if number is not None and _text(query):
            grades[_text(query)][number] = grade
    if not grades:
        raise TableFileError(
            f"{path}: none of its products is in the catalogue: are the ids alike?"
        )
    return JudgmentFile(dict(grades), n_unknown)


def _grades(column: pa.ChunkedArray, path: Path, name: str) -> list[int]:
    try:
        values = column.to_pylist()
        grades = [int(value) for value in values]
        odd = next((value for value in values if float(value) != int(value)), None)
    except (TypeError, ValueError, OverflowError) as error:
        raise TableFileError(f"{path}: {name} has to be a whole number: {error}") from error
    if odd is not None:
        raise TableFileError(f"{path}: {name} has to be a whole number, not {odd}")
    if grades and not 0 <= min(grades) <= max(grades) <= 20:
        raise TableFileError(
            f"{path}: {name} goes from {min(grades)} to {max(grades)}, not 0 to 20"
        )
    return grades
