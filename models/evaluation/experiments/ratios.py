"""Metrics of an arm as ratios of sums over its units, and what the draw of units leaves open.

A unit (a customer, a visitor) is what was put into an arm; its events go together, so that the variance
is one over units, never over events. Source: Deng, Knoblich, Lu, "Applying the delta method in metric
analytics" (KDD 2018).
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
NAN = float("nan")
LEVEL = 0.95


@dataclass(frozen=True)
class Estimate:
    """A value and its standard error, of `n_units` units; nan where there is nothing to divide by."""

    value: float
    standard_error: float
    n_units: int

    def interval(self, level: float = LEVEL) -> tuple[float, float]:
        """Return the bounds that hold the truth in `level` of all experiments, looked at once."""
        half = normal_quantile(0.5 + level / 2) * self.standard_error
        return self.value - half, self.value + half

    def p_value(self) -> float:
        """Return how often a value at least so far from 0 comes by luck alone; nan without an error."""
        if not self.standard_error > 0:
            return NAN
        return math.erfc(abs(self.value) / self.standard_error / math.sqrt(2))


def normal_quantile(probability: float) -> float:
    """Return the standard normal's quantile."""
    return NormalDist().inv_cdf(probability)


def ratio(numerators: Values, denominators: Values) -> Estimate:
    """Return sum(numerators) / sum(denominators) over units, by the delta method.

    Parameters
    ----------
    numerators, denominators : arrays of shape (n_units,)
        Of a mean per unit all denominators are 1.
    """
    n_units, total = len(numerators), float(denominators.sum())
    if n_units < 2 or total == 0:
        return Estimate(NAN, NAN, n_units)
    value = float(numerators.sum()) / total
    return Estimate(value, _standard_error(linear_parts(numerators, denominators)), n_units)


def mean(values: Values) -> Estimate:
    """Return the mean per unit."""
    return ratio(values, np.ones(len(values)))


def linear_parts(numerators: Values, denominators: Values) -> Values:
    """Return what each unit adds to a ratio: their mean is the ratio, their spread makes its error.

    The first-order expansion of sum(y) / sum(x) at the means, shape (n_units,).
    """
    value = numerators.sum() / denominators.sum()
    return np.asarray(value + (numerators - value * denominators) / denominators.mean())


def difference(treated: Estimate, control: Estimate, worse_ratio: float = 0.0) -> Estimate:
    """Return treated - (1 + worse_ratio) * control; the arms have no unit in common."""
    factor = 1 + worse_ratio
    return Estimate(
        treated.value - factor * control.value,
        math.hypot(treated.standard_error, factor * control.standard_error),
        treated.n_units + control.n_units,
    )


def relative(treated: Estimate, control: Estimate) -> Estimate:
    """Return treated / control - 1, by the delta method; nan where control is 0."""
    n_units = treated.n_units + control.n_units
    if control.value == 0 or math.isnan(control.value):
        return Estimate(NAN, NAN, n_units)
    quotient = treated.value / control.value
    error = math.hypot(treated.standard_error, quotient * control.standard_error)
    return Estimate(quotient - 1, error / abs(control.value), n_units)


def _standard_error(parts: Values) -> float:
    return float(parts.std(ddof=1)) / math.sqrt(len(parts))
