"""What users took of the category they came for, and what that tells of their taste."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from models.retrieval.histories import Histories, Rows, Scores
from models.retrieval.items import NO_CATEGORY, Items

LONGEST_STEP = 2.0
"""Of a Newton step; tastes have a length of about the root of their number of factors."""
DAMPING = 0.3
"""To look, to put in the cart and to buy is one choice, not three: counts to this power."""
SHOWN_WEIGHT = 1.0
"""Of an item's being shown once, beside a choice: who shows things knows something of tastes too."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Choices:
    """What n users took of a category of m items.

    Parameters
    ----------
    users : array of shape (n,)
    items : array of shape (m,)
        All of the category.
    taken : array of shape (n, m)
        Events to the power `DAMPING`, and `SHOWN_WEIGHT` for each time the item was shown; 0 where
        there was neither.
    """

    users: Rows
    items: Rows
    taken: Scores


def category_numbers(items: Items) -> Rows:
    """Return each item's category from 0, shape (n_items,); items without one share the last."""
    last = items.categories.max(initial=NO_CATEGORY) + 1
    return np.where(items.categories == NO_CATEGORY, last, items.categories)


def choices(histories: Histories, categories: Rows) -> list[Choices]:
    """Return what the users chose, one entry for each category of which anything was taken."""
    by_item = _taken(histories).tocsc()
    found = []
    for category in np.unique(categories[np.diff(by_item.indptr) > 0]):
        items = np.nonzero(categories == category)[0]
        of_category = by_item[:, items].tocsr()
        users = np.nonzero(np.diff(of_category.indptr))[0]
        found.append(Choices(users, items, of_category[users].toarray()))
    return found


def _taken(histories: Histories) -> csr_matrix:
    ones = np.ones(len(histories.items), np.float32)
    acts = replace(histories, weights=ones).matrix().power(DAMPING)
    return acts if histories.shown is None else acts + SHOWN_WEIGHT * histories.shown


def shares(strength: Floats) -> Floats:
    """Return each row's softmax."""
    powers = np.exp(strength - strength.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def tastes(
    start: Floats, made: Sequence[Choices], factors: Scores, strengths: Scores, n_steps: int
) -> tuple[Floats, Floats]:
    """Return the modes of the users' tastes and the curvature there, by Newton's method.

    A taste is standard normal before anything was chosen; the inverse of the curvature is its
    covariance in Laplace's approximation.

    Parameters
    ----------
    start : array of shape (n, n_factors)
    factors : array of shape (n_items, n_factors)
    strengths : array of shape (n_items,)
        Log of how much an item is taken by users without a taste.

    Returns
    -------
    modes : array of shape (n, n_factors)
    curvatures : array of shape (n, n_factors, n_factors)
        One step before the modes.
    """
    n_factors = factors.shape[1]
    modes, curvatures = start, np.zeros((*start.shape, n_factors))
    for _ in range(n_steps):
        slopes, curvatures = -modes, np.tile(np.eye(n_factors), (len(modes), 1, 1))
        for each in made:
            own = factors[each.items].astype(np.float64)
            chances = shares(modes[each.users] @ own.T + strengths[each.items])
            n_taken = each.taken.sum(axis=1)
            mean = np.asarray(chances @ own)
            slopes[each.users] += each.taken @ own - n_taken[:, None] * mean
            curvatures[each.users] += n_taken[:, None, None] * _covariances(chances, own, mean)
        modes = modes + _shortened(np.linalg.solve(curvatures, slopes[:, :, None])[:, :, 0])
    return modes, curvatures


def _covariances(chances: Floats, factors: Floats, mean: Floats) -> Floats:
    squares = (factors[:, :, None] * factors[:, None, :]).reshape(len(factors), -1)
    second = (chances @ squares).reshape(-1, *factors.shape[1:] * 2)
    return np.asarray(second - mean[:, :, None] * mean[:, None, :])


def _shortened(steps: Floats) -> Floats:
    lengths = np.linalg.norm(steps, axis=1, keepdims=True)
    return np.asarray(steps * np.minimum(1, LONGEST_STEP / np.maximum(lengths, 1e-12)))
