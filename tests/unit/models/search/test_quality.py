"""Search quality on real queries with graded answers, beside plain BM25's published figure."""

import json
import math
from collections import defaultdict
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from models.search.index import Index
from models.search.query import Search
from models.search.writing import write_shard

DATA = Path(__file__).parents[4].parent / "shared" / "data" / "icecat_search"
BM25_OF_ALL_FIELDS = 0.6585
"""nDCG@10 of one query over title and all other text as one field; unjudged = 0, gain 2^r - 1."""

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"no icecat data in {DATA}")


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("icecat")
    documents = [document(row) for row in pq.read_table(DATA / "products.parquet").to_pylist()]
    for number in range(2):
        write_shard(folder / f"shard-{number}", documents[number::2])
    manifest = {"date": "-", "shards": ["shard-0", "shard-1"]}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Index.open(folder)


def document(row):
    return {
        "product_id": int(row["id"]),
        "title": row["title"] or row["name"] or "",
        "description": row["short_description"] or "",
        "category_id": None,
        "category_path": None,
        "brand": row["supplier"],
        "seller_id": None,
        "price_cents": max(row["price"] or 1, 1),
        "attributes": row["attributes"] or "{}",
        "in_stock": True,
        "popularity": 0.0,
    }


def ndcg(found, grades, k=10):
    def dcg(ratings):
        return sum((2**r - 1) / math.log2(n + 2) for n, r in enumerate(ratings[:k]))

    return dcg([grades.get(id_, 0) for id_ in found]) / dcg(sorted(grades.values(), reverse=True))


def test_it_ranks_better_than_bm25_over_all_text(index):
    grades = defaultdict(dict)
    for row in pq.read_table(DATA / "Broad_Query_Set_rated.parquet").to_pylist():
        grades[row["query"]][int(row["docid"])] = row["rating"]
    judged = {query: rated for query, rated in grades.items() if max(rated.values()) > 0}

    each = [
        ndcg([found["product_id"] for found in index.search(Search(query)).documents], rated)
        for query, rated in judged.items()
    ]

    assert len(each) > 100
    assert sum(each) / len(each) > BM25_OF_ALL_FIELDS
