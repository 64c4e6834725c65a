"""Demand until an order that is placed now, or at the next look, has come.

Sources: Silver, Pyke and Thomas, "Inventory and Production Management in Supply Chains" (4th edition,
2017), chapter 6, for demand over a lead time that varies; Axsäter, "Inventory Control" (3rd edition,
2015), chapter 5, for the negative binomial and its loss function.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import nbinom, norm

from models.planning.lead_times import Floats

WEEK = 7
LEAST_DISPERSION = 1.001
"""Variance over mean: units that people buy one by one vary as Poisson at least."""


@dataclass(frozen=True)
class Demand:
    """Units over a time, as negative binomials: mean and variance, arrays of shape (n,)."""

    mean: Floats
    variance: Floats

    def quantile(self, level: Floats) -> Floats:
        """Return the fewest whole units that are enough with probability `level`."""
        found = nbinom.ppf(level, *self._shape())
        return np.where(self.mean > 0, found, 0.0)

    def shortage(self, stock: Floats) -> Floats:
        """Return the expected units that are wanted beyond whole units of `stock`.

        E[(D - s)+] = mean P(D' >= s) - s P(D > s), D' being the negative binomial with one more
        success.
        """
        n, p = self._shape()
        held = np.maximum(stock, 0)
        beyond = self.mean * nbinom.sf(held - 1, n + 1, p) - held * nbinom.sf(held, n, p)
        return np.where(self.mean > 0, np.maximum(beyond, 0), 0.0) + np.maximum(-stock, 0)

    def _shape(self) -> tuple[Floats, Floats]:
        mean = np.where(self.mean > 0, self.mean, 1.0)
        variance = np.maximum(np.where(self.mean > 0, self.variance, 2.0), LEAST_DISPERSION * mean)
        return mean**2 / (variance - mean), mean / variance


def spread_of(levels: tuple[float, ...], quantiles: Floats) -> Floats:
    """Return the standard deviation that quantiles tell of: their slope over the normal's.

    Parameters
    ----------
    levels
        Two or more, between 0 and 1.
    quantiles : array of shape (..., len(levels))
    """
    normal = norm.ppf(levels)
    centred = normal - normal.mean()
    return np.asarray(np.maximum(quantiles @ centred / (centred @ centred), 0.0))


def extended(daily: Floats, n_days: int) -> Floats:
    """Return `n_days` columns: those there are, then the last week of them again and again."""
    n_known = daily.shape[1]
    if n_days <= n_known:
        return daily[:, :n_days]
    week = min(WEEK, n_known)
    again = n_known - week + np.arange(n_days - n_known) % week
    return np.concatenate([daily, daily[:, again]], axis=1)


def demand_over(
    mean_units: Floats, spread_units: Floats, days: Floats, days_spread: Floats, correlation: float
) -> Demand:
    """Return the demand of the next `days`, whose number may vary itself.

    Parameters
    ----------
    mean_units, spread_units : arrays of shape (n, horizon)
        Of each day, as forecast. What lies beyond is taken to be like the last week.
    days, days_spread : arrays of shape (n,)
        Mean and standard deviation of the time, in days; a part of a day counts by its part.
    correlation
        Between the errors of any two days, 0 to 1: a product whose level is misjudged is
        misjudged every day, and such errors don't even out.

    Returns
    -------
    Demand
        Variance = (1 - c) sum s^2 + c (sum s)^2 + m^2 v: s is the days' spread, at least
        Poisson's, m their mean units, v the variance of the time.
    """
    n_days = max(1, int(np.ceil(days.max(initial=1))))
    mean, spread = extended(mean_units, n_days), extended(spread_units, n_days)
    spread = np.sqrt(np.maximum(spread**2, mean))
    part = np.clip(days[:, None] - np.arange(n_days), 0, 1)
    total = (part * mean).sum(axis=1)
    daily = total / np.maximum(days, 1e-12)
    apart, together = (part * spread**2).sum(axis=1), (part * spread).sum(axis=1) ** 2
    variance = (1 - correlation) * apart + correlation * together + (daily * days_spread) ** 2
    return Demand(total, variance)
