"""Graded queries decide whether an index goes live (jobs.index_gate)."""

import pytest

from jobs.index_gate import BadJudgmentsError, judge, lowered, read_judgments
from jobs.index_versions import IndexCheckError
from models.search.features import COLUMN
from tests.unit.models.search.products import document, index_of

GRADES = {"lamp": {1: 4, 2: 1}, "desk": {3: 2}}


def shop(folder, *titles):
    """An index of products 1, 2, ... with these titles."""
    return index_of(folder, [document(n, title) for n, title in enumerate(titles, 1)], n_shards=1)


def test_an_index_that_answers_worse_is_refused_with_both_figures(tmp_path):
    """The new one finds product 2 alone for `lamp` and nothing for `desk`: of 15 and 1/log2(3) it has 1.

    nDCG of `lamp`: 1 / (15 + 0.631) = .064; of `desk`: 0; their mean is .032.
    """
    good = shop(tmp_path / "good", "lamp", "lamp shade", "desk")
    bad = shop(tmp_path / "bad", "torch", "lamp shade", "table")

    assert judge(good, None, GRADES) == {"n_judged_queries": 2.0, "ndcg_at_10": 1.0}
    with pytest.raises(IndexCheckError, match=r"2 graded queries .* 0\.0320, .* 1\.0000"):
        judge(bad, good, GRADES)


def test_one_that_answers_as_well_or_better_passes(tmp_path):
    good = shop(tmp_path / "good", "lamp", "lamp shade", "desk")
    bad = shop(tmp_path / "bad", "torch", "lamp shade", "table")

    assert judge(good, bad, GRADES)["ndcg_at_10_before"] == pytest.approx(0.032, abs=1e-4)
    assert judge(good, good, GRADES)["ndcg_at_10"] == 1.0


class ById:
    """Puts the product of the highest id first, or of the lowest."""

    name = "served"

    def __init__(self, sign):
        self.sign = sign

    def logarithms(self, features):
        return -self.sign * features[:, COLUMN["look_lift"]]


def test_an_order_that_lowers_graded_answers_is_told_of(tmp_path):
    """Product 1, grade 4, is worth 15; put behind product 2, of grade 1: (1 + 15 / log2(3)) / (15 + 1 / log2(3))."""
    products = [document(n, "lamp", look_ratio=float(n)) for n in (1, 2)]
    index = index_of(tmp_path, products, n_shards=1)
    good, bad = ById(1), ById(-1)

    assert lowered(index, GRADES, bad, good) is None
    assert lowered(index, GRADES, good, good) is None
    assert lowered(index, {"desk": {99: 2}}, good, bad) is None
    assert lowered(index, GRADES, good, bad) == (
        "on 1 graded queries its nDCG@10 is 0.6694, that of the served 1.0000"
    )


def test_products_that_are_gone_are_nobodys_fault(tmp_path):
    before = shop(tmp_path / "before", "lamp", "lamp shade", "desk")
    after = shop(tmp_path / "after", "lamp", "lamp shade")

    assert judge(after, before, GRADES) == {
        "n_judged_queries": 1.0,
        "ndcg_at_10": 1.0,
        "ndcg_at_10_before": 1.0,
    }
    assert judge(after, before, {"desk": {3: 2}}) == {}


def test_the_last_grade_of_a_product_counts_and_no_file_is_no_grade(tmp_path):
    path = tmp_path / "judgments.csv"
    assert read_judgments(path) == {}

    path.write_text("query,product_id,grade\nred lamp,1,0\nred lamp,1,3\n desk ,2,4\n")

    assert read_judgments(path) == {"red lamp": {1: 3}, "desk": {2: 4}}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("query,grade\nlamp,1\n", "no column product_id"),
        ("query,product_id,grade\nlamp,1,good\n", "line 2: product_id and grade"),
        ("query,product_id,grade\nlamp,1,4\nlamp,2,5\n", "line 3: a query and a grade from 0"),
        ("query,product_id,grade\n ,1,4\n", "line 2: a query"),
        ("query,product_id,grade\nlamp,1\n", "line 2: product_id and grade"),
        ("", "no column grade, product_id, query"),
    ],
)
def test_a_file_that_cannot_be_used_names_the_line(tmp_path, text, message):
    (tmp_path / "judgments.csv").write_text(text)

    with pytest.raises(BadJudgmentsError, match=message):
        read_judgments(tmp_path / "judgments.csv")
