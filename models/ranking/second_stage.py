"""Putting candidates in order: by one model, by a blend of several, or by a learned ranker."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.ranking.asked import Asked
from models.ranking.first_stage import Candidates, in_pieces
from models.ranking.lambdamart import LambdaMARTRanker
from models.ranking.pair_context import ItemFacts, context, ratios
from models.retrieval.contract import NO_ITEM, Retriever
from models.retrieval.histories import Rows, Scores

PLACE_DAMPING = 10
N_SHORTLISTED = 200
N_TAUGHT = 120
"""Far places teach a ranker next to nothing, and are most of its time."""

Weights = NDArray[np.float32]
Features = NDArray[np.float32]


class Order(Protocol):
    """A way to order candidates."""

    def score(
        self, candidates: Candidates, asked: Asked, of_items: Features | None = None
    ) -> Scores:
        """Return what to order by, shape (n, m); -inf where there is no item.

        Parameters
        ----------
        of_items : array of shape (n, m, n_features)
            What else is known of the candidates now; None: what was when the order was made.
        """

    def refreshed(self, facts: ItemFacts) -> "Order":
        """Return the same order, over what is known of the items now."""


@dataclass(frozen=True)
class SingleOrder:
    """The order of one of the models, by its number."""

    model: int

    def score(
        self,
        candidates: Candidates,
        asked: Asked,  # noqa: ARG002
        of_items: Features | None = None,  # noqa: ARG002
    ) -> Scores:
        """Return the model's own scores."""
        scores = candidates.scores[:, :, self.model]
        return np.where(np.isnan(scores), -np.inf, scores).astype(np.float32)

    def refreshed(self, facts: ItemFacts) -> "SingleOrder":  # noqa: ARG002
        """Return this one: a number knows of nothing."""
        return self


@dataclass(frozen=True)
class BlendOrder:
    """A weighted sum of what the models say, made comparable; one weight per model."""

    weights: Weights
    form: str = "standing"

    def score(
        self,
        candidates: Candidates,
        asked: Asked,  # noqa: ARG002
        of_items: Features | None = None,  # noqa: ARG002
    ) -> Scores:
        """Return the sums."""
        return blended(candidates, FORMS[self.form](candidates), self.weights)

    def refreshed(self, facts: ItemFacts) -> "BlendOrder":  # noqa: ARG002
        """Return this one: weights know of nothing."""
        return self


def blended(candidates: Candidates, opinions: Scores, weights: Weights) -> Scores:
    """Return the weighted sums of opinions, shape (n, m, M); -inf where there is no item."""
    return np.where(candidates.items == NO_ITEM, -np.inf, opinions @ weights).astype(np.float32)


def shares(candidates: Candidates) -> Scores:
    """Return each score's share of its model's sum for the user, over the model's candidates.

    What is below 0, unknown or not among the model's candidates has no share.
    """
    own = (candidates.standings > 0) & (candidates.scores > 0)
    positive = np.where(own, candidates.scores, 0)
    total = positive.sum(axis=1, keepdims=True)
    return np.asarray(positive / np.maximum(total, 1e-30), np.float32)


def places(candidates: Candidates) -> Scores:
    """Return the reciprocal places, damped.

    Source: Cormack, Clarke, Buettcher, "Reciprocal rank fusion outperforms Condorcet" (SIGIR 2009),
    with the damping of 60 brought down to 10 for lists of which the first places are looked at.
    """
    return np.asarray(1 / (PLACE_DAMPING + candidates.places), np.float32)


def standardised(candidates: Candidates) -> Scores:
    """Return each model's scores at mean 0 and standard deviation 1 over the user's candidates.

    What a model has no opinion of counts as its least score; where it says the same of all, 0.
    """
    scores = candidates.scores
    known = ~np.isnan(scores)
    n = np.maximum(known.sum(axis=1, keepdims=True), 1)
    mean = np.where(known, scores, 0).sum(axis=1, keepdims=True) / n
    centred = np.where(known, scores - mean, 0)
    deviation = np.sqrt((centred**2).sum(axis=1, keepdims=True) / n)
    centred = np.where(known, centred, centred.min(axis=1, keepdims=True, initial=0))
    # Rounding leaves equal scores a deviation of about 1e-8 of their mean: they say nothing.
    meant = deviation > 1e-6 * np.abs(mean)
    return np.asarray(np.where(meant, centred / np.where(meant, deviation, 1), 0), np.float32)


