"""Writing a shard: one folder, one segment, documents in the order they come."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import tantivy

from models.search.codes import codes_of
from models.search.documents import DOCUMENTS, SCHEMA, in_batches
from models.search.fields import CODES, FORMS, PRICE_STEP, register, schema
from models.search.languages import ENGLISH, Language
from models.search.levels import levels
from models.search.price_bands import price_step

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
    register(index, language)
    # One thread: several would each make segments, and the order of writing would be lost.
    writer = index.writer(heap_size=HEAP_BYTES, num_threads=1)
    n_documents = 0
    indexed_columns = [name for name in SCHEMA.names if name not in KEPT_ALONE]
    with pa.OSFile(str(folder / DOCUMENTS), "wb") as file, pa.ipc.new_file(file, SCHEMA) as kept:
        for batch in batches:
            kept.write_batch(batch)
            n_documents += batch.num_rows
            for document in batch.select(indexed_columns).to_pylist():
                writer.add_json(indexed(document))
    writer.commit()
    writer.wait_merging_threads()
    return n_documents


def indexed(document: Mapping[str, Any]) -> str:
    """Return what the index holds of a document, as JSON: half of the cost of building it by calls."""
    fields = fields_of(document)
    return orjson.dumps({k: v for k, v in fields.items() if v is not None}).decode()


def fields_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an index holds of a document, by field; None: nothing."""
    brand, path, attributes = document["brand"], document["category_path"], document["attributes"]
    listed_on = document["listed_on"]
    return {
        **texts(document),
        "category_path": path,
        "category_tree": levels(path or ""),
        "brand": brand,
        "attribute_values": attribute_values(attributes),
        FORMS: called(document),
        CODES: codes_of(f"{document['title']} \n {document['description']}"),
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
    """Return what words are looked for in, by the fields of `TEXT_BOOSTS`."""
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
    parsed = _object(attributes)
    if parsed is None:
        return attributes
    return " ".join(f"{name} {value}" for name, value in parsed.items())


def attribute_values(attributes: str) -> list[str]:
    """Return what a product is chosen by, `name=value`; texts and numbers too long for it are left out."""
    return [
        f"{name}={value}"
        for name, value in [*(_object(attributes) or {}).items()][:MAX_ATTRIBUTES]
        if isinstance(value, str | int | float)
        and 0 < len(str(value)) <= MAX_VALUE
        and 0 < len(name) <= MAX_VALUE
        and "=" not in name
    ]


@lru_cache(maxsize=1)
def _object(attributes: str) -> dict[str, Any] | None:
    try:
        parsed = orjson.loads(attributes)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None
