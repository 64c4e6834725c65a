"""Candidates: what several retrieval models each think best, side by side, for a ranker to order."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from models.ranking.asked import Asked
from models.retrieval.contract import NO_ITEM, Retriever, top_k
from models.retrieval.histories import Rows, Scores

N_USERS_AT_ONCE = 200
LEAST_SPREAD = 1e-12


@dataclass(frozen=True)
class Candidates:
    """The candidates of n users, m places each, as M models see them.

    Parameters
    ----------
    items : array of shape (n, m)
        Distinct items by rising number, -1 in front where there are fewer.
    scores : array of shape (n, m, M)
        As the models gave them; nan where a model has no opinion.
    standings : array of shape (n, m, M)
        Where a score lies between the model's best (1) and its last candidate (0) for this user, in
        [0, 1]; 0 for what is not among its candidates.
    places : array of shape (n, m, M)
        1 for the model's best; one more than its candidates for what is not among them.
    """

    items: Rows
    scores: Scores
    standings: Scores
    places: Scores

    def part(self, users: Rows) -> "Candidates":
        """Return some of the users."""
        return Candidates(
            self.items[users], self.scores[users], self.standings[users], self.places[users]
        )


def in_pieces(
    models: Sequence[Retriever], asked: Asked, n_each: int
) -> Iterator[tuple[slice, Asked, Candidates]]:
    """Yield pieces of the users with their candidates: each model's `n_each` best, none seen."""
    for chunk, some in asked.chunks(N_USERS_AT_ONCE):
        yield chunk, some, candidates(models, some, n_each)


def candidates(models: Sequence[Retriever], asked: Asked, n_each: int) -> Candidates:
    """Return what the models think best, and what each thinks of what the others found."""
    return _seen_by(*_found(models, asked, n_each))


def opinions(models: Sequence[Retriever], asked: Asked, n_each: int, items: Rows) -> Candidates:
    """Return what the models say of given items, as if they were among the candidates.

    Parameters
    ----------
    items : array of shape (n, m)
        Distinct in each row, -1 where there is none; its order is kept.
    """
    scored, best = _found(models, asked, n_each)
    whole = _seen_by(scored, best, items)
    users = np.arange(len(items))[:, None]
    width = int(whole.items.max(initial=0)) + 2
    keys = (whole.items + users * width).ravel()
    flat = np.searchsorted(keys, (items + users * width).ravel()).reshape(items.shape)
    at = np.where(items == NO_ITEM, 0, flat - users * whole.items.shape[1])
    none = (items == NO_ITEM)[:, :, None]
    parts = ((whole.scores, np.nan), (whole.standings, 0), (whole.places, n_each + 1))
    found = (
        np.where(none, np.float32(nothing), np.take_along_axis(part, at[:, :, None], axis=1))
        for part, nothing in parts
    )
    return Candidates(items, *found)


Found = Sequence[tuple[Rows, Scores]]


def _found(
    models: Sequence[Retriever], asked: Asked, n_each: int
) -> tuple[Sequence[Scores], Found]:
    scored = [model.score(asked.histories) for model in models]
    return scored, [top_k(scores, asked.seen, n_each) for scores in scored]


def _seen_by(scored: Sequence[Scores], best: Found, also: Rows | None = None) -> Candidates:
    """Return the models' best items, and `also` others, as all of them see them."""
    items = union([found for found, _ in best] + ([] if also is None else [also]))
    users = np.arange(len(items))[:, None]
    own = [_standing(items, *found) for found in best]
    given = np.stack([scores[users, items] for scores in scored], axis=2)
    unknown = ~np.isfinite(given) | (items == NO_ITEM)[:, :, None]
    return Candidates(
        items=items,
        scores=np.where(unknown, np.float32(np.nan), given),
        standings=np.stack([standing for standing, _ in own], axis=2),
        places=np.stack([place for _, place in own], axis=2),
    )


def union(found: Sequence[Rows]) -> Rows:
    """Return each row's distinct items by rising number; -1 fills up in front."""
    together = np.sort(np.concatenate(list(found), axis=1), axis=1)
    again = np.zeros(together.shape, bool)
    again[:, 1:] = together[:, 1:] == together[:, :-1]
    distinct = np.sort(np.where(again, NO_ITEM, together), axis=1)
    n_most = int((distinct != NO_ITEM).sum(axis=1).max(initial=1))
    return distinct[:, distinct.shape[1] - n_most :]


def _standing(items: Rows, found: Rows, scores: Scores) -> tuple[Scores, Scores]:
    """Return a model's standings and places of the items, shapes like `items`."""
    n_users, n_each = found.shape
    real = found != NO_ITEM
    last = np.where(real, scores, np.inf).min(axis=1, initial=np.inf)[:, None]
    spread = np.where(real[:, :1], scores[:, :1] - last, 0)
    relative = np.where(real, (scores - last) / np.maximum(spread, LEAST_SPREAD), 0)
    # A lone candidate is its model's best.
    relative = np.where((spread < LEAST_SPREAD) & real, 1.0, relative)
    # Rows of `items` rise and hold every real item of `found`: one search over all rows at once.
    width = int(items.max(initial=0)) + 2
    keys = (items + 1 + np.arange(n_users)[:, None] * width).ravel()
    sought = (found + 1 + np.arange(n_users)[:, None] * width)[real]
    at = np.searchsorted(keys, sought)
    standings = np.zeros(items.size, np.float32)
    places = np.full(items.size, n_each + 1, np.float32)
    standings[at] = relative[real]
    places[at] = (np.nonzero(real)[1] + 1).astype(np.float32)
    return standings.reshape(items.shape), places.reshape(items.shape)
