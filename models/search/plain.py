"""The reference of every search: BM25 over all text of a product as one field, any word of the query."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import tantivy
from tantivy import Occur, Query

from models.search.fields import MAX_WORD_BYTES
from models.search.writing import attribute_text

HEAP_BYTES = 50_000_000
TEXT, ID = "text", "product_id"


@dataclass(frozen=True)
class PlainIndex:
    """An index in memory, with Tantivy's default tokenizer: lower case, no stems."""

    index: tantivy.Index

    @classmethod
    def of(cls, documents: Iterable[Mapping[str, Any]]) -> "PlainIndex":
        """Index documents, as `models.search.writing.write_shard` takes them."""
        builder = tantivy.SchemaBuilder()
        builder.add_text_field(TEXT)
        builder.add_integer_field(ID, stored=True)
        index = tantivy.Index(builder.build())
        writer = index.writer(heap_size=HEAP_BYTES, num_threads=1)
        for document in documents:
            made = tantivy.Document()
            made.add_text(TEXT, text_of(document))
            made.add_integer(ID, document["product_id"])
            writer.add_document(made)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        return cls(index)

    def search(self, text: str, limit: int) -> list[int]:
        """Return the ids of the best products that have any word of the text."""
        words = dict.fromkeys(_analyzer().analyze(text.encode("utf-8", "replace").decode()))
        schema = self.index.schema
        any_word = [(Occur.Should, Query.term_query(schema, TEXT, word, "freq")) for word in words]
        query = Query.boolean_query(any_word)
        searcher = self.index.searcher()
        hits = searcher.search(query, limit=limit).hits
        return [int(searcher.doc(address).to_dict()[ID][0]) for _, address in hits]


def _analyzer() -> tantivy.TextAnalyzer:
    """Return what Tantivy's default tokenizer does."""
    builder = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    builder = builder.filter(tantivy.Filter.remove_long(MAX_WORD_BYTES))
    return builder.filter(tantivy.Filter.lowercase()).build()


def text_of(document: Mapping[str, Any]) -> str:
    """Return all text of a document."""
    parts = (document[name] or "" for name in ("title", "description", "brand", "category_path"))
    return " ".join([*parts, attribute_text(document["attributes"])])
