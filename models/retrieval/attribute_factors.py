"""What the user comes for, and which of it suits them: categories, and factors from attributes.

An item's factors are the sum of those of its attributes and of its own, so that a product that nobody
met yet has those of its brand, its style, its words.

Where the log tells what users were shown, that is evidence too: lists are made for what the user came
for, and by a shop that knows something of tastes. It counts for tastes, factors and categories alike,
whether the user acted or not.

Sources: McFadden, "Conditional logit analysis of qualitative choice behavior" (Frontiers in
Econometrics 1974), the choice within a category; Kula, "Metadata Embeddings for User and Item
Cold-start Recommendations" (CBRecSys 2015), factors as sums over attributes. We depart from the second
in choosing among all items of a category, where it draws pairs of items, and in solving a user's
taste anew from the history that is asked about, so that it follows the last click.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix
from threadpoolctl import threadpool_limits

from models.retrieval.choice_learning import Learning
from models.retrieval.choices import category_numbers, choices, tastes
from models.retrieval.histories import Histories, Rows, Scores
from models.retrieval.items import Items
from models.retrieval.words import common_words

N_NEWTON_STEPS = 4
LEAST_EXPOSURE_DAYS = 1.0
PRIOR_SHARE_VISITS = 20.0
"""Visits added to each category's, so that a few don't make a season."""


@dataclass
class AttributeFactorsRetriever:
    """Score items by the chance of their category times the chance to be taken of it.

    Parameters
    ----------
    n_factors
        Size of a taste.
    word_regularization, own_regularization, strength_regularization
        Weights of the squared norms of the attributes' and the items' own factors, and of how
        much an item is taken by everybody.
    prior_visits
        So many visits as everybody's mixture of categories are added to the user's own.
    shown_sharpness
        Where the log tells what was shown, tastes are learnt from lists much more than from acts. What
        is taken was chosen twice, for the list and from it: tastes count so many times.
    season_days
        What so many newest days have more of a category than all days is its season.
    min_items
        A word that fewer items have is no attribute.
    n_rounds, n_steps
        Of EM, and of L-BFGS in each round.
    seed
        Of the draws of tastes while learning.
    """

    n_factors: int = 8
    word_regularization: float = 3.0
    own_regularization: float = 10.0
    strength_regularization: float = 1.0
    prior_visits: float = 1.0
    shown_sharpness: float = 1.25
    season_days: float = 14.0
    min_items: int = 5
    n_rounds: int = 10
    n_steps: int = 10
    seed: int = 0
    item_factors_: Scores = field(default_factory=lambda: np.empty((0, 0), np.float32), init=False)
    strengths_: Scores = field(default_factory=lambda: np.empty(0, np.float32), init=False)
    categories_: Rows = field(default_factory=lambda: np.empty(0, np.int64), init=False)
    category_shares_: Scores = field(default_factory=lambda: np.empty(0, np.float32), init=False)
    season_: Scores = field(default_factory=lambda: np.empty(0, np.float32), init=False)
    n_shown_per_visit_: float = field(default=1.0, init=False)

    def fit(self, histories: Histories, items: Items) -> Self:
        """Learn the items' factors and how much each category is visited."""
        self.categories_ = category_numbers(items)
        self.n_shown_per_visit_ = self._n_shown_per_visit(histories)
        recent = histories.kept(histories.days > histories.days.max(initial=0) - self.season_days)
        whole, now = self._shares(histories), self._shares(recent)
        self.category_shares_, self.season_ = whole, now / whole
        learning = Learning(
            choices=choices(histories, self.categories_),
            words=common_words(items.documents, self.min_items),
            log_exposure=log_exposure(histories),
            n_users=len(histories),
            n_factors=self.n_factors,
            word_regularization=self.word_regularization,
            own_regularization=self.own_regularization,
            strength_regularization=self.strength_regularization,
        )
        with threadpool_limits(1, "blas"):
            found = learning.run(self.n_rounds, self.n_steps, self.seed)
        self.item_factors_, self.strengths_ = found[:, :-1].copy(), found[:, -1].copy()
        return self

    def score(self, histories: Histories) -> Scores:
        """Return the chance that the user takes the item next, 0 to 1; of no history, nothing."""
        nothing = np.zeros((len(histories), self.n_factors))
        made = choices(histories, self.categories_)
        users, _ = tastes(nothing, made, self.item_factors_, self.strengths_, N_NEWTON_STEPS)
        sharpness = 1.0 if histories.shown is None else self.shown_sharpness
        strength = sharpness * (users @ self.item_factors_.T) + self.strengths_
        powers = np.exp(strength - strength.max(axis=1, keepdims=True))
        of_category = np.maximum(powers @ self._members(), 1e-30)
        scale = self._category_chances(histories) / of_category
        scores = powers * scale[:, self.categories_]
        scores[histories.lengths == 0] = -np.inf
        return np.asarray(scores, np.float32)

    def _category_chances(self, histories: Histories) -> Scores:
        visits = self._visits(histories).toarray() + self.prior_visits * self.category_shares_
        visits = visits * self.season_
        return np.asarray(visits / visits.sum(axis=1, keepdims=True), np.float32)

    def _shares(self, histories: Histories) -> Scores:
        n_visits = (
            np.asarray(self._acted_visits(histories).sum(axis=0)).ravel() + PRIOR_SHARE_VISITS
        )
        return np.asarray(n_visits / n_visits.sum(), np.float32)

    def _n_shown_per_visit(self, histories: Histories) -> float:
        n_shown = 0.0 if histories.shown is None else float(histories.shown.sum())
        return max(n_shown / max(float(self._acted_visits(histories).sum()), 1.0), 1.0)

    def _visits(self, histories: Histories) -> csr_matrix:
        """Return how often users came for categories, shape (n, n_categories).

        Days on which they did something, or what they were shown tells of more visits than these.
        """
        acted = self._acted_visits(histories)
        if histories.shown is None:
            return acted
        return acted.maximum(histories.shown @ self._members() / self.n_shown_per_visit_)

    def _members(self) -> csr_matrix:
        """Return 1 where the item is of the category, shape (n_items, n_categories)."""
        n_items, n_categories = len(self.categories_), int(self.categories_.max(initial=0)) + 1
        cells = (np.ones(n_items, np.float32), (np.arange(n_items), self.categories_))
        return csr_matrix(cells, shape=(n_items, n_categories))

    def _acted_visits(self, histories: Histories) -> csr_matrix:
        n_categories = int(self.categories_.max(initial=0)) + 1
        days = np.floor(histories.days).astype(np.int64)
        cells = np.stack([histories.users, self.categories_[histories.items], days])
        users, categories, _ = np.unique(cells, axis=1)
        ones = np.ones(len(users), np.float32)
        return csr_matrix((ones, (users, categories)), shape=(len(histories), n_categories))


def log_exposure(histories: Histories) -> Scores:
    """Return the log of the share of the time since each item was first met, shape (n_items,)."""
    days = histories.days
    last = days.max(initial=0.0)
    first = np.full(histories.n_items, last)
    np.minimum.at(first, histories.items, days)
    whole = last - first.min(initial=last) + LEAST_EXPOSURE_DAYS
    return np.asarray(np.log((last - first + LEAST_EXPOSURE_DAYS) / whole), np.float32)
