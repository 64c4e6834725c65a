"""Documents as the JSON that an index takes, put together from pieces that other documents have, too.

A catalogue has few brands and categories, and the same words, sizes and prices over and over: what is made of each is
made once, and whole columns are put together, so that no object is made of a document.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from models.search.attributes import Attributes
from models.search.codes import codes_of
from models.search.documents import EPOCH_DAY, in_batches
from models.search.fields import CODES, FORMS, PRICE_STEP
from models.search.languages import ENGLISH, Language
from models.search.levels import levels
from models.search.price_bands import price_step
from models.search.remembered import Remembered
from models.search.splitting import Pieces, splitters

N_AT_ONCE = 10_000
N_KEPT = 20_000
"""Pieces of a kind that are remembered."""

K = TypeVar("K")
V = TypeVar("V")


class Piece(NamedTuple):
    """Fields as JSON, with a comma behind each, and the words as they are written that they add to `FORMS`."""

    json: str
    forms: str


class Encoder:
    """Makes JSON of documents whose words are of one language."""

    def __init__(self, language: Language) -> None:
        known = splitters(language)
        self._stems, self._forms = known.stems, known.forms
        self._attributes = Attributes(known.stems)
        self._brands = _remembered(self._brand)
        self._categories = _remembered(self._category)
        self._steps = _remembered(price_step)

    def encoded(self, batch: pa.RecordBatch) -> pa.StringArray:
        """Return what the index holds of documents, rows of `models.search.documents.SCHEMA`."""
        titles, descriptions = (
            Pieces.between_blanks(batch.column(name)) for name in ("title", "description")
        )
        brands = _made(batch.column("brand"), self._brands)
        categories = _made(batch.column("category_path"), self._categories)
        return _joined(
            '{"title":"',
            titles.split(self._stems),
            '","description":"',
            descriptions.split(self._stems),
            f'","{FORMS}":"',
            titles.split(self._forms),
            " ",
            brands["forms"],
            " ",
            categories["forms"],
            '",',
            brands["json"],
            categories["json"],
            self._attributes.fields(batch.column("attributes")),
            _codes(batch),
            *_numbers(batch),
            self._price_steps(batch.column("price_cents")),
            "}",
        )

    def _price_steps(self, prices: pa.Array) -> pa.StringArray:
        known = prices.dictionary_encode()
        steps = pa.array([f"{self._steps[price]}" for price in known.dictionary.to_pylist()])
        return _joined(f'"{PRICE_STEP}":', steps.take(known.indices))

    def _brand(self, brand: str | None) -> Piece:
        words = f'"brand_words":"{self._stems.split(brand or "")}",'
        value = "" if brand is None else f'"brand":{_json(brand)},'
        return Piece(words + value, self._forms.split(brand or ""))

    def _category(self, path: str | None) -> Piece:
        words = f'"category_words":"{self._stems.split(path or "")}",'
        value = "" if path is None else f'"category_path":{_json(path)},'
        tree = f'"category_tree":{_json(levels(path or "")[:-1])},'
        return Piece(words + value + tree, self._forms.split(path or ""))


def encoded_rows(batch: pa.RecordBatch, language: Language = ENGLISH) -> Iterator[str]:
    """Return what the index holds of each row of a batch of `models.search.documents.SCHEMA`."""
    for start in range(0, batch.num_rows, N_AT_ONCE):
        made = encoder(language).encoded(batch.slice(start, N_AT_ONCE))
        yield from made.to_numpy(zero_copy_only=False).tolist()


def encoded(documents: Iterable[Mapping[str, Any]], language: Language = ENGLISH) -> Iterator[str]:
    """Return what the index holds of each document, as JSON."""
    for batch in in_batches(documents):
        yield from encoded_rows(batch, language)


def fields_of(document: Mapping[str, Any], language: Language = ENGLISH) -> dict[str, Any]:
    """Return what an index holds of a document, by field, text as its words; what it has nothing of is not there."""
    [row] = encoded([document], language)
    fields: dict[str, Any] = orjson.loads(row)
    return fields


@cache
def encoder(language: Language) -> Encoder:
    """Return a process's own."""
    return Encoder(language)


def _made(column: pa.StringArray, known: Remembered[str | None, Piece]) -> dict[str, pa.Array]:
    """Return a column of each part of the pieces that are made of a column's values."""
    values = column.dictionary_encode("encode")
    pieces = [known[value] for value in values.dictionary.to_pylist()]
    parts = {"json": [each.json for each in pieces], "forms": [each.forms for each in pieces]}
    return {name: pa.array(part, pa.string()).take(values.indices) for name, part in parts.items()}


def _codes(batch: pa.RecordBatch) -> pa.StringArray:
    """Return the field of each row that has codes, with a comma behind; what has no digit has none."""
    texts = _joined(batch.column("title"), " \n ", batch.column("description"))
    with_digits = pc.match_substring_regex(texts, "[0-9]")
    found = map(codes_of, texts.filter(with_digits).to_pylist())
    fields = [f'"{CODES}":{_json(codes)},' if codes else "" for codes in found]
    nothing = pa.repeat("", batch.num_rows)
    return pc.replace_with_mask(nothing, with_digits, pa.array(fields, pa.string()))


def _numbers(batch: pa.RecordBatch) -> Iterator[pa.StringArray]:
    """Yield the fields of each number, with a comma behind; nothing where it is not known."""
    rating = pc.fill_null(batch.column("mean_rating"), 0.0)
    days = batch.column("listed_on").cast(pa.int32())
    columns = {
        "product_id": batch.column("product_id"),
        "price_cents": batch.column("price_cents"),
        "stars": pc.trunc(rating).cast(pa.int64()),
        "mean_rating": rating,
        "n_units_28d": pc.fill_null(batch.column("n_units_28d"), 0),
        "listed_day": pc.fill_null(pc.add(days, EPOCH_DAY), 0),
        "in_stock": batch.column("in_stock"),
        "popularity": batch.column("popularity"),
        "category_id": batch.column("category_id"),
        "seller_id": batch.column("seller_id"),
    }
    for name, values in columns.items():
        yield pc.fill_null(_joined(f'"{name}":', values.cast(pa.string()), ","), "")


def _joined(*parts: str | pa.Array) -> pa.StringArray:
    return pc.binary_join_element_wise(*parts, "")


def _remembered(make: Callable[[K], V]) -> Remembered[K, V]:
    return Remembered(make, N_KEPT)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
