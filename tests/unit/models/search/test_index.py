"""Writing and opening the embedded index (models.search); what it answers: tests/contracts."""

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.search.documents import DOCUMENTS
from models.search.index import BadIndexError, Index
from models.search.query import Search, n_parts_required
from models.search.second_stage import BY_HAND
from models.search.wishes import Wishes
from tests.unit.models.search.products import build_index, documents


@given(st.integers(0, 100))
def test_never_more_parts_are_required_than_there_are(n_parts):
    assert 0 <= n_parts_required(n_parts) <= n_parts
    assert n_parts_required(n_parts) <= n_parts_required(n_parts + 1)


def test_equal_scores_come_in_order_of_writing_on_every_page(tmp_path):
    [first, *_] = documents()
    alike = [{**first, "product_id": n} for n in range(1, 41)]
    index = build_index(tmp_path, [alike[::2], alike[1::2]])
    search = Search("lamp")

    paged = [each for start in range(0, 40, 7) for each in index.search(search, start, 7).documents]

    assert sorted(each["product_id"] for each in paged) == list(range(1, 41))


@pytest.mark.parametrize("broken", ["manifest.json", "shard-0000/meta.json"])
def test_a_broken_index_does_not_open(tmp_path, broken):
    build_index(tmp_path, [list(documents())])
    (tmp_path / broken).unlink()

    with pytest.raises(BadIndexError):
        Index.open(tmp_path)


def test_an_empty_shard_is_a_shard(tmp_path):
    index = build_index(tmp_path, [list(documents()), []])

    assert index.n_documents == 6
    found = index.search(Search("lamp")).documents
    assert {each["product_id"] for each in found} == {1, 3, 6}


def test_an_index_of_before_documents_had_a_column_opens_and_knows_nothing_of_it(tmp_path):
    build_index(tmp_path, [list(documents())])
    file = tmp_path / "shard-0000" / DOCUMENTS
    older = pa.ipc.open_file(file.read_bytes()).read_all().drop_columns(["look_ratio"])
    with pa.OSFile(str(file), "wb") as out, pa.ipc.new_file(out, older.schema) as kept:
        kept.write_table(older)

    index = Index.open(tmp_path)

    assert index.product(1) == next(documents())
    assert index.search(Search("lamp"), wishes=Wishes(second_stage=BY_HAND)).n_total == 3
