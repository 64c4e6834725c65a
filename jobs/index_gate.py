"""What a built index has to pass before it goes live: queries whose answers people graded.

The grades are a CSV file of the shop's own, `judgments.csv` in `EMPORIUM_HOME`: `query,product_id,grade`,
a grade being 0 (not relevant) to 4. Without the file no index is judged.
"""

import csv
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from jobs.index_versions import IndexCheckError
from models.search.index import Index
from models.search.judgments import Grades, judged
from models.search.query import Search
from models.search.second_stage import Order, SecondStage
from models.search.wishes import NO_WISHES, Wishes

NAMES = ("query", "product_id", "grade")
MAX_GRADE = 4
K = 10
MAX_LOSS = 0.02
"""A new catalogue alone moves nDCG by so much."""


class BadJudgmentsError(ValueError):
    """The file of grades can't be used; the message names the line."""


def read_judgments(path: Path) -> dict[str, Grades]:
    """Return the grades of each query, none where there is no file; the last grade of a product counts.

    Raises
    ------
    BadJudgmentsError
        If a column is missing or a row holds no grade.
    """
    if not path.exists():
        return {}
    found: dict[str, dict[int, int]] = defaultdict(dict)
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.DictReader(file)
        if missing := set(NAMES) - set(rows.fieldnames or ()):
            raise BadJudgmentsError(f"{path} has no column {', '.join(sorted(missing))}")
        for row in rows:
            product_id, grade = _grade(row, path, rows.line_num)
            found[row["query"].strip()][product_id] = grade
    return dict(found)


def _grade(row: Mapping[str, str], path: Path, line: int) -> tuple[int, int]:
    try:
        product_id, grade = int(row["product_id"]), int(row["grade"])
    except (TypeError, ValueError):
        raise BadJudgmentsError(
            f"{path}, line {line}: product_id and grade have to be whole numbers"
        ) from None
    if not 0 <= grade <= MAX_GRADE or not (row["query"] or "").strip():
        raise BadJudgmentsError(
            f"{path}, line {line}: a query and a grade from 0 to {MAX_GRADE} are needed"
        )
    return product_id, grade


def judge(new: Index, published: Index | None, grades: Mapping[str, Grades]) -> dict[str, float]:
    """Return nDCG@10 of a built index, and of the published one on the same products.

    Products that the built index does not have count for neither; without any grade nothing is told.

    Raises
    ------
    IndexCheckError
        If the built one is worse by more than `MAX_LOSS`.
    """
    known = {query: _known(new, each) for query, each in grades.items()}
    known = {query: each for query, each in known.items() if max(each.values(), default=0) > 0}
    if not known:
        return {}
    figures = {"n_judged_queries": float(len(known)), "ndcg_at_10": _ndcg(new, known)}
    if published is not None:
        figures["ndcg_at_10_before"] = _ndcg(published, known)
        if figures["ndcg_at_10"] < figures["ndcg_at_10_before"] - MAX_LOSS:
            raise IndexCheckError(
                f"its answers to {len(known)} graded queries have an nDCG@{K} of "
                f"{figures['ndcg_at_10']:.4f}, those of the published index "
                f"{figures['ndcg_at_10_before']:.4f}; look at both with `emporium search-eval`"
            )
    return figures


def lowered(index: Index, grades: Mapping[str, Grades], served: Order, new: Order) -> str | None:
    """Return what an order loses on graded queries beside the one that serves, None if that is not much.

    Grades that the index has no product of say nothing.
    """
    known = {query: _known(index, each) for query, each in grades.items()}
    known = {query: each for query, each in known.items() if max(each.values(), default=0) > 0}
    if not known:
        return None
    before, after = (
        _ndcg(index, known, Wishes(second_stage=SecondStage(order))) for order in (served, new)
    )
    if after >= before - MAX_LOSS:
        return None
    return f"on {len(known)} graded queries its nDCG@{K} is {after:.4f}, that of the {served.name} {before:.4f}"


def _known(index: Index, grades: Grades) -> dict[int, int]:
    return {product_id: grade for product_id, grade in grades.items() if index.product(product_id)}


def _ndcg(index: Index, grades: Mapping[str, Grades], wishes: Wishes = NO_WISHES) -> float:
    lists = {
        query: [
            each["product_id"]
            for each in index.search(Search(query), 0, K, wishes, facets=()).documents
        ]
        for query in grades
    }
    return float(judged(lists, grades, K).ndcg.mean())
