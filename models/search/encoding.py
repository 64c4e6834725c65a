"""A document as the JSON that an index takes, put together from pieces that other documents have, too.

A catalogue has few brands and categories, and the same words, sizes and prices over and over: what is made of each is
made once, and no object is made of a document.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple, TypeVar

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from models.search.codes import codes_of
from models.search.documents import column_values
from models.search.fields import CODES, FORMS, PRICE_STEP
from models.search.languages import ENGLISH, Language
from models.search.levels import levels
from models.search.price_bands import price_step
from models.search.remembered import Remembered
from models.search.splitting import splitters

COLUMNS = (
    "product_id",
    "title",
    "description",
    "category_id",
    "category_path",
    "brand",
    "seller_id",
    "price_cents",
    "attributes",
    "in_stock",
    "popularity",
    "n_units_28d",
    "mean_rating",
    "listed_on",
)
"""What fields of the index are made of, in the order of `Encoder.encoded`; other columns lie beside it alone."""
N_KEPT = 20_000
"""Pieces of a kind that are remembered."""
MAX_VALUE = 60
MAX_ATTRIBUTES = 30
"""Of a product, that are chosen by: the first so many whose name and value are short."""

K = TypeVar("K")
V = TypeVar("V")


class Piece(NamedTuple):
    """Fields as JSON, with a comma behind each, and the words as they are written that they add to `FORMS`."""

    json: str
    forms: str


class Attribute(NamedTuple):
    """The words of a name and its value, and what is chosen by as JSON; empty if it is not."""

    words: str
    chosen_by: str


class Encoder:
    """Makes JSON of documents whose words are of one language."""

    def __init__(self, language: Language) -> None:
        known = splitters(language)
        self._stems, self._forms = known.stems, known.forms
        self._brands = _remembered(self._brand)
        self._categories = _remembered(self._category)
        self._attributes = _remembered(self._attribute)
        self._steps = _remembered(price_step)

    def encoded(  # noqa: PLR0913, PLR0917 - a row of `COLUMNS`
        self,
        product_id: int,
        title: str,
        description: str,
        category_id: int | None,
        category_path: str | None,
        brand: str | None,
        seller_id: int | None,
        price_cents: int,
        attributes: str,
        in_stock: bool,  # noqa: FBT001
        popularity: float,
        n_units_28d: int | None,
        mean_rating: float | None,
        listed_on: dt.date | None,
        has_digits: bool,  # noqa: FBT001
    ) -> str:
        """Return what the index holds of a document, whose title or description has digits or has none."""
        of_brand, of_category = self._brands[brand], self._categories[category_path]
        codes = codes_of(f"{title} \n {description}") if has_digits else []
        numbers: dict[str, Any] = {
            "product_id": product_id,
            "price_cents": price_cents,
            PRICE_STEP: self._steps[price_cents],
            "stars": int(mean_rating or 0),
            "mean_rating": mean_rating or 0.0,
            "n_units_28d": n_units_28d or 0,
            "listed_day": listed_on.toordinal() if listed_on else 0,
            "in_stock": in_stock,
            "popularity": popularity,
        }
        if category_id is not None:
            numbers["category_id"] = category_id
        if seller_id is not None:
            numbers["seller_id"] = seller_id
        of_codes = f'"{CODES}":{_json(codes)},' if codes else ""
        return (
            f'{{"title":"{self._stems.split(title)}","description":"{self._stems.split(description)}",'
            f'"{FORMS}":"{self._forms.split(title)} {of_brand.forms} {of_category.forms}",'
            f"{of_brand.json}{of_category.json}{self._chosen_by(attributes)}"
            f"{of_codes}{_json(numbers)[1:]}"
        )

    def _brand(self, brand: str | None) -> Piece:
        words = f'"brand_words":"{self._stems.split(brand or "")}",'
        value = "" if brand is None else f'"brand":{_json(brand)},'
        return Piece(words + value, self._forms.split(brand or ""))

    def _category(self, path: str | None) -> Piece:
        words = f'"category_words":"{self._stems.split(path or "")}",'
        value = "" if path is None else f'"category_path":{_json(path)},'
        tree = f'"category_tree":{_json(levels(path or ""))},'
        return Piece(words + value + tree, self._forms.split(path or ""))

    def _chosen_by(self, attributes: str) -> str:
        parsed = attributes_of(attributes)
        if parsed is None:
            return f'"attributes":"{self._stems.split(attributes)}","attribute_values":[],'
        # 1, 1.0 and true are one key: what is no text is looked up as the text that it is written as.
        pairs = [
            self._attributes[pair] if isinstance(pair[1], str) else self._no_text(*pair)
            for pair in parsed.items()
        ]
        words = " ".join([each for each, _ in pairs])
        chosen_by = ",".join([each for _, each in pairs[:MAX_ATTRIBUTES] if each])
        return f'"attributes":"{words}","attribute_values":[{chosen_by}],'

    def _no_text(self, name: str, value: object) -> Attribute:
        known = self._attributes[name, f"{value}"]
        return known if isinstance(value, int | float) else Attribute(known.words, "")

    def _attribute(self, pair: tuple[str, str]) -> Attribute:
        name, value = pair
        is_short = 0 < len(value) <= MAX_VALUE and 0 < len(name) <= MAX_VALUE
        words = self._stems.split(f"{name} {value}")
        is_chosen_by = is_short and "=" not in name
        return Attribute(words, _json(f"{name}={value}") if is_chosen_by else "")


def encoded_rows(batch: pa.RecordBatch, language: Language = ENGLISH) -> Iterator[str]:
    """Return what the index holds of each row of a batch that has `COLUMNS`."""
    columns = [column_values(batch.column(name)) for name in COLUMNS]
    return map(encoder(language).encoded, *columns, _has_digits(batch))


def encoded(document: Mapping[str, Any], language: Language = ENGLISH) -> str:
    """Return what the index holds of a document, as JSON."""
    may_have_digits = True
    row = [*(document[name] for name in COLUMNS), may_have_digits]
    return encoder(language).encoded(*row)


def fields_of(document: Mapping[str, Any], language: Language = ENGLISH) -> dict[str, Any]:
    """Return what an index holds of a document, by field, text as its words; what it has nothing of is not there."""
    fields: dict[str, Any] = orjson.loads(encoded(document, language))
    return fields


def _has_digits(batch: pa.RecordBatch) -> list[bool]:
    """Return which rows may have a code: to look at each text from Python takes longer than all else of most."""
    title, description = (
        pc.match_substring_regex(batch.column(name), "[0-9]") for name in ("title", "description")
    )
    found: list[bool] = pc.or_(title, description).to_pylist()
    return found


def attributes_of(attributes: str) -> dict[str, Any] | None:
    """Return what a JSON object says; None of what is no object."""
    try:
        parsed = orjson.loads(attributes)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


@cache
def encoder(language: Language) -> Encoder:
    """Return a process's own."""
    return Encoder(language)


def _remembered(make: Callable[[K], V]) -> Remembered[K, V]:
    return Remembered(make, N_KEPT)


def _json(value: object) -> str:
    return orjson.dumps(value).decode()
