"""What everybody wants of the categories that the user wants."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix, diags

from models.retrieval.histories import Histories, Rows, Scores
from models.retrieval.items import NO_CATEGORY, Items


@dataclass
class CategoryPopularityRetriever:
    """Score items by the user's share of interest in their category, times their share of it.

    Parameters
    ----------
    prior_events
        So many events as everybody's mixture of categories are added to the user's own.
    popularity_power
        1 for the item's share of the category's events as it is; less evens it out.
    """

    prior_events: float = 1.0
    popularity_power: float = 1.0
    category_shares_: Scores = field(default_factory=lambda: np.empty(0, np.float32), init=False)
    item_shares_: Scores = field(default_factory=lambda: np.empty(0, np.float32), init=False)
    categories_: Rows = field(default_factory=lambda: np.empty(0, np.int64), init=False)

    def fit(self, histories: Histories, items: Items) -> Self:
        """Count the events of items and categories; items without a category share one."""
        own = np.where(
            items.categories == NO_CATEGORY, items.categories.max(initial=-1) + 1, items.categories
        )
        counts = np.bincount(histories.items, histories.weights, minlength=histories.n_items)
        damped = counts**self.popularity_power
        totals = np.bincount(own, damped)
        shares = damped / np.maximum(totals, 1e-12)[own]
        by_category = np.bincount(own, counts)
        self.categories_ = own
        self.item_shares_ = shares.astype(np.float32)
        self.category_shares_ = (by_category / max(by_category.sum(), 1e-12)).astype(np.float32)
        return self

    def score(self, histories: Histories) -> Scores:
        """Return the products of the shares; of an empty history, nothing."""
        n_categories = len(self.category_shares_)
        cells = (histories.weights, self.categories_[histories.items], histories.starts)
        wanted = csr_matrix(cells, shape=(len(histories), n_categories)).toarray()
        affinity = wanted + self.prior_events * self.category_shares_
        affinity = diags(1 / np.maximum(affinity.sum(axis=1), 1e-12)) @ affinity
        scores = affinity[:, self.categories_] * self.item_shares_
        scores[histories.lengths == 0] = -np.inf
        return np.asarray(scores, np.float32)
