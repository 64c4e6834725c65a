"""How long suppliers take from the order to the receipt, learned from what came.

Suppliers with few receipts are drawn towards all of them together (empirical Bayes: Morris,
"Parametric empirical Bayes inference", J. of the American Statistical Association 1983; the variance
between suppliers by DerSimonian and Laird, Controlled Clinical Trials 1986). Receipts count by their
units; how many of equal weight they amount to is Kish's effective sample size.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

PRIOR_RECEIPTS = 3.0
"""So many receipts with the default's spread, and with everybody's, stand behind each spread."""


@dataclass(frozen=True)
class Receipts:
    """Arrays of n receipts: who sent it (0 to n_suppliers - 1), days since the order, units."""

    supplier: Ints
    days: Floats
    n_units: Floats


@dataclass(frozen=True)
class LeadTime:
    """Mean and standard deviation in days, of a supplier of whom nothing is known."""

    mean_days: float = 7.0
    spread_days: float = 3.0


@dataclass(frozen=True)
class LeadTimes:
    """Arrays of shape (n_suppliers,).

    `spread_days` is the standard deviation of the next delivery: what one varies by, and what is not
    known of the mean.
    """

    mean_days: Floats
    spread_days: Floats
    n_receipts: Ints


def learned(receipts: Receipts, n_suppliers: int, default: LeadTime) -> LeadTimes:
    """Return each supplier's lead time; the default for all where nothing ever came."""
    n_receipts = np.bincount(receipts.supplier, minlength=n_suppliers)
    seen = n_receipts > 0
    if not seen.any():
        nobody = np.ones(n_suppliers)
        return LeadTimes(default.mean_days * nobody, default.spread_days * nobody, n_receipts)
    n_effective, mean, variance = _by_supplier(receipts, n_suppliers)
    freedom = np.maximum(n_effective - 1, 0)
    within = (PRIOR_RECEIPTS * default.spread_days**2 + freedom @ variance) / (
        PRIOR_RECEIPTS + freedom.sum()
    )
    error = np.full(n_suppliers, np.inf)  # variance of a supplier's own mean
    error[seen] = within / n_effective[seen]
    overall, between = _between(mean[seen], error[seen], default.spread_days**2)
    own = between / (between + error) if between > 0 else np.zeros(n_suppliers)
    shrunk = (freedom * variance + PRIOR_RECEIPTS * within) / (freedom + PRIOR_RECEIPTS)
    return LeadTimes(
        overall + own * (mean - overall),
        np.sqrt(shrunk + (1 - own) * between),
        n_receipts,
    )


def _by_supplier(receipts: Receipts, n_suppliers: int) -> tuple[Floats, Floats, Floats]:
    """Return each one's effective receipts, mean and variance; zeros where there are none."""

    def total(values: Floats) -> Floats:
        return np.asarray(np.bincount(receipts.supplier, values, n_suppliers), np.float64)

    weight = receipts.n_units.astype(np.float64)
    units = np.maximum(total(weight), 1e-12)
    n_effective = total(weight) ** 2 / np.maximum(total(weight**2), 1e-12)
    mean = total(weight * receipts.days) / units
    biased = total(weight * (receipts.days - mean[receipts.supplier]) ** 2) / units
    return n_effective, mean, biased * n_effective / np.maximum(n_effective - 1, 1e-12)


def _between(mean: Floats, error: Floats, default_variance: float) -> tuple[float, float]:
    """Return the mean of all suppliers and the variance between them.

    One supplier does not tell how suppliers differ: the default does.
    """
    weight = 1 / error
    if len(mean) == 1:
        return float(mean[0]), default_variance
    middle = np.average(mean, weights=weight)
    surplus = weight @ (mean - middle) ** 2 - (len(mean) - 1)
    between = max(0.0, surplus / (weight.sum() - (weight @ weight) / weight.sum()))
    return float(np.average(mean, weights=1 / (error + between))), between
