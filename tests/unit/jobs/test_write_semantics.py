"""What tells products near a query in meaning, written beside an index (jobs.build_search_index)."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import build_search_index
from jobs.build_search_index import write_semantics
from jobs.index_documents import IndexDocuments
from models.search.documents import SCHEMA
from models.search.semantic import FOLDER, Semantics
from tests.unit.models.search.products import document

TEXTS = ["red sofa", "blue sofa", "red couch", "blue couch", "grey couch"]


@pytest.fixture
def documents(tmp_path):
    file = tmp_path / "documents.parquet"
    rows = [document(n, text) for n, text in enumerate(TEXTS, 1)]
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), file)
    return IndexDocuments([str(file)])


def test_the_index_gets_vectors_of_its_products(documents, tmp_path):
    assert write_semantics(documents, tmp_path)

    assert set(Semantics.load(tmp_path).near("sofa", 2)) == {1, 2}


@pytest.mark.parametrize("most", [0, len(TEXTS) - 1])
def test_an_index_of_too_many_products_gets_none(documents, tmp_path, monkeypatch, most):
    monkeypatch.setattr(build_search_index, "MAX_PRODUCTS", most)

    assert not write_semantics(documents, tmp_path)
    assert not (tmp_path / FOLDER).exists()
