"""Less noise by what units did before the experiment.

Source: Deng, Xu, Kohavi, Walker, "Improving the sensitivity of online controlled experiments by utilizing
pre-experiment data" (WSDM 2013): CUPED. What happened before no arm can have changed, so that what it
explains of a metric is noise. Ratios are taken apart into what each unit adds (`ratios.linear_parts`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.evaluation.experiments.ratios import NAN, Estimate, Values, linear_parts


@dataclass(frozen=True)
class Observed:
    """An arm's units: numerator and denominator of a metric, and a value of before; all of shape (n,)."""

    numerators: Values
    denominators: Values
    before: Values

    @property
    def is_sound(self) -> bool:
        """Whether there is anything to divide by."""
        return len(self.numerators) > 1 and float(self.denominators.sum()) != 0


def adjusted(arms: Sequence[Observed]) -> list[Estimate]:
    """Return the metric of each arm, freed of what chance gave it before.

    The slope is one for all arms. Only differences of the estimates mean anything by themselves: all
    are moved to the common mean of before, whose own error they share.
    """
    if not all(arm.is_sound for arm in arms):
        return [Estimate(NAN, NAN, len(arm.numerators)) for arm in arms]
    parts = [linear_parts(arm.numerators, arm.denominators) for arm in arms]
    slope = _slope(parts, [arm.before for arm in arms])
    common = float(np.concatenate([arm.before for arm in arms]).mean())
    return [
        _estimate(part - slope * (arm.before - common))
        for part, arm in zip(parts, arms, strict=True)
    ]


def variance_left(plain: Estimate, freed: Estimate) -> float:
    """Return the share of the variance that the adjustment leaves; nan where there was none."""
    if not plain.standard_error > 0:
        return NAN
    return (freed.standard_error / plain.standard_error) ** 2


def _slope(parts: Sequence[Values], before: Sequence[Values]) -> float:
    """Return the slope within arms: an effect of an arm is no part of it."""
    centred = np.concatenate([x - x.mean() for x in before])
    outcome = np.concatenate([y - y.mean() for y in parts])
    spread = float(centred @ centred)
    return float(outcome @ centred) / spread if spread > 0 else 0.0


def _estimate(parts: Values) -> Estimate:
    error = float(parts.std(ddof=1)) / math.sqrt(len(parts))
    return Estimate(float(parts.mean()), error, len(parts))
