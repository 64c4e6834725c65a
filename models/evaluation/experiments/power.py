"""What an experiment can find, and how many units it takes, with one look at its end."""

import math

from models.evaluation.experiments.ratios import Estimate, normal_quantile

ALPHA, POWER = 0.05, 0.8


def detectable(standard_error: float, alpha: float = ALPHA, power: float = POWER) -> float:
    """Return the least true difference that is found with this power, in the error's unit.

    Source: Bloom, "Minimum detectable effects" (Evaluation Review 1995).
    """
    return (normal_quantile(1 - alpha / 2) + normal_quantile(power)) * standard_error


def power_of(effect: float, standard_error: float, alpha: float = ALPHA) -> float:
    """Return how often a true difference is found, either way counted."""
    bound = normal_quantile(1 - alpha / 2)
    distance = effect / standard_error
    return _below(distance - bound) + _below(-distance - bound)


def units_needed(
    control: Estimate,
    relative_effect: float,
    treated_share: float = 0.5,
    alpha: float = ALPHA,
    power: float = POWER,
) -> int:
    """Return the units of both arms in which a relative effect is found with this power.

    Parameters
    ----------
    control
        The metric as it is, of however many units.
    treated_share
        Of the units that get the other arm.
    """
    variance = control.standard_error**2 * control.n_units
    needed_error = abs(relative_effect * control.value) / detectable(1.0, alpha, power)
    return math.ceil(variance / (treated_share * (1 - treated_share) * needed_error**2))


def _below(value: float) -> float:
    return math.erfc(-value / math.sqrt(2)) / 2
