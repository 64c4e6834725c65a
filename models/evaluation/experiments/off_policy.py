"""What another policy would have earned, out of what was logged under a policy whose chances are known.

A policy chooses an action (an arm, a list) for each unit; the log has one action for each, the chance
that it had, and what it earned. Intervals are over units, by the delta method.
"""

import math

import numpy as np

from models.evaluation.experiments.ratios import Estimate, Values, mean, ratio

NO_CAP = math.inf


def replayed(rewards: Values, is_same: Values) -> Estimate:
    """Return the mean reward where the log happens to hold what the policy would have done.

    Source: Li, Chu, Langford, Wang, "Unbiased offline evaluation of contextual-bandit-based news article
    recommendation algorithms" (WSDM 2011). Sound where every action had the same chance.

    Parameters
    ----------
    is_same : array of shape (n_units,)
        1 where the logged action is the policy's, else 0.
    """
    return ratio(rewards * is_same, is_same)


def weighted(
    rewards: Values, propensities: Values, wanted: Values, cap: float = NO_CAP
) -> Estimate:
    """Return the policy's mean reward by inverse propensity: unbiased without a cap, and noisy.

    Source: Horvitz, Thompson, "A generalization of sampling without replacement" (JASA 1952).

    Parameters
    ----------
    propensities : array of shape (n_units,)
        The chance that the logged action had; above 0.
    wanted : array of shape (n_units,)
        The chance that the policy would have given it.
    cap
        Larger weights count as this one: less noise, and too little where the log is thin.
    """
    return mean(rewards * weights(propensities, wanted, cap))


def self_normalised(
    rewards: Values, propensities: Values, wanted: Values, cap: float = NO_CAP
) -> Estimate:
    """Return the policy's mean reward by inverse propensity, divided by the weights' mean.

    Source: Swaminathan, Joachims, "The self-normalized estimator for counterfactual learning" (NeurIPS 2015).
    Rewards that are all raised by one raise it by one, which `weighted` does not promise.
    """
    each = weights(propensities, wanted, cap)
    return ratio(rewards * each, each)


def weights(propensities: Values, wanted: Values, cap: float = NO_CAP) -> Values:
    """Return how much each logged unit counts.

    Raises
    ------
    ValueError
        If an action was logged that had no chance.
    """
    if not (propensities > 0).all():
        raise ValueError("a logged action had no chance: propensities must be above 0")
    return np.minimum(wanted / propensities, cap)


def effective_units(each: Values) -> float:
    """Return how many units of equal weight tell as much (Kish's effective sample size)."""
    total = float((each**2).sum())
    return float(each.sum()) ** 2 / total if total > 0 else 0.0
