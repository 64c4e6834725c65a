"""What models found for each known user, kept until it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.ranking.asked import Asked
from models.ranking.first_stage import LEAST_SPREAD, Candidates, in_pieces
from models.ranking.second_stage import shortlist
from models.retrieval.contract import NO_ITEM, Retriever
from models.retrieval.histories import Scores

MAX_EACH = 254


@dataclass(frozen=True)
class Shortlists:
    """The best candidates of n users, at most m of each, as M models see them.

    Standings are not kept: they follow from the scores and what these range over.

    Parameters
    ----------
    items : array of shape (n, m)
        Rising, -1 in front where there are fewer.
    scores : array of shape (n, m, M)
        nan where a model has no opinion.
    places : array of shape (n, m, M)
        1 for the model's best, `n_each + 1` for what is not among its candidates.
    last, spread : arrays of shape (n, M)
        A model's lowest score among its candidates, and how far above it the highest is.
    n_each
        Candidates per model, at most `MAX_EACH`.
    """

    items: NDArray[np.int32]
    scores: Scores
    places: NDArray[np.uint8]
    last: Scores
    spread: Scores
    n_each: int

    def of_user(self, user: int) -> Candidates:
        """Return one user's candidates, as `models.ranking.first_stage` found them."""
        items = self.items[user]
        first = int(np.searchsorted(items, 0))
        scores, places = self.scores[user, first:], self.places[user, first:].astype(np.float32)
        spread = self.spread[user]
        relative = (scores - self.last[user]) / np.maximum(spread, np.float32(LEAST_SPREAD))
        relative = np.where(spread < LEAST_SPREAD, np.float32(1), relative)
        standings = np.where(places <= self.n_each, relative, np.float32(0))
        return Candidates(
            items[None, first:].astype(np.int64), scores[None], standings[None], places[None]
        )


def shortlists(models: Sequence[Retriever], asked: Asked, n_each: int, n: int) -> Shortlists:
    """Return each user's n candidates of the best places taken together.

    Raises
    ------
    ValueError
        If `n_each` is above `MAX_EACH`.
    """
    if n_each > MAX_EACH:
        raise ValueError(f"{n_each} candidates per model are more than {MAX_EACH}")
    n_users, n_models = len(asked), len(models)
    made = Shortlists(
        items=np.full((n_users, n), NO_ITEM, np.int32),
        scores=np.full((n_users, n, n_models), np.nan, np.float32),
        places=np.full((n_users, n, n_models), n_each + 1, np.uint8),
        last=np.zeros((n_users, n_models), np.float32),
        spread=np.zeros((n_users, n_models), np.float32),
        n_each=n_each,
    )
    for chunk, _, found in in_pieces(models, asked, n_each):
        _keep(made, chunk, found, n)
    return made


def _keep(made: Shortlists, chunk: slice, found: Candidates, n: int) -> None:
    users, columns = np.nonzero(shortlist(found, n))
    kept = np.bincount(users, minlength=len(found.items))
    # Each user's places fill the end of the row, so that the items rise over all of it.
    to = np.arange(len(users)) - (np.cumsum(kept) - kept)[users] + (n - kept)[users]
    made.items[chunk][users, to] = found.items[users, columns]
    made.scores[chunk][users, to] = found.scores[users, columns]
    made.places[chunk][users, to] = found.places[users, columns]
    own = (found.places <= made.n_each) & np.isfinite(found.scores)
    highest = np.where(own, found.scores, -np.inf).max(axis=1, initial=-np.inf)
    lowest = np.where(own, found.scores, np.inf).min(axis=1, initial=np.inf)
    none = np.isinf(lowest)
    made.last[chunk] = np.where(none, 0, lowest)
    made.spread[chunk] = np.where(none, 0, highest - np.where(none, 0, lowest))
