"""How far a feature's values are from those a model was trained on.

Sources: the population stability index as credit scoring uses it (Siddiqi, "Credit risk scorecards", 2006;
above 0.25 is a major shift), and the two-sample statistic of Kolmogorov and Smirnov.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_BINS = 10
LEAST_SHARE = 1e-4
"""In place of the share of an empty bin."""
NEAR = 0.02
"""Relative: values so near to one another are taken for the same. What nobody has reviewed has the shop's mean,
which moves a little every night: without it two thirds of all products moving by a hundredth would be a drift."""
KS_FACTOR = 1.95
"""Of the statistic's bound at a level of 0.1 % (Smirnov's asymptotic one)."""

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Shift:
    """What two samples of one feature differ by; nan counts as a value of its own.

    Parameters
    ----------
    psi
        Population stability index, less what chance alone makes of samples of this size; 0 at least.
    ks
        Greatest difference of the distribution functions of what is known, 0 to 1.
    ks_apart
        The same, had each value moved by up to `NEAR` of itself to where it counts least.
    ks_bound
        What `ks` stays below by chance alone, 999 times in 1,000.
    """

    psi: float
    ks: float
    ks_apart: float
    ks_bound: float

    @property
    def is_chance(self) -> bool:
        """Tell whether chance and small moves may have made the difference of what is known."""
        return self.ks_apart <= self.ks_bound


def shift(trained: Values, now: Values) -> Shift:
    """Compare a feature's values now with those of the training set.

    Raises
    ------
    ValueError
        If one of the samples is empty.
    """
    if not len(trained) or not len(now):
        raise ValueError("a distribution of nothing cannot be compared")
    known, known_now = trained[~np.isnan(trained)], now[~np.isnan(now)]
    if not len(known) or not len(known_now):
        return Shift(_psi(trained, now, known), 0.0, 0.0, 1.0)
    return Shift(
        psi=_psi(trained, now, known),
        ks=_ks(known, known_now, near=0.0),
        ks_apart=_ks(known, known_now, NEAR),
        ks_bound=_ks_bound(len(known), len(known_now)),
    )


def _psi(trained: Values, now: Values, known: Values) -> float:
    inner = _edges(known)
    before, after = (_shares(values, inner) for values in (trained, now))
    used = (before > 0) | (after > 0)
    before, after = (np.maximum(shares[used], LEAST_SHARE) for shares in (before, after))
    index = float(((after - before) * np.log(after / before)).sum())
    # The index of two samples of one distribution is about chi-squared, scaled by their sizes.
    chance = (int(used.sum()) - 1) * (1 / len(trained) + 1 / len(now))
    return max(0.0, index - chance)


def _edges(known: Values) -> Values:
    """Return the inner edges of bins of equal shares; fewer where many values are equal."""
    if not len(known):
        return np.empty(0)
    return np.unique(np.quantile(known, np.linspace(0, 1, N_BINS + 1)[1:-1]))


def _shares(values: Values, inner: Values) -> Values:
    """Return the share of values in each bin between the edges; the last bin is of nan."""
    bins = np.searchsorted(inner, values, side="left")
    bins[np.isnan(values)] = len(inner) + 1
    return np.asarray(np.bincount(bins, minlength=len(inner) + 2) / len(values))


def _ks(trained: Values, now: Values, near: float) -> float:
    """Return how far one distribution function is above the other one, read `near` further up."""
    first, second = np.sort(trained), np.sort(now)
    return max(0.0, _above(first, second, near), _above(second, first, near))


def _above(one: Values, other: Values, near: float) -> float:
    """Return the most by which the function of `one` is above that of `other`; both in order."""
    further = one + near * np.abs(one)
    below, below_other = (
        np.searchsorted(values, at, side="right") / len(values)
        for values, at in ((one, one), (other, further))
    )
    return float((below - below_other).max())


def _ks_bound(n: int, m: int) -> float:
    return KS_FACTOR * float(np.sqrt((n + m) / (n * m)))
