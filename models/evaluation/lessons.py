"""What a hold-out teaches an order: candidates of its users, and which of them were wanted.

Where the log tells what was shown, it teaches by that too: what was looked at and what was passed over.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from models.evaluation.holdouts import Holdout
from models.evaluation.weights import best_weights, ndcg_by_user
from models.ranking.asked import Asked
from models.ranking.first_stage import Candidates, in_pieces, opinions
from models.ranking.lambdamart import LambdaMARTRanker
from models.ranking.pair_context import ItemFacts
from models.ranking.second_stage import (
    FORMS,
    N_TAUGHT,
    BlendOrder,
    LearnedOrder,
    Order,
    blended,
    pair_features,
    shortlist,
)
from models.ranking.shown import IN_THE_CART, KnownLists
from models.retrieval.contract import NO_ITEM, Retriever
from models.retrieval.histories import Rows

N_BLENDING_USERS = 2_000
N_DESCRIBED_AT_ONCE = 500
NOT_SHOWN = 0
"""Position of what was on no list."""

Values = NDArray[np.float64]
Teach = Callable[["Lesson"], Order]


@dataclass(frozen=True)
class Shown:
    """Items of n lists as a ranker sees them.

    Parameters
    ----------
    users : array of shape (n,)
        Who was shown the list.
    n_items : array of shape (n,)
        How many items each list has; adds up to n_pairs.
    features : array of shape (n_pairs, n_features)
    outcomes, positions : arrays of shape (n_pairs,)
    """

    users: Rows
    n_items: NDArray[np.int64]
    features: NDArray[np.float32]
    outcomes: NDArray[np.int64]
    positions: NDArray[np.int64]

    def without(self, users: Rows) -> "Shown":
        """Return the lists of others than these users."""
        kept = ~np.isin(self.users, users)
        pairs = np.repeat(kept, self.n_items)
        return Shown(
            self.users[kept],
            self.n_items[kept],
            self.features[pairs],
            self.outcomes[pairs],
            self.positions[pairs],
        )


@dataclass(frozen=True)
class Lesson:
    """Candidates of n users and the truth about them.

    Parameters
    ----------
    users : array of shape (n,)
        Rows of the log.
    wanted : array of shape (n, m)
        Which candidates came later.
    n_wanted : array of shape (n,)
        How many items came later, found among the candidates or not; at least 1.
    k
        Places of a list that count.
    shown
        What was shown to these users and others; None where nobody knows.
    """

    users: Rows
    asked: Asked
    candidates: Candidates
    wanted: NDArray[np.bool_]
    n_wanted: NDArray[np.int64]
    facts: ItemFacts
    k: int
    seed: int
    shown: Shown | None = None

    def __len__(self) -> int:
        return len(self.n_wanted)

    def part(self, users: Rows) -> "Lesson":
        """Return some of the users; all that was shown stays."""
        return replace(
            self,
            users=self.users[users],
            asked=self.asked.part(users),
            candidates=self.candidates.part(users),
            wanted=self.wanted[users],
            n_wanted=self.n_wanted[users],
        )

    def without(self, users: Rows) -> "Lesson":
        """Return what the others teach: nothing of these users, nor what they were shown."""
        others = np.setdiff1d(np.arange(len(self)), users)
        shown = None if self.shown is None else self.shown.without(self.users[users])
        return replace(self.part(others), shown=shown)

    def ndcg(self, order: Order) -> Values:
        """Return each user's NDCG@k in an order, shape (n,)."""
        scores = order.score(self.candidates, self.asked)
        return ndcg_by_user(scores, self.wanted, self.n_wanted, self.k)


def lesson_of(
    models: Sequence[Retriever], holdout: Holdout, facts: ItemFacts, n_each: int, k: int, seed: int
) -> Lesson:
    """Return the lesson that a hold-out teaches above models fitted before it."""
    pieces = in_pieces(models, holdout.asked, n_each)
    found = together([each for _, _, each in pieces])
    users = np.repeat(np.arange(len(found.items)), found.items.shape[1])
    wanted = np.asarray(holdout.relevant[users, np.maximum(found.items, 0).ravel()]) != 0
    lists = holdout.lists
    return Lesson(
        users=holdout.users,
        asked=holdout.asked,
        candidates=found,
        wanted=wanted.reshape(found.items.shape) & (found.items != NO_ITEM),
        n_wanted=np.diff(holdout.relevant.indptr).astype(np.int64),
        facts=facts,
        k=k,
        seed=seed,
        shown=_described(models, lists, facts, n_each)
        if lists is not None and len(lists)
        else None,
    )


def _described(
    models: Sequence[Retriever], lists: KnownLists, facts: ItemFacts, n_each: int
) -> Shown:
    """Return lists as a ranker sees them."""
    shown, features = lists.shown, []
    real = shown.items != NO_ITEM
    for users in _pieces(len(lists)):
        some = lists.part(users)
        found = opinions(models, some.asked, n_each, some.shown.items)
        features.append(pair_features(found, some.asked, facts, some.of_items)[real[users]])
    return Shown(
        users=shown.users,
        n_items=real.sum(axis=1),
        features=np.concatenate(features),
        outcomes=shown.outcomes[real],
        positions=shown.positions[real],
    )


