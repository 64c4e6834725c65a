"""Which of a user's events would come last, if a set of pairs had an order: tastes drift.

In logs with times, what comes later is less like a history than a part of it drawn at random;
`python -m bench.recommend_cuts` prints by how much, how near the order of `lateness` comes, and that
a cut by it ranks settings no better than one at random does: it is for judging by what is known to
be unlike the histories.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, diags

from models.retrieval.histories import Histories, Rows

N_USERS_AT_ONCE = 500
DRIFT = 0.5
"""At 0 the order is chance alone."""

Values = NDArray[np.float64]


def lateness(histories: Histories, users: Rows, rng: np.random.Generator) -> Values:
    """Return how late each event of some users would come: the higher, the later.

    The last is drawn. The others come by their likeness to it less that to the whole history, each
    standardised within the user, times `DRIFT`, plus a normal number. An item is like another by the
    cosine of who wants them, without the user asked about.

    Returns
    -------
    array of shape (n_events of these users,)
        Infinite for the event drawn.
    """
    flags = _flags(histories)
    degrees = np.asarray(flags.sum(axis=0)).ravel()
    unit = (flags @ diags(1 / np.sqrt(np.maximum(degrees, 1)))).tocsr()
    found = [
        _lateness(histories.part(users[at : at + N_USERS_AT_ONCE]), unit, rng)
        for at in range(0, len(users), N_USERS_AT_ONCE)
    ]
    return np.concatenate([np.empty(0), *found])


def _lateness(some: Histories, unit: csr_matrix, rng: np.random.Generator) -> Values:
    users = some.users
    last = np.zeros(len(some.items), bool)
    drawn = some.starts[:-1] + (rng.random(len(some)) * some.lengths).astype(np.int64)
    last[drawn[some.lengths > 0]] = True
    towards = _likeness(some, some.kept(last), unit)
    away = _likeness(some, some, unit)
    drift = _standardised(towards, users) - _standardised(away, users)
    return np.where(last, np.inf, DRIFT * drift + rng.standard_normal(len(drift)))


def _likeness(some: Histories, anchors: Histories, unit: csr_matrix) -> Values:
    """Return how like each event is to its user's anchors, but for itself, in sum.

    Parameters
    ----------
    unit : csr_matrix of shape (n_users, n_items)
        Who wants what, columns of length 1; all users of the log.
    """
    own = _flags(anchors)
    length = np.sqrt(np.maximum(np.asarray((unit != 0).sum(axis=0)).ravel(), 1))
    scaled = own @ diags(1 / length)
    cosines = (own @ unit.T) @ unit
    users, items = some.users, some.items
    with_user = np.asarray(cosines[users, items]).ravel()
    # The user has all of these items: that they share this one user says nothing.
    of_user = np.asarray(scaled.sum(axis=1)).ravel()[users] / length[items]
    itself = np.asarray(own[users, items]).ravel() * (1 - 1 / length[items] ** 2)
    return np.asarray(with_user - of_user - itself)


def _standardised(values: Values, users: Rows) -> Values:
    """Return the values at mean 0 and standard deviation 1 within each user; 0 if all are one."""
    n = np.maximum(np.bincount(users), 1)
    centred = values - (np.bincount(users, values) / n)[users]
    deviation = np.sqrt(np.bincount(users, centred**2) / n)[users]
    return np.asarray(centred / np.maximum(deviation, 1e-9))


def _flags(histories: Histories) -> csr_matrix:
    flags = histories.matrix()
    flags.data[:] = 1
    return flags
