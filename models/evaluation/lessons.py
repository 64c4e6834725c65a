"""What a hold-out teaches an order: candidates of its users, and which of them were wanted."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.holdouts import Holdout
from models.evaluation.weights import best_weights, ndcg_by_user
from models.ranking.asked import Asked
from models.ranking.first_stage import Candidates, in_pieces
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
from models.retrieval.contract import NO_ITEM, Retriever
from models.retrieval.histories import Rows

N_BLENDING_USERS = 2_000
N_DESCRIBED_AT_ONCE = 500

Values = NDArray[np.float64]
Teach = Callable[["Lesson"], Order]


@dataclass(frozen=True)
class Lesson:
    """Candidates of n users and the truth about them.

    Parameters
    ----------
    wanted : array of shape (n, m)
        Which candidates came later.
    n_wanted : array of shape (n,)
        How many items came later, found among the candidates or not; at least 1.
    k
        Places of a list that count.
    """

    asked: Asked
    candidates: Candidates
    wanted: NDArray[np.bool_]
    n_wanted: NDArray[np.int64]
    facts: ItemFacts
    k: int
    seed: int

    def __len__(self) -> int:
        return len(self.n_wanted)

    def part(self, users: Rows) -> "Lesson":
        """Return some of the users."""
        return Lesson(
            self.asked.part(users),
            self.candidates.part(users),
            self.wanted[users],
            self.n_wanted[users],
            self.facts,
            self.k,
            self.seed,
        )

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
    return Lesson(
        asked=holdout.asked,
        candidates=found,
        wanted=wanted.reshape(found.items.shape) & (found.items != NO_ITEM),
        n_wanted=np.diff(holdout.relevant.indptr).astype(np.int64),
        facts=facts,
        k=k,
        seed=seed,
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
    for taught, judged in ((0, 1), (1, 0)):
        order = teach(lesson.part(np.nonzero(half == taught)[0]))
        users = np.nonzero(half == judged)[0]
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
    some = lesson.part(np.nonzero(lesson.wanted.any(axis=1))[0])
    shown = shortlist(some.candidates, N_TAUGHT)
    features = np.concatenate([_features(some, shown, users) for users in _pieces(len(some))])
    ranker = LambdaMARTRanker(k=lesson.k, seed=lesson.seed)
    ranker.fit(features, some.wanted[shown], shown.sum(axis=1))
    return LearnedOrder(ranker, lesson.facts)


def _pieces(n_users: int) -> list[Rows]:
    # All candidates' features at once would be several times what the ranker is shown of them.
    starts = range(0, n_users, N_DESCRIBED_AT_ONCE)
    return [np.arange(start, min(start + N_DESCRIBED_AT_ONCE, n_users)) for start in starts]


def _features(lesson: Lesson, shown: NDArray[np.bool_], users: Rows) -> NDArray[np.float32]:
    some = lesson.part(users)
    of_items = some.facts.features[some.candidates.items]
    return pair_features(some.candidates, some.asked, some.facts, of_items)[shown[users]]
