"""Facts of users and items, cut at a moment: what was known before, what came after."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix, csr_matrix

from features.schemas.weights import (
    CART_WEIGHT,
    HALF_LIFE_DAYS,
    PURCHASE_WEIGHT,
    RETURN_WEIGHT,
    VIEW_WEIGHT,
)
from models.ranking.shown import Impressions, ShownLists, lists_of
from models.retrieval.histories import Histories, histories

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Facts:
    """What users did: arrays of n rows of the table `interactions`; days count from 1970.

    `user` and `item` are rows of a matrix of `n_users` and `n_items`. `impressions` is None where
    nobody wrote down what was shown.
    """

    user: Numbers
    item: Numbers
    known_on: Numbers
    occurred_on: Numbers
    n_views: Numbers
    n_carts: Numbers
    n_purchases: Numbers
    n_returns: Numbers
    n_users: int
    n_items: int
    impressions: Impressions | None = None

    def weights(self, last_day: int) -> csr_matrix:
        """Return what each user wanted as known by the end of `last_day`; above zero everywhere.

        Acts count `features.schemas.weights`, halved every `HALF_LIFE_DAYS`. What returns outweigh
        is no interest at all.
        """
        matrix = self._matrix(self._weight(last_day), self.known_on <= last_day)
        matrix.data = np.maximum(matrix.data, 0)
        matrix.eliminate_zeros()
        return matrix.astype(np.float32)

    def histories(self, last_day: int) -> Histories:
        """Return the acts known by the end of `last_day`, as much wanted as `weights` says.

        Acts of one user, item and day are one event. What returns take away is taken from all of the
        user's events of the item alike; what they outweigh is left out.
        """
        known = self.known_on <= last_day
        user, item, weight = self.user[known], self.item[known], self._weight(last_day)[known]
        total = self.weights(last_day)
        wanted = self._matrix(np.maximum(self._weight(last_day), 0), known)
        share = np.asarray(total[user, item]).ravel() / np.maximum(
            np.asarray(wanted[user, item]).ravel(), 1e-12
        )
        kept = (weight > 0) & (share > 0)
        made = histories(
            user[kept],
            item[kept],
            (weight * share)[kept].astype(np.float32),
            self.occurred_on[known][kept].astype(np.float64),
            (self.n_users, self.n_items),
        )
        return replace(made, shown=self.shown(last_day))

    def shown(self, last_day: int) -> csr_matrix | None:
        """Return how often each user was shown each item, as known by the end of `last_day`."""
        if self.impressions is None:
            return None
        known = self.impressions.known_on <= last_day
        where = (self.impressions.user[known], self.impressions.item[known])
        ones = np.ones(int(known.sum()), np.float32)
        return csr_matrix((ones, where), shape=(self.n_users, self.n_items))

    def lists(self, after: int, last_day: int) -> ShownLists | None:
        """Return what was shown in the days (`after`, `last_day`] to users with some interest before."""
        if self.impressions is None:
            return None
        has_history = np.diff(self.weights(after).indptr) > 0
        days = self.impressions.known_on
        chosen = (days > after) & (days <= last_day) & has_history[self.impressions.user]
        return lists_of(self.impressions.part(chosen))

    def seen(self, last_day: int) -> csr_matrix:
        """Return 1 where a user did anything with an item that was known by the end of the day."""
        known = self.known_on <= last_day
        return self._flags(known)

    def newly_bought(self, after: int, last_day: int) -> csr_matrix:
        """Return 1 where a user first dealt with an item after the day `after` and bought it.

        Only what happened after `after` and was known by the end of `last_day`; only users with
        some interest known before.
        """
        bought = (
            (self.n_purchases > 0)
            & (self.occurred_on > after)
            & (self.known_on > after)
            & (self.known_on <= last_day)
        )
        seen = self.seen(after)
        has_history = np.diff(self.weights(after).indptr) > 0
        fresh = self._flags(bought & has_history[self.user])
        fresh = fresh - fresh.multiply(seen)
        fresh.eliminate_zeros()
        return fresh.tocsr()

    def _weight(self, last_day: int) -> NDArray[np.float64]:
        acts = (
            VIEW_WEIGHT * self.n_views
            + CART_WEIGHT * self.n_carts
            + PURCHASE_WEIGHT * self.n_purchases
            + RETURN_WEIGHT * self.n_returns
        )
        age_days = np.maximum(last_day - self.occurred_on, 0)
        return np.asarray(acts * 0.5 ** (age_days / HALF_LIFE_DAYS))

    def _flags(self, chosen: NDArray[np.bool_]) -> csr_matrix:
        matrix = self._matrix(np.ones(len(self.user)), chosen)
        matrix.data[:] = 1
        return matrix

    def _matrix(self, values: NDArray[np.float64], chosen: NDArray[np.bool_]) -> csr_matrix:
        shape = (self.n_users, self.n_items)
        cells = (values[chosen], (self.user[chosen], self.item[chosen]))
        return coo_matrix(cells, shape=shape).tocsr()