FORMS: Mapping[str, Callable[[Candidates], Scores]] = {
    "standing": lambda candidates: candidates.standings,
    "share": shares,
    "place": places,
    "standardised": standardised,
}
"""Ways to make what models say comparable; which is best, a hold-out says."""


@dataclass(frozen=True)
class LearnedOrder:
    """A ranker over the models' opinions and what the histories tell of each pair."""

    ranker: LambdaMARTRanker
    facts: ItemFacts

    def score(
        self, candidates: Candidates, asked: Asked, of_items: Features | None = None
    ) -> Scores:
        """Return the ranker's scores."""
        some = shortlist(candidates, N_SHORTLISTED)
        scores = np.full(some.shape, -np.inf, np.float32)
        if some.any():
            known = self.facts.features[candidates.items] if of_items is None else of_items
            features = pair_features(candidates, asked, self.facts, known)
            scores[some] = self.ranker.score(features[some])
        return scores

    def refreshed(self, facts: ItemFacts) -> "LearnedOrder":
        """Return the same ranker over newer facts."""
        return LearnedOrder(self.ranker, facts)


def shortlist(candidates: Candidates, n: int) -> NDArray[np.bool_]:
    """Return which n candidates of each user have the best places taken together.

    Of equal ones those of the lower number.
    """
    real = candidates.items != NO_ITEM
    if real.shape[1] <= n:
        return np.asarray(real)
    together = np.where(real, places(candidates).sum(axis=2), -np.inf)
    best = np.argsort(-together, axis=1, kind="stable")[:, :n]
    flags = np.zeros(real.shape, bool)
    np.put_along_axis(flags, best, values=True, axis=1)
    return np.asarray(flags & real)


def pair_features(
    candidates: Candidates, asked: Asked, facts: ItemFacts, of_items: Features
) -> Features:
    """Return what a ranker sees of each pair.

    Shape (n, m, 3 per model + the context's + the items' + the users' features + the ratios of these).

    Parameters
    ----------
    of_items : array of shape (n, m, n_features)
        What else is known of the candidates.
    """
    items = candidates.items
    of_user = np.repeat(asked.features[:, None, :], items.shape[1], axis=1)
    parts = [candidates.scores, candidates.standings, candidates.places]
    parts += [context(items, asked.histories, facts), of_items, of_user]
    parts.append(ratios(of_items, asked.features, facts.compared))
    return np.concatenate(parts, axis=2)


@dataclass(frozen=True)
class TwoStages:
    """Fitted models that find candidates, and orders for these, by name.

    Parameters
    ----------
    n_each
        Candidates per model; at least as many as the longest list asked for.
    """

    models: Sequence[Retriever]
    orders: Mapping[str, Order]
    n_each: int

    def only(self, name: str) -> tuple[Sequence[Retriever], Order]:
        """Return one of the orders and the models that it needs."""
        order = self.orders[name]
        if isinstance(order, SingleOrder):
            return [self.models[order.model]], SingleOrder(0)
        return self.models, order

    def recommend(self, asked: Asked, k: int) -> dict[str, tuple[Rows, Scores]]:
        """Return each order's lists, as `models.retrieval.contract.retrieve` does."""
        lists = {name: _no_lists(len(asked), k) for name in self.orders}
        for chunk, some, found in in_pieces(self.models, asked, self.n_each):
            for name, order in self.orders.items():
                items, scores = lists[name]
                items[chunk], scores[chunk] = in_order(found.items, order.score(found, some), k)
        return lists


def in_order(items: Rows, scores: Scores, k: int) -> tuple[Rows, Scores]:
    """Return the k items of the highest scores in each row, both of shape (n, m)."""
    best, of_best = _no_lists(len(items), k)
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    n_found = order.shape[1]
    of_best[:, :n_found] = np.take_along_axis(scores, order, axis=1)
    best[:, :n_found] = np.take_along_axis(items, order, axis=1)
    best[np.isneginf(of_best)] = NO_ITEM
    return best, of_best


def _no_lists(n: int, k: int) -> tuple[Rows, Scores]:
    return np.full((n, k), NO_ITEM, np.int64), np.full((n, k), -np.inf, np.float32)
