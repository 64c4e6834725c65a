"""What OpenSearch holds of a document.

Text is split into words here, as for Tantivy, and OpenSearch splits it at blanks
alone: so stems, accents and codes are the same in both engines.
"""

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import orjson
import pyarrow as pa

from models.search.documents import SCHEMA, Document
from models.search.encoding import encoded_rows
from models.search.fields import (
    CODES,
    FORMS,
    NUMBERS,
    PRICE_STEP,
    SORTED_BY,
    TEXT_BOOSTS,
    TREE,
    VALUES,
)
from models.search.index import MAX_WINDOW
from models.search.languages import ENGLISH, Language

DOCUMENT = "document"
"""The field that keeps a document as it is, and nothing else of it is kept."""


def settings_and_mapping(n_shards: int) -> dict[str, Any]:
    """Return the body that creates an index."""
    words = {"type": "text", "analyzer": "whitespace", "index_options": "freqs"}
    kinds: dict[str, Sequence[str]] = {
        "keyword": (CODES, *VALUES, TREE),
        "long": (*NUMBERS, *SORTED_BY, PRICE_STEP),
        "double": ("popularity", "mean_rating"),
        "boolean": ("in_stock",),
    }
    fields: dict[str, Any] = {name: {"type": kind} for kind, of in kinds.items() for name in of}
    fields |= dict.fromkeys(TEXT_BOOSTS, words)
    fields[DOCUMENT] = {"type": "object", "enabled": False}
    return {
        # Room for pins behind the deepest place.
        "settings": {"number_of_shards": n_shards, "max_result_window": 2 * MAX_WINDOW},
        "mappings": {
            "dynamic": "strict",
            "_source": {"includes": [DOCUMENT]},
            "properties": fields,
        },
    }


def bulk_lines(
    batch: pa.RecordBatch, language: Language = ENGLISH
) -> Iterator[tuple[bytes, bytes]]:
    """Yield the two lines of a bulk request that write a document, one that is there already anew.

    Of each row of a batch of `models.search.documents.SCHEMA`.
    """
    documents = batch.select(SCHEMA.names).to_pylist()
    for document, encoded in zip(documents, encoded_rows(batch, language), strict=True):
        head = {"index": {"_id": str(document["product_id"])}}
        fields = orjson.loads(encoded)
        fields.pop(FORMS)
        yield orjson.dumps(head), orjson.dumps(fields | {DOCUMENT: document})


def document_of(source: Mapping[str, Any]) -> Document:
    """Return the document that a row keeps."""
    kept: Document = source[DOCUMENT]
    listed_on = kept["listed_on"]
    return {**kept, "listed_on": listed_on and dt.date.fromisoformat(listed_on)}
