"""What each feature adds to a ranker's score."""

from collections.abc import Sequence

import numpy as np

from models.ranking.asked import Asked
from models.ranking.first_stage import Candidates
from models.ranking.pair_context import NAMES
from models.ranking.second_stage import Features, LearnedOrder, pair_features


def feature_names(
    models: Sequence[str],
    of_items: Sequence[str],
    of_users: Sequence[str],
    of_pairs: Sequence[str],
) -> list[str]:
    """Return what `pair_features` puts side by side, by name."""
    by_model = [f"{name} of {model}" for name in ("score", "standing", "place") for model in models]
    return [*by_model, *NAMES, *of_items, *of_users, *of_pairs]


def contributions(
    order: LearnedOrder, candidates: Candidates, asked: Asked, of_items: Features, place: int
) -> tuple[Features, Features]:
    """Return a candidate's features and what each adds to its score, both of shape (n_features,).

    Source: Lundberg et al., "From local explanations to global understanding with explainable AI for
    trees" (Nature Machine Intelligence 2020), as LightGBM does it. They add up to the score, less
    what every candidate has.

    Raises
    ------
    ValueError
        If the ranker is not fitted.
    """
    if order.ranker.booster_ is None:
        raise ValueError("the ranker is not fitted")
    row = pair_features(candidates, asked, order.facts, of_items)[0, place]
    added = np.asarray(order.ranker.booster_.predict(row[None], pred_contrib=True), np.float32)
    return row, added[0, :-1]
