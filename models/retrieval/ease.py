"""A shallow autoencoder in closed form: each item predicted from all others.

Source: Steck, "Embarrassingly Shallow Autoencoders for Sparse Data" (WWW 2019).
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from models.retrieval.histories import Histories, Scores
from models.retrieval.items import Items

Flags = NDArray[np.bool_]


@dataclass
class EASERetriever:
    """Retrieve items by a linear regression of each item on the rest of a history.

    Parameters
    ----------
    regularization
        Added to the diagonal of the items' Gram matrix (lambda of the paper), above 0, in units of
        squared weights.
    max_items
        Size of the largest catalogue to fit; memory is about 16 bytes times its square, time grows
        with its cube.
    """

    regularization: float = 200.0
    max_items: int = 20_000
    item_weights_: Scores = field(default_factory=lambda: np.empty((0, 0), np.float32), init=False)
    known_: Flags = field(default_factory=lambda: np.empty(0, bool), init=False)

    def fit(self, histories: Histories, items: Items) -> Self:  # noqa: ARG002
        """Solve for the items' weights on each other (the paper's eq. 8).

        Raises
        ------
        ValueError
            If there are more than `max_items` items.
        """
        if histories.n_items > self.max_items:
            raise ValueError(
                f"{histories.n_items} items are more than the {self.max_items} that EASE may hold"
                " in memory: raise max_items or take another model"
            )
        wanted = histories.matrix()
        gram = (wanted.T @ wanted).toarray().astype(np.float32)
        self.known_ = gram.diagonal() > 0
        gram[np.diag_indices_from(gram)] += np.float32(self.regularization)
        inverse = _inverse(gram)
        weights = inverse / -inverse.diagonal()
        np.fill_diagonal(weights, 0)
        self.item_weights_ = np.asarray(weights, np.float32)
        return self

    def score(self, histories: Histories) -> Scores:
        """Return the predicted interest, about 0 to 1 times the weights; -inf for unknown items."""
        wanted = histories.matrix()
        scores = np.asarray(wanted @ self.item_weights_, np.float32)
        scores[:, ~self.known_] = -np.inf
        scores[(wanted != 0) @ self.known_ == 0] = -np.inf
        return scores


def _inverse(gram: Scores) -> Scores:
    factor = cho_factor(gram, lower=True, overwrite_a=True, check_finite=False)
    identity = np.eye(len(gram), dtype=np.float32)
    return np.asarray(cho_solve(factor, identity, overwrite_b=True, check_finite=False), np.float32)
