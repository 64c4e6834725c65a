"""Factors of items, learned from what users took of a category: Monte Carlo EM.

Sources: McFadden, "Conditional logit analysis of qualitative choice behavior" (Frontiers in
Econometrics 1974), the model; Wei and Tanner, "A Monte Carlo Implementation of the EM Algorithm"
(JASA 1990). We depart from the second in drawing tastes from Laplace's approximation, one draw for
each user and round, as there are thousands of users. Learning users' tastes as if they were certain,
by one maximum over users and items, overfits: most have a dozen events.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.sparse import csr_matrix

from models.retrieval.choices import Choices, Floats, tastes
from models.retrieval.histories import Scores

N_NEWTON_STEPS = 2
LEAST_SPREAD = 100.0
"""Events before a word's direction counts fully at the start."""


@dataclass(frozen=True)
class Learning:
    """What is learnt from, and how far the factors may go.

    Parameters
    ----------
    words : csr_matrix of shape (n_items, n_words)
        1 where the item has the attribute.
    log_exposure : array of shape (n_items,)
        Log of the share of the time in which the item could be taken.
    word_regularization, own_regularization, strength_regularization
        Weights of the squared factors of words, of items and of the strengths.
    """

    choices: Sequence[Choices]
    words: csr_matrix
    log_exposure: Scores
    n_users: int
    n_factors: int
    word_regularization: float
    own_regularization: float
    strength_regularization: float

    def run(self, n_rounds: int, n_steps: int, seed: int) -> Scores:
        """Return the items' factors and, in the last column, their strengths.

        Parameters
        ----------
        n_steps
            Of L-BFGS in each round.
        """
        rng = np.random.default_rng(seed)
        learned, modes = self._start(), np.zeros((self.n_users, self.n_factors))
        for _ in range(n_rounds):
            of_items = self._of_items(learned)
            factors, strengths = of_items[:, :-1], of_items[:, -1] + self.log_exposure
            modes, curvatures = tastes(modes, self.choices, factors, strengths, N_NEWTON_STEPS)
            spread = np.linalg.cholesky(np.linalg.inv(curvatures))
            noise = rng.standard_normal(modes.shape)
            drawn = modes + np.einsum("nij,nj->ni", spread, noise)
            learned = self._improved(learned, drawn, n_steps)
        return self._of_items(learned)

    def _of_items(self, learned: Scores) -> Scores:
        n_words = self.words.shape[1]
        return np.asarray(self.words @ learned[:n_words] + learned[n_words:], np.float32)

    def _start(self) -> Scores:
        """Return the directions in which users differ most: of the words they take together."""
        n_items, n_words = self.words.shape
        learned = np.zeros((n_words + n_items, self.n_factors + 1), np.float32)
        together, spread = self._moments()
        scale = 1 / np.sqrt(spread + LEAST_SPREAD)
        values, vectors = np.linalg.eigh(scale[:, None] * together * scale)
        n = min(self.n_factors, n_words)
        roots = np.sqrt(np.maximum(values[-n:], 0))
        learned[:n_words, :n] = scale[:, None] * vectors[:, -n:] * roots
        length = np.sqrt(((self.words @ learned[:n_words]) ** 2).sum(axis=1).mean())
        return np.asarray(learned / max(length, 1e-12), np.float32)

    def _moments(self) -> tuple[Floats, Floats]:
        """Return how words deviate together from their category's mean, but not in one item."""
        n_words = self.words.shape[1]
        sums = np.zeros((self.n_users, n_words), np.float32)
        together, spread = np.zeros((n_words, n_words)), np.zeros(n_words)
        for each in self.choices:
            has = self.words[each.items].toarray()
            n_taken = each.taken.sum(axis=0)
            apart = has - n_taken @ has / n_taken.sum()
            sums[each.users] += each.taken @ apart
            spread += n_taken @ apart**2
            together -= (apart * (each.taken**2).sum(axis=0)[:, None]).T @ apart
        return together + sums.T @ sums, spread

    def _improved(self, learned: Scores, drawn: Floats, n_steps: int) -> Scores:
        users = np.concatenate([drawn, np.ones((len(drawn), 1))], axis=1).astype(np.float32)
        weights = self._regularizations()

        def loss(flat: Floats) -> tuple[float, Floats]:
            at = flat.reshape(learned.shape).astype(np.float32)
            value, of_items = self._misfit(users, self._of_items(at))
            slopes = np.concatenate([self.words.T @ of_items, of_items]) + weights * at
            return value + 0.5 * float((weights * at * at).sum()), slopes.ravel().astype(float)

        options = {"maxiter": n_steps}
        start = learned.ravel().astype(float)
        found = minimize(loss, start, jac=True, method="L-BFGS-B", options=options)
        return np.asarray(found.x.reshape(learned.shape), np.float32)

    def _regularizations(self) -> Scores:
        n_items, n_words = self.words.shape
        weights = np.full((n_words + n_items, self.n_factors + 1), self.own_regularization)
        weights[:n_words] = self.word_regularization
        weights[:, -1] = self.strength_regularization
        return weights.astype(np.float32)

    def _misfit(self, users: Scores, of_items: Scores) -> tuple[float, Scores]:
        """Return minus the log-likelihood of the choices and its slopes, those like `of_items`."""
        value, slopes = 0.0, np.zeros_like(of_items)
        for each in self.choices:
            strength = users[each.users] @ of_items[each.items].T + self.log_exposure[each.items]
            strength -= strength.max(axis=1, keepdims=True)
            n_taken = each.taken.sum(axis=1)
            value -= float((each.taken * strength).sum())
            np.exp(strength, out=strength)
            total = strength.sum(axis=1)
            value += float(n_taken @ np.log(total))
            strength *= (n_taken / total)[:, None]
            slopes[each.items] += (strength - each.taken).T @ users[each.users]
        return value, slopes
