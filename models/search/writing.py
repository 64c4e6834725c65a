"""Writing a shard: one folder, one segment, documents in the order they come."""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import tantivy

from models.search.codes import codes_of
from models.search.fields import CODES, FORMS, register, schema
from models.search.listing import listed_columns, write_listing

HEAP_BYTES = 100_000_000


def write_shard(folder: Path, documents: Iterable[Mapping[str, Any]]) -> int:
    """Write a shard into a fresh folder and return how many documents it holds.

    Parameters
    ----------
    documents
        With the columns of `features.schemas.lake.SearchDocument`, `date` apart. Equal scores come
        out in the order of writing, so that the order should mean something (`product_id`).
    """
    folder.mkdir(parents=True)
    index = tantivy.Index(schema(), path=str(folder))
    register(index)
    # One thread: several would each make segments, and the order of writing would be lost.
    writer = index.writer(heap_size=HEAP_BYTES, num_threads=1)
    listed = []
    for document in documents:
        writer.add_document(_indexed(document))
        listed.append(listed_columns(document))
    writer.commit()
    writer.wait_merging_threads()
    write_listing(folder, listed)
    return len(listed)


def _indexed(document: Mapping[str, Any]) -> tantivy.Document:
    indexed = tantivy.Document()
    for name in ("title", "description"):
        indexed.add_text(name, document[name])
    indexed.add_text("attributes", attribute_text(document["attributes"]))
    indexed.add_text("category_words", document["category_path"] or "")
    indexed.add_text("brand_words", document["brand"] or "")
    if document["brand"]:
        indexed.add_text("brand", document["brand"])
    named = (document["title"], document["brand"] or "", document["category_path"] or "")
    indexed.add_text(FORMS, " ".join(named))
    for code in codes_of(f"{document['title']} \n {document['description']}"):
        indexed.add_text(CODES, code)
    for name in ("product_id", "category_id", "seller_id", "price_cents"):
        if document[name] is not None:
            indexed.add_integer(name, document[name])
    indexed.add_boolean("in_stock", document["in_stock"])
    indexed.add_float("popularity", document["popularity"])
    source = {name: value for name, value in document.items() if name != "date"}
    indexed.add_bytes("source", json.dumps(source, ensure_ascii=False).encode())
    return indexed


def attribute_text(attributes: str) -> str:
    """Return the names and values of a JSON object as text; what is no object is taken as it is."""
    try:
        parsed = json.loads(attributes)
    except ValueError:
        return attributes
    if not isinstance(parsed, dict):
        return attributes
    return " ".join(f"{name} {value}" for name, value in parsed.items())
