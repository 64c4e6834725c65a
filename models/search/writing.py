"""Writing a shard: one folder, one segment, documents in the order they come."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pyarrow as pa
import tantivy

from models.search.codes import codes_of
from models.search.documents import DOCUMENTS, SCHEMA, in_batches, in_rows
from models.search.fields import CODES, FORMS, PRICE_STEP, register, schema
from models.search.languages import ENGLISH, Language
from models.search.levels import levels
from models.search.price_bands import price_step
from models.search.splitting import splitters

HEAP_BYTES = 400_000_000
KEPT_ALONE = {
    "n_views_28d",
    "n_carts_28d",
    "look_ratio",
    "conversion_ratio",
    "category_price_ratio",
    "n_reviews",
}
"""Columns that lie beside the index and in no field of it: to take them out of Arrow row by row costs time."""
N_ATTRIBUTES_KEPT = 20_000
"""Products have the same attributes as others, most of all variants."""
MAX_VALUE = 60
MAX_ATTRIBUTES = 30
"""Of a product, that are chosen by: the first so many whose name and value are short."""


def write_shard(
    folder: Path, documents: Iterable[Mapping[str, Any]], language: Language = ENGLISH
) -> int:
    """Write a shard into a fresh folder and return how many documents it holds.

    Parameters
    ----------
    documents
        With the columns of `features.schemas.lake.SearchDocument`, `date` apart. Equal scores come
        out in the order of writing, so that the order should mean something (`product_id`).
    """
    return write_batches(folder, in_batches(documents), language)


def write_batches(
    folder: Path, batches: Iterable[pa.RecordBatch], language: Language = ENGLISH
) -> int:
    """Write a shard of batches of `models.search.documents.SCHEMA`, as `write_shard` does."""
    folder.mkdir(parents=True)
    index = tantivy.Index(schema(), path=str(folder))
    register(index)
    # One thread: several would each make segments, and the order of writing would be lost.
    writer = index.writer(heap_size=HEAP_BYTES, num_threads=1)
    n_documents = 0
    indexed_columns = [name for name in SCHEMA.names if name not in KEPT_ALONE]
    with pa.OSFile(str(folder / DOCUMENTS), "wb") as file, pa.ipc.new_file(file, SCHEMA) as kept:
        for batch in batches:
            kept.write_batch(batch)
            n_documents += batch.num_rows
            for document in in_rows(batch.select(indexed_columns)):
                writer.add_json(indexed(document, language))
    writer.commit()
    writer.wait_merging_threads()
    return n_documents


def indexed(document: Mapping[str, Any], language: Language = ENGLISH) -> str:
    """Return what the index holds of a document, as JSON: half of the cost of building it by calls."""
    fields = fields_of(document, language)
    return orjson.dumps({k: v for k, v in fields.items() if v is not None}).decode()


def fields_of(document: Mapping[str, Any], language: Language = ENGLISH) -> dict[str, Any]:
    """Return what an index holds of a document, by field, text as its words; None: nothing."""
    brand, path = document["brand"], document["category_path"]
    title, description = document["title"], document["description"]
    attributes, listed_on = attributes_of(document["attributes"]), document["listed_on"]
    known = splitters(language)
    stems, forms = known.stems, known.forms
    return {
        "title": stems.split(title),
        "brand_words": stems[brand or ""],
        "category_words": stems[path or ""],
        "attributes": stems[attributes.text],
        "description": stems.split(description),
        "category_path": path,
        "category_tree": levels(path or ""),
        "brand": brand,
        "attribute_values": attributes.values,
        FORMS: f"{forms.split(title)} {forms[brand or '']} {forms[path or '']}",
        CODES: codes_of(f"{title} \n {description}"),
        "product_id": document["product_id"],
        "category_id": document["category_id"],
        "seller_id": document["seller_id"],
        "price_cents": document["price_cents"],
        PRICE_STEP: price_step(document["price_cents"]),
        "stars": int(document["mean_rating"] or 0),
        "mean_rating": document["mean_rating"] or 0.0,
        "n_units_28d": document["n_units_28d"] or 0,
        "listed_day": listed_on.toordinal() if listed_on else 0,
        "in_stock": document["in_stock"],
        "popularity": document["popularity"],
    }


def texts(document: Mapping[str, Any]) -> dict[str, str]:
    """Return what words are looked for in, as it is written, by the fields of `TEXT_BOOSTS`."""
    return {
        "title": document["title"],
        "brand_words": document["brand"] or "",
        "category_words": document["category_path"] or "",
        "attributes": attribute_text(document["attributes"]),
        "description": document["description"],
    }


def called(document: Mapping[str, Any]) -> str:
    """Return what a product is called by."""
    return f"{document['title']} {document['brand'] or ''} {document['category_path'] or ''}"


def attribute_text(attributes: str) -> str:
    """Return the names and values of a JSON object as text; what is no object is taken as it is."""
    return attributes_of(attributes).text


class Attributes(NamedTuple):
    """What is found of a product's attributes, and what it is chosen by: `name=value`."""

    text: str
    values: list[str]


@lru_cache(maxsize=N_ATTRIBUTES_KEPT)
def attributes_of(attributes: str) -> Attributes:
    """Return what a JSON object says; what is no object is text."""
    try:
        parsed = orjson.loads(attributes)
    except ValueError:
        parsed = None
    if not isinstance(parsed, dict):
        return Attributes(attributes, [])
    text = " ".join(f"{name} {value}" for name, value in parsed.items())
    return Attributes(text, _values(parsed))


def _values(parsed: Mapping[str, Any]) -> list[str]:
    """Return what a product is chosen by; texts and numbers too long for it are left out."""
    return [
        f"{name}={value}"
        for name, value in [*parsed.items()][:MAX_ATTRIBUTES]
        if isinstance(value, str | int | float)
        and 0 < len(str(value)) <= MAX_VALUE
        and 0 < len(name) <= MAX_VALUE
        and "=" not in name
    ]
