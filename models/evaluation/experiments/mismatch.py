"""Whether arms got the shares of units that they were to get; if not, the experiment is broken."""

from collections.abc import Sequence

import numpy as np
from scipy.special import chdtrc

ALARM_BELOW = 0.001
"""A p-value below it says that something, not luck, keeps units out of an arm or brings them in."""


def mismatch_p_value(n_units: Sequence[int], shares: Sequence[float]) -> float:
    """Return the p-value of a chi-square test of units by arm against the shares; 1 without units.

    Source: Fabijan et al., "Diagnosing sample ratio mismatch in online controlled experiments" (KDD 2019).
    """
    counted, wanted = np.asarray(n_units, np.float64), np.asarray(shares, np.float64)
    expected = wanted / wanted.sum() * counted.sum()
    if counted.sum() == 0:
        return 1.0
    statistic = float(((counted - expected) ** 2 / expected).sum())
    return float(chdtrc(len(counted) - 1, statistic))
