"""Fit the recommender: retrieval models, the ranker above them, all packed into a bundle."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from models.bundle import Bundle, Method
from models.ranking.candidates import Items, Users, training_pairs
from models.ranking.hybrid import NAMES, Features, HybridRanker
from models.retrieval.als import ALSRetriever
from models.retrieval.content import ContentRetriever
from models.retrieval.contract import Rows
from models.retrieval.popularity import PopularityRetriever


@dataclass(frozen=True)
class Params:
    """Everything that can be tuned; defaults by `bench/choose_recommender.py`."""

    als_factors: int = 128
    als_regularization: float = 10.0
    als_alpha: float = 1.0
    als_iterations: int = 12
    content_dimensions: int = 320
    ranker_regularization: float = 1.0
    seed: int = 0


@dataclass(frozen=True)
class Known:
    """What is known at one moment of users and items, rows in the order of the ids."""

    user_ids: Rows
    item_ids: Rows
    user_items: csr_matrix
    seen: csr_matrix
    documents: Sequence[str]
    product_features: Features
    user_features: Features


@dataclass(frozen=True)
class Fitted:
    """The first stage, fitted on what was known at one moment."""

    known: Known
    als: ALSRetriever
    content: ContentRetriever
    popularity: PopularityRetriever

    @property
    def users(self) -> Users:
        """Return the user side."""
        features = self.known.user_features
        return Users(self.als.user_factors_, self.content.user_vectors_, features)

    @property
    def items(self) -> Items:
        """Return the item side."""
        return Items(
            self.als.item_factors_,
            self.content.item_vectors_,
            self.popularity.weights_,
            self.known.product_features,
        )


def fit_retrieval(known: Known, params: Params) -> Fitted:
    """Fit the first stage.

    Raises
    ------
    ValueError
        If there is no interaction at all.
    """
    als = ALSRetriever(
        params.als_factors,
        params.als_regularization,
        params.als_alpha,
        params.als_iterations,
        params.seed,
    )
    content = ContentRetriever(params.content_dimensions, seed=params.seed)
    return Fitted(
        known,
        als.fit(known.user_items, known.documents),
        content.fit(known.user_items, known.documents),
        PopularityRetriever().fit(known.user_items, known.documents),
    )


def fit_ranker(before: Fitted, bought: csr_matrix, params: Params) -> HybridRanker | None:
    """Fit the second stage on what users bought after `before`; None if that teaches nothing."""
    pairs, labels = training_pairs(before.users, before.items, before.known.seen, bought)
    if labels.all() or not labels.any():
        return None
    return HybridRanker(params.ranker_regularization).fit(pairs, labels)


def bundle(
    fitted: Fitted, ranker: HybridRanker | None, method: Method, metadata: dict[str, object]
) -> Bundle:
    """Pack the models."""
    seen = fitted.known.seen.tocsr()
    if ranker is None:
        weights = np.stack([np.zeros(len(NAMES)), np.zeros(len(NAMES)), np.ones(len(NAMES))])
    else:
        weights = np.stack([ranker.coefficients_, ranker.means_, ranker.scales_])
    return Bundle(
        user_ids=fitted.known.user_ids,
        item_ids=fitted.known.item_ids,
        als_users=fitted.als.user_factors_,
        als_items=fitted.als.item_factors_,
        content_users=fitted.content.user_vectors_,
        content_items=fitted.content.item_vectors_,
        popularity=fitted.popularity.weights_,
        product_features=fitted.known.product_features,
        user_features=fitted.known.user_features,
        ranker=weights,
        seen_starts=seen.indptr.astype(np.int64),
        seen_items=seen.indices.astype(np.int64),
        metadata={**metadata, "method": method},
    )
