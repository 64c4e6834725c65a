"""What OpenSearch holds of a document.

Text is split into words here, as for Tantivy, and OpenSearch splits it at blanks
alone: so stems, accents and codes are the same in both engines.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from models.search.documents import SCHEMA, Document
from models.search.encoding import fields_of
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


def bulk_lines(document: Document, language: Language = ENGLISH) -> tuple[bytes, bytes]:
    """Return the two lines of a bulk request that write a document, one that is there already anew."""
    head = {"index": {"_id": str(document["product_id"])}}
    return orjson.dumps(head), orjson.dumps(row(document, language))


def row(document: Document, language: Language = ENGLISH) -> dict[str, Any]:
    """Return what is sent of a document of `models.search.documents.SCHEMA`."""
    sent = fields_of(document, language)
    sent.pop(FORMS)
    return sent | {DOCUMENT: {name: document[name] for name in SCHEMA.names}}


def document_of(source: Mapping[str, Any]) -> Document:
    """Return the document that a row keeps."""
    kept: Document = source[DOCUMENT]
    listed_on = kept["listed_on"]
    return {**kept, "listed_on": listed_on and dt.date.fromisoformat(listed_on)}
