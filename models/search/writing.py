"""Writing a shard: one folder, one segment, documents in the order they come."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
import tantivy

from models.search.attributes import attributes_of
from models.search.documents import DOCUMENTS, SCHEMA, in_batches
from models.search.encoding import encoded_rows
from models.search.fields import register, schema
from models.search.languages import ENGLISH, Language

HEAP_BYTES = 400_000_000


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
    with pa.OSFile(str(folder / DOCUMENTS), "wb") as file, pa.ipc.new_file(file, SCHEMA) as kept:
        for batch in batches:
            kept.write_batch(batch)
            n_documents += batch.num_rows
            for document in encoded_rows(batch, language):
                writer.add_json(document)
    writer.commit()
    writer.wait_merging_threads()
    return n_documents


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
    parsed = attributes_of(attributes)
    return (
        attributes
        if parsed is None
        else " ".join(f"{name} {value}" for name, value in parsed.items())
    )
