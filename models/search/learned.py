"""The second stage's order as trees have learnt it from what became of earlier searches."""

import json
from dataclasses import dataclass
from pathlib import Path

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.ranking.lambdamart import LambdaMARTRanker
from models.ranking.quick_trees import UnknownTreeError
from models.retrieval.saving import BrokenModelError
from models.search.features import NAMES, Features

TREES, ABOUT = "trees.txt", "about.json"


@dataclass(frozen=True)
class LearnedOrder:
    """A fitted ranker over the columns of `models.search.features`; its score is the logarithm of the worth."""

    ranker: LambdaMARTRanker
    name: str = "learned"

    def logarithms(self, features: Features) -> NDArray[np.float64]:
        """Return the logarithm of what each hit is worth, shape (n,)."""
        return self.ranker.score(features).astype(np.float64)

    def contributions(self, features: Features, place: int) -> NDArray[np.float64]:
        """Return what each feature of one hit adds to its logarithm, shape (len(NAMES),).

        Source: Lundberg et al., "From local explanations to global understanding with explainable AI for
        trees" (Nature Machine Intelligence 2020), as LightGBM does it. They add up to it, less what every hit has.

        Raises
        ------
        ValueError
            If the ranker is not fitted.
        """
        if self.ranker.booster_ is None:
            raise ValueError("the ranker is not fitted")
        row = features[place : place + 1]
        added = np.asarray(self.ranker.booster_.predict(row, pred_contrib=True), np.float64)
        return np.asarray(added[0, :-1])

    def save(self, folder: Path) -> None:
        """Write the trees and the names of what they look at.

        Raises
        ------
        ValueError
            If the ranker is not fitted.
        """
        if self.ranker.booster_ is None:
            raise ValueError("the ranker is not fitted")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / TREES).write_text(self.ranker.booster_.model_to_string())
        (folder / ABOUT).write_text(json.dumps({"features": NAMES}))

    @classmethod
    def load(cls, folder: Path, name: str) -> "LearnedOrder":
        """Open what was saved.

        Raises
        ------
        BrokenModelError
            If a file is missing or broken, or the trees look at other features than there are now.
        """
        try:
            about = json.loads((folder / ABOUT).read_text())
            booster = lightgbm.Booster(model_str=(folder / TREES).read_text())
            ranker = LambdaMARTRanker().of(booster)
        except (OSError, ValueError, lightgbm.basic.LightGBMError, UnknownTreeError) as error:
            raise BrokenModelError(f"{folder} holds no whole order: {error}") from error
        if tuple(about["features"]) != NAMES:
            raise BrokenModelError(
                f"{folder} was learnt from {about['features']}, hits have {list(NAMES)}: run the DAG "
                "train_search_ranker"
            )
        return cls(ranker, name)
