"""Two halves of users, each wanting one half of the items, and every kind of order above two models."""

from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix

from models.evaluation.lessons import blend_taught_by, lesson_of, ranker_taught_by
from models.ranking.second_stage import SingleOrder, TwoStages
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS, Known
from models.retrieval.als import ALSRetriever
from models.retrieval.content import ContentRetriever
from models.retrieval.items import Items
from tests.unit.models.logs import of_matrix

N_USERS, N_ITEMS = 60, 40
SAME_HALF = (np.arange(N_USERS)[:, None] % 2) == (np.arange(N_ITEMS) % 2)


def taught() -> tuple[Known, TwoStages]:
    """What is known, ids far from rows; ALS and content, taught by what the halves still want."""
    known = halves()
    models = [
        model.fit(known.histories, known.items)
        for model in (ALSRetriever(n_factors=4), ContentRetriever(n_dimensions=8))
    ]
    bought = csr_matrix((SAME_HALF & ~known.seen.toarray().astype(bool)).astype(float))
    held = known.holdout(bought, np.arange(N_USERS), "by hand")
    lesson = lesson_of(models, held, known.facts, 20, 5, 0)
    orders = {
        "single": SingleOrder(0),
        "blend": blend_taught_by(lesson),
        "ranker": ranker_taught_by(lesson),
    }
    return known, TwoStages(models, orders, 20)


def halves() -> Known:
    rng = np.random.default_rng(0)
    wants = rng.random((N_USERS, N_ITEMS)) < np.where(SAME_HALF, 0.3, 0.02)
    matrix = csr_matrix(wants.astype(np.float32))
    texts = [f"thing {'oak' if item % 2 else 'tea'} {item}" for item in range(N_ITEMS)]
    return Known(
        user_ids=np.arange(N_USERS) * 10 + 5,
        item_ids=np.arange(N_ITEMS) * 7 + 1_000,
        histories=replace(of_matrix(matrix), shown=matrix + matrix),
        seen=matrix,
        items=Items(texts, np.arange(N_ITEMS) % 2),
        item_features=_only(PRODUCT_COLUMNS, "price_cents", 100 + 10 * np.arange(N_ITEMS)),
        user_features=_only(USER_COLUMNS, "mean_price_cents", 50 * (np.arange(N_USERS) % 12)),
    )


def _only(columns: tuple[str, ...], name: str, values: np.ndarray) -> np.ndarray:
    """Features of which one alone is known."""
    features = np.full((len(values), len(columns)), np.nan, np.float32)
    features[:, columns.index(name)] = values
    return features
