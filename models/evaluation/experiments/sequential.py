"""Bounds that hold at all looks together, so that an experiment may be looked at every day and stopped.

Source: Waudby-Smith, Arbour, Sinha, Kennedy, Ramdas, "Time-uniform central limit theory and asymptotic
confidence sequences" (Annals of Statistics 2024), theorem 2.2: Robbins' normal mixture with the variance
estimated; its test is the mSPRT of Johari, Koomen, Pekelis, Walsh, "Always valid inference" (Operations
Research 2022). They hold as the number of units grows: below `MIN_UNITS` nothing is decided.
"""

import math
from dataclasses import dataclass

from models.evaluation.experiments.ratios import NAN, Estimate

ALPHA = 0.05
MIN_UNITS = 200
"""Of both arms together."""


@dataclass(frozen=True)
class Sequential:
    """A rule for an experiment, made before it starts.

    Parameters
    ----------
    alpha
        In so many of all experiments without an effect a bound is ever on the wrong side of 0.
    n_planned
        Units at which the bounds are narrowest, for their number; any other is sound, too.
    """

    alpha: float = ALPHA
    n_planned: int = 20_000

    @property
    def mixture(self) -> float:
        """The variance of the mixture in units of one unit's variance (`rho` squared of the paper)."""
        doubled = -2 * math.log(self.alpha)
        return (doubled + math.log(doubled + 1)) / self.n_planned

    def bounds(self, found: Estimate) -> tuple[float, float]:
        """Return bounds of a difference of arms that hold at this look and at all others."""
        if found.n_units < MIN_UNITS or math.isnan(found.standard_error):
            return -math.inf, math.inf
        known = found.n_units * self.mixture
        half = found.standard_error * math.sqrt(
            (1 + 1 / known) * math.log((known + 1) / self.alpha**2)
        )
        return found.value - half, found.value + half

    def p_value(self, found: Estimate) -> float:
        """Return a p-value that stays valid whenever one looks: below `alpha` just if `bounds` leave 0 out."""
        if found.n_units < MIN_UNITS or not found.standard_error > 0:
            return NAN
        known = found.n_units * self.mixture
        distance = (found.value / found.standard_error) ** 2
        exponent = -distance * known / (2 * (known + 1))
        return min(1.0, math.sqrt(known + 1) * math.exp(exponent))
