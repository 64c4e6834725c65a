"""The shop's recommender: what is known at a moment, which families are fitted, what is served."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from features.schemas.feature_sets import PAIR, PRODUCT_COLUMNS, USER_COLUMNS
from models.evaluation.holdouts import Holdout
from models.ranking.asked import Asked
from models.ranking.pair_context import ItemFacts, item_facts
from models.ranking.shown import KnownLists, ShownLists
from models.retrieval.histories import Histories, Rows
from models.retrieval.items import Items

__all__ = ["PRODUCT_COLUMNS", "USER_COLUMNS", "Features", "Known"]

Features = NDArray[np.float32]
N_TAUGHT_LISTS = 5_000
SEED = 0
"""Of the draw of lists, where there are more."""

PRICES = (PRODUCT_COLUMNS.index("price_cents"), PRODUCT_COLUMNS.index("category_price_ratio"))

COMPARED = np.array(
    [(PRODUCT_COLUMNS.index(of), USER_COLUMNS.index(by)) for of, by in PAIR.ratios.values()],
    np.int64,
)


@dataclass(frozen=True)
class Known:
    """What is known at one moment of users and items, rows in the order of the ids, which rise.

    Parameters
    ----------
    seen : csr_matrix of shape (n_users, n_items)
        Not zero where a user had anything to do with an item.
    item_features : array of shape (n_items, len(PRODUCT_COLUMNS))
    user_features : array of shape (n_users, len(USER_COLUMNS))
    """

    user_ids: Rows
    item_ids: Rows
    histories: Histories
    seen: csr_matrix
    items: Items
    item_features: Features
    user_features: Features

    @property
    def facts(self) -> ItemFacts:
        """Return what rankers know of the items."""
        return item_facts(self.histories, self.item_features, COMPARED)

    def asked(self, users: Rows) -> Asked:
        """Return some of the users, to be asked about."""
        return Asked(self.histories.part(users), self.seen[users], self.user_features[users])

    def holdout(
        self, relevant: csr_matrix, users: Rows, rule: str, shown: ShownLists | None = None
    ) -> Holdout:
        """Return the judging of some users by what came later.

        Parameters
        ----------
        relevant : csr_matrix of shape (n_users, n_items)
        shown
            What users were shown later.
        """
        lists = None if shown is None else self.lists(shown.telling(N_TAUGHT_LISTS, SEED))
        return Holdout(self.histories, users, self.asked(users), relevant[users], rule, lists)

    def lists(self, shown: ShownLists) -> KnownLists:
        """Return lists with what is known, and the prices that were shown."""
        of_items = self.item_features[shown.items]
        priced = np.isfinite(shown.price_cents)
        price, relative = (of_items[:, :, place] for place in PRICES)
        relative[priced] *= (shown.price_cents / price)[priced]
        price[priced] = shown.price_cents[priced]
        return KnownLists(shown, self.asked(shown.users), of_items)
