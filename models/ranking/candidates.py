"""Candidates of several retrieval models, described for the ranker and put in its order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.ranking.hybrid import Features, HybridRanker, pair_features
from models.retrieval.contract import NO_ITEM, Rows, Scores, retrieve_by_vectors

N_USERS_AT_ONCE = 500
N_BY_ALS, N_BY_CONTENT, N_BY_POPULARITY = 120, 80, 40


@dataclass(frozen=True)
class Items:
    """What is known of n_items items."""

    als: Scores  # (n_items, n_factors)
    content: Scores  # (n_items, n_dimensions)
    popularity: Scores  # (n_items,)
    features: Features  # (n_items, len(PRODUCT_COLUMNS))


@dataclass(frozen=True)
class Users:
    """What is known of n users, whether the models were fitted on them or not."""

    als: Scores  # (n, n_factors)
    content: Scores  # (n, n_dimensions)
    features: Features  # (n, len(USER_COLUMNS))

    def part(self, rows: slice | Rows) -> "Users":
        """Return some of the users."""
        return Users(self.als[rows], self.content[rows], self.features[rows])


def candidates(users: Users, items: Items, seen: csr_matrix) -> Rows:
    """Return each user's candidates, shape (n, m), by rising number; -1 fills up in front."""
    everybody = np.ones((len(users.als), 1), np.float32)
    found = [
        retrieve_by_vectors(users.als, items.als, seen, N_BY_ALS, None),
        retrieve_by_vectors(users.content, items.content, seen, N_BY_CONTENT, None),
        retrieve_by_vectors(everybody, items.popularity[:, None], seen, N_BY_POPULARITY, None),
    ]
    together = np.sort(np.concatenate([chosen for chosen, _ in found], axis=1), axis=1)
    again = np.zeros(together.shape, bool)
    again[:, 1:] = together[:, 1:] == together[:, :-1]
    return np.sort(np.where(again, NO_ITEM, together), axis=1)


def describe(users: Users, items: Items, chosen: Rows) -> Features:
    """Return the ranker's features of each candidate, shape (n, m, n_features)."""
    n_users, n_each = chosen.shape
    of_item = chosen.ravel()
    of_user = np.repeat(np.arange(n_users), n_each)
    pairs = pair_features(
        np.einsum("nf,nmf->nm", users.als, items.als[chosen]).ravel(),
        np.einsum("nf,nmf->nm", users.content, items.content[chosen]).ravel(),
        items.popularity[of_item],
        items.features[of_item],
        users.features[of_user],
    )
    return pairs.reshape(n_users, n_each, -1)


def rank(
    ranker: HybridRanker, users: Users, items: Items, seen: csr_matrix, k: int
) -> tuple[Rows, Scores]:
    """Return each user's k best candidates, as `Retriever.retrieve` does."""
    found_items = np.full((len(users.als), k), NO_ITEM, np.int64)
    found_scores = np.full((len(users.als), k), -np.inf, np.float32)
    for start in range(0, len(users.als), N_USERS_AT_ONCE):
        chunk = slice(start, start + N_USERS_AT_ONCE)
        some = users.part(chunk)
        chosen = candidates(some, items, seen[chunk])
        scores = ranker.score(describe(some, items, chosen).reshape(-1, len(ranker.means_)))
        scores = np.where(chosen == NO_ITEM, -np.inf, scores.reshape(chosen.shape))
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        n_found = order.shape[1]
        found_items[chunk, :n_found] = np.take_along_axis(chosen, order, axis=1)
        found_scores[chunk, :n_found] = np.take_along_axis(scores, order, axis=1)
    return found_items, found_scores


def training_pairs(
    users: Users, items: Items, seen: csr_matrix, bought: csr_matrix
) -> tuple[Features, NDArray[np.bool_]]:
    """Return the candidates' features and whether each was bought, for users who bought any."""
    rows = np.nonzero(np.diff(bought.indptr))[0]
    pairs, labels = [], []
    for start in range(0, len(rows), N_USERS_AT_ONCE):
        chunk = rows[start : start + N_USERS_AT_ONCE]
        some = users.part(chunk)
        chosen = candidates(some, items, seen[chunk])
        real = chosen != NO_ITEM
        label = np.asarray(bought[np.repeat(chunk, chosen.shape[1]), chosen.ravel()]).ravel() > 0
        pairs.append(describe(some, items, chosen)[real])
        labels.append(label.reshape(chosen.shape)[real])
    if not pairs:
        return np.empty((0, 0)), np.empty(0, bool)
    return np.concatenate(pairs), np.concatenate(labels)