def together(pieces: Sequence[Candidates]) -> Candidates:
    """Return pieces of users one after the other, as wide as the widest."""
    width = max(piece.items.shape[1] for piece in pieces)
    padding = [(width - piece.items.shape[1], piece) for piece in pieces]
    n_most = np.concatenate([piece.places for piece in pieces], axis=None).max()
    return Candidates(
        items=np.concatenate([_padded(piece.items, n, NO_ITEM) for n, piece in padding]),
        scores=np.concatenate([_padded(piece.scores, n, np.nan) for n, piece in padding]),
        standings=np.concatenate([_padded(piece.standings, n, 0) for n, piece in padding]),
        places=np.concatenate([_padded(piece.places, n, n_most) for n, piece in padding]),
    )


def _padded(array: NDArray[np.generic], n: int, value: float) -> NDArray[np.generic]:
    widths = [(0, 0), (n, 0), (0, 0)][: array.ndim]
    return np.pad(array, widths, constant_values=value)


def cross_ndcg(lesson: Lesson, teach: Teach) -> Values:
    """Return each user's NDCG@k in the order that the other half of the users taught."""
    half = np.random.default_rng(lesson.seed).permutation(len(lesson)) % 2
    values = np.full(len(lesson), np.nan)
    for judged in (1, 0):
        users = np.nonzero(half == judged)[0]
        order = teach(lesson.without(users))
        values[users] = lesson.part(users).ndcg(order)
    return values


def blend_taught_by(lesson: Lesson) -> BlendOrder:
    """Return the blend that orders best, by some of the users if there are many."""
    some = lesson.part(np.arange(min(len(lesson), N_BLENDING_USERS)))
    found = [_blend_of_form(some, form) for form in FORMS]
    return max(found, key=lambda pair: pair[0])[1]


def _blend_of_form(lesson: Lesson, form: str) -> tuple[float, BlendOrder]:
    candidates = lesson.candidates
    opinions = FORMS[form](candidates)

    def value(weights: NDArray[np.float32]) -> float:
        scores = blended(candidates, opinions, weights)
        return float(ndcg_by_user(scores, lesson.wanted, lesson.n_wanted, lesson.k).mean())

    weights = best_weights(opinions.shape[2], value)
    return value(weights), BlendOrder(weights, form)


def ranker_taught_by(lesson: Lesson) -> LearnedOrder:
    """Return a ranker taught by the users for whom the candidates hold something wanted.

    Raises
    ------
    ValueError
        If there is no such user.
    """
    features, wanted, n_by_user = _wanted_pairs(lesson)
    ranker = LambdaMARTRanker(k=lesson.k, seed=lesson.seed)
    return LearnedOrder(ranker.fit(features, wanted, n_by_user), lesson.facts)


def shown_ranker_taught_by(lesson: Lesson) -> LearnedOrder:
    """Return a ranker taught by the candidates and by the lists that were shown.

    A candidate that came later was wanted as much as what was put in the cart. What the place on a
    list did is not taken for the item's.

    Raises
    ------
    ValueError
        If there is no list, or no user for whom the candidates hold something wanted.
    """
    if lesson.shown is None:
        raise ValueError("no list was shown: there is no impression to learn from")
    features, wanted, n_by_user = _wanted_pairs(lesson)
    shown, on_no_list = lesson.shown, np.full(len(features), NOT_SHOWN)
    ranker = LambdaMARTRanker(k=lesson.k, seed=lesson.seed)
    ranker.fit(
        np.concatenate([features, shown.features]),
        np.concatenate([IN_THE_CART * wanted.astype(np.int64), shown.outcomes]),
        np.concatenate([n_by_user, shown.n_items]),
        np.concatenate([on_no_list, shown.positions]),
    )
    return LearnedOrder(ranker, lesson.facts)


def _wanted_pairs(
    lesson: Lesson,
) -> tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.int64]]:
    some = lesson.part(np.nonzero(lesson.wanted.any(axis=1))[0])
    near = shortlist(some.candidates, N_TAUGHT)
    features = [_features(some, near, users) for users in _pieces(len(some))]
    if not features:
        raise ValueError("nobody's candidates hold anything wanted: there is nothing to learn")
    return np.concatenate(features), some.wanted[near], near.sum(axis=1)


def _pieces(n_users: int) -> list[Rows]:
    # All users' features at once would be several times what the ranker is shown of them.
    starts = range(0, n_users, N_DESCRIBED_AT_ONCE)
    return [np.arange(start, min(start + N_DESCRIBED_AT_ONCE, n_users)) for start in starts]


def _features(lesson: Lesson, near: NDArray[np.bool_], users: Rows) -> NDArray[np.float32]:
    some = lesson.part(users)
    of_items = some.facts.features[some.candidates.items]
    return pair_features(some.candidates, some.asked, some.facts, of_items)[near[users]]
