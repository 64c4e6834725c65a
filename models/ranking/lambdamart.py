"""Lists put in order by gradient boosted trees (LightGBM).

Sources: Burges, "From RankNet to LambdaRank to LambdaMART: an overview" (MSR-TR-2010-82); Hu et al.,
"Unbiased LambdaMART: an unbiased pairwise learning-to-rank algorithm" (WWW 2019), what places in
shown lists have to say, as LightGBM does it: each place has a say of its own, learnt with the trees
and left out of the scores.
"""

from dataclasses import dataclass, field
from typing import Any, Self

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.ranking.quick_trees import QuickTrees

N_PAIRS_PER_THREAD = 100_000
N_PAIRS_AT_ONCE = 2_000
"""So many pairs' columns stay near the processor while all trees go over them."""

Features = NDArray[np.float32]
Labels = NDArray[np.bool_] | NDArray[np.int64]


@dataclass
class LambdaMARTRanker:
    """Order the candidates of a user so that the wanted ones come first.

    Parameters
    ----------
    n_trees, n_leaves, learning_rate, min_rows_per_leaf
        As in LightGBM; the more rows to learn from, the more leaves pay.
    k
        Places that count: the gain is that of NDCG cut at k.
    seed
        Of the draws of rows and columns; the same seed and data give the same trees.
    n_threads
        For large tables; small ones are one thread's work.
    """

    n_trees: int = 200
    n_leaves: int = 15
    learning_rate: float = 0.05
    min_rows_per_leaf: int = 50
    k: int = 20
    seed: int = 0
    n_threads: int = 2
    booster_: lightgbm.Booster | None = field(default=None, init=False)
    trees_: QuickTrees | None = field(default=None, init=False)

    def fit(
        self,
        features: Features,
        wanted: Labels,
        n_by_user: NDArray[np.int64],
        positions: NDArray[np.int64] | None = None,
        base: NDArray[np.float64] | None = None,
    ) -> Self:
        """Learn.

        Parameters
        ----------
        features : array of shape (n_pairs, n_features)
            One user's candidates after the other's; nan where unknown.
        wanted : array of shape (n_pairs,)
            How much, from 0; g counts 2 ** g - 1.
        n_by_user
            How many candidates each user has; adds up to n_pairs.
        positions : array of shape (n_pairs,)
            Where each stood in a list that was shown; the same number for all that were not.
        base : array of shape (n_pairs,)
            What the trees' score is added to, by whoever asks for it.

        Raises
        ------
        ValueError
            If all or none of the pairs are wanted: there is no order to learn.
        """
        if wanted.all() or not wanted.any():
            raise ValueError("a ranker needs pairs that were wanted and pairs that were not")
        label = wanted.astype(np.int32)
        data = lightgbm.Dataset(
            features, label=label, group=n_by_user, position=positions, init_score=base
        )
        params = self._params(self._threads_for(len(features)))
        return self.of(lightgbm.train(params, data, num_boost_round=self.n_trees))

    def of(self, booster: lightgbm.Booster) -> Self:
        """Take over trees that were learned before."""
        self.booster_, self.trees_ = booster, QuickTrees.of(booster)
        return self

    def score(self, features: Features) -> NDArray[np.float32]:
        """Return what to order by, shape (n_pairs,); unitless.

        Raises
        ------
        ValueError
            Before `fit`.
        """
        if self.trees_ is None:
            raise ValueError("the ranker is not fitted")
        scores = np.empty(len(features), np.float32)
        for start in range(0, len(features), N_PAIRS_AT_ONCE):
            some = slice(start, start + N_PAIRS_AT_ONCE)
            scores[some] = self.trees_.score(np.ascontiguousarray(features[some].T, np.float32))
        return scores

    def _threads_for(self, n_pairs: int) -> int:
        # Threads that wait for each other cost more than a small table is worth.
        return self.n_threads if n_pairs > N_PAIRS_PER_THREAD else 1

    def _params(self, n_threads: int) -> dict[str, Any]:
        return {
            "objective": "lambdarank",
            "lambdarank_truncation_level": 2 * self.k,
            "num_leaves": self.n_leaves,
            "learning_rate": self.learning_rate,
            "min_data_in_leaf": self.min_rows_per_leaf,
            "feature_fraction": 0.8,
            "bagging_fraction": 0.8,
            "bagging_freq": 1,
            "deterministic": True,
            "force_row_wise": True,
            "num_threads": n_threads,
            "seed": self.seed,
            "verbosity": -1,
        }
