"""What other policies of giving out arms would have earned, out of what an experiment logged.

Each unit had an arm by a known chance. A policy gives each kind of unit an arm; its value is the mean reward over
units of the log, weighted by inverse propensity and divided by the weights' mean (`off_policy.self_normalised`). Kinds
are known before the first exposure, so that no arm bears on them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.experiments.analysis import ArmUnits
from models.evaluation.experiments.off_policy import effective_units, self_normalised, weights
from models.evaluation.experiments.ratios import Estimate, Values, mean

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Logged:
    """Units of all arms together; arrays of shape (n_units,).

    Parameters
    ----------
    arms
        Names; `arm` has the place of each unit's.
    bought_before
        Whether the unit bought anything in the weeks before the experiment.
    """

    arms: Sequence[str]
    arm: NDArray[np.int64]
    propensities: Values
    rewards: Values
    bought_before: Flags

    def part(self, chosen: Flags) -> "Logged":
        """Return some of the units."""
        return Logged(
            self.arms,
            self.arm[chosen],
            self.propensities[chosen],
            self.rewards[chosen],
            self.bought_before[chosen],
        )


@dataclass(frozen=True)
class PolicyValue:
    """What a policy would earn per unit, and of how many units of equal weight that is known."""

    policy: str
    value: Estimate
    n_effective: float


def logged(units: Mapping[str, ArmUnits], shares: Mapping[str, float]) -> Logged:
    """Return an experiment's units with what they spent as the reward, in cents.

    Parameters
    ----------
    shares
        The chance of each arm.
    """
    names = list(units)
    counts = [units[name].n_units for name in names]
    empty = np.zeros(0)
    spent = [units[name].counts["revenue_cents"] for name in names]
    before = [
        units[name].before.get("revenue_cents", np.zeros(units[name].n_units)) for name in names
    ]
    return Logged(
        names,
        np.repeat(np.arange(len(names)), counts),
        np.repeat([shares[name] for name in names], counts).astype(np.float64),
        np.concatenate([empty, *spent]),
        np.concatenate([empty, *before]) > 0,
    )


def policy_values(log: Logged) -> Iterator[PolicyValue]:
    """Yield what each arm would earn if everybody had it, and each kind of unit its better arm.

    Which arm is better for a kind is seen in half of the units and judged by the others: of what was chosen
    by the same units, too much is promised.
    """
    for place, name in enumerate(log.arms):
        yield _valued(f"{name} for everybody", log, np.full(len(log.arm), place))
    choosing = np.arange(len(log.arm)) % 2 == 0
    best = [_best_arm(log.part(choosing & (log.bought_before == kind))) for kind in (False, True)]
    if None in best:
        return
    for_new, for_buyers = (place for place in best if place is not None)
    judged = log.part(~choosing)
    name = f"{log.arms[for_buyers]} for who bought before, {log.arms[for_new]} for others"
    yield _valued(name, judged, np.where(judged.bought_before, for_buyers, for_new))


def _valued(name: str, log: Logged, wanted_arm: NDArray[np.int64]) -> PolicyValue:
    wanted = (log.arm == wanted_arm).astype(np.float64)
    value = self_normalised(log.rewards, log.propensities, wanted)
    return PolicyValue(name, value, effective_units(weights(log.propensities, wanted)))


def _best_arm(log: Logged) -> int | None:
    """Return the place of the arm whose units earned most; None unless each arm has two units."""
    counts = np.bincount(log.arm, minlength=len(log.arms))
    if counts.min() < 2:
        return None
    earned = [mean(log.rewards[log.arm == place]).value for place in range(len(log.arms))]
    return int(np.argmax(earned))
