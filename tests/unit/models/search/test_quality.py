"""Search quality on real queries with graded answers, beside plain BM25 in the same run."""

from pathlib import Path

import pytest

from emporium.search_evaluation import PLAIN, SHOP, compared
from emporium.search_files import JudgmentNames, ProductNames, read_judgments, read_products

DATA = Path(__file__).parents[4].parent / "shared" / "data" / "icecat_search"

pytestmark = pytest.mark.skipif(not DATA.exists(), reason=f"no icecat data in {DATA}")


def test_the_shop_finds_more_and_ranks_better_than_bm25_over_all_text():
    names = ProductNames("id", "title", "short_description", "supplier", attributes=("attributes",))
    documents, numbers = read_products(DATA / "products.parquet", names)
    found = read_judgments(
        DATA / "Broad_Query_Set_rated.parquet",
        JudgmentNames("query", "docid", "rating"),
        numbers,
    )

    reports = compared(documents, found.grades, 10)

    assert len(reports[SHOP].queries) == 116
    assert reports[SHOP].ndcg.mean() > reports[PLAIN].ndcg.mean() + 0.05
    assert reports[SHOP].recall.mean() > 0.9 > reports[PLAIN].recall.mean()
