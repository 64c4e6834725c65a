"""Executors read their parts of the documents (jobs.index_documents)."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import index_documents
from jobs.index_documents import IndexDocuments
from models.search.documents import SCHEMA
from tests.unit.models.search.products import document

POPULARITY = {7: 1.0, 2: 9.0, 5: 3.0, 4: 0.0, 1: 5.0}
"""By product, in the order of the files."""


@pytest.fixture
def documents(tmp_path):
    rows = [document(n, f"lamp {n}", popularity=each) for n, each in POPULARITY.items()]
    for number, some in enumerate((rows[:3], rows[3:])):
        table = pa.Table.from_pylist(some, SCHEMA)
        pq.write_table(table, tmp_path / f"{number}.parquet")
    return IndexDocuments(sorted(map(str, tmp_path.iterdir())))


@pytest.mark.parametrize(
    ("number", "n_parts", "expected"),
    [(0, 1, [1, 2, 4, 5, 7]), (0, 2, [2, 4]), (1, 2, [1, 5, 7]), (3, 6, [])],
)
@pytest.mark.parametrize("n_per_batch", [2, 10])
def test_a_part_has_its_products_whole_in_the_order_of_their_ids(
    documents, monkeypatch, number, n_parts, expected, n_per_batch
):
    monkeypatch.setattr(index_documents, "N_PER_BATCH", n_per_batch)
    monkeypatch.setattr(index_documents, "N_READ", 2)

    batches = [*documents.part(number, n_parts)]

    rows = [row for batch in batches for row in batch.to_pylist()]
    assert [row["product_id"] for row in rows] == expected
    assert all(batch.num_rows <= n_per_batch and batch.schema == SCHEMA for batch in batches)
    assert rows == [document(n, f"lamp {n}", popularity=POPULARITY[n]) for n in expected]


def test_they_are_counted_and_the_most_popular_are_named(documents):
    assert documents.count() == 5
    assert documents.titles(2) == {2: "lamp 2", 1: "lamp 1"}


def test_a_column_that_is_newer_than_a_file_is_null(tmp_path):
    table = pa.Table.from_pylist([document(1, "lamp")], SCHEMA).drop_columns(["n_reviews"])
    pq.write_table(table, tmp_path / "old.parquet")

    [batch] = IndexDocuments([str(tmp_path / "old.parquet")]).part(0, 1)

    assert batch["n_reviews"].to_pylist() == [None]


def test_no_files_are_no_documents():
    assert IndexDocuments([]).count() == 0
