"""How well each product shall be kept in stock, by what it earns and how it varies.

ABC by revenue: Silver, Pyke and Thomas, "Inventory and Production Management in Supply Chains" (4th
edition, 2017), chapter 2; XYZ by the coefficient of variation beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from models.planning.lead_times import Floats

CLASSES = tuple(revenue + variation for revenue in "ABC" for variation in "XYZ")
Classes = NDArray[np.str_]

SERVICE_LEVELS = {
    "AX": 0.985, "AY": 0.98, "AZ": 0.975,
    "BX": 0.98, "BY": 0.975, "BZ": 0.97,
    "CX": 0.975, "CY": 0.97, "CZ": 0.96,
}  # fmt: skip


@dataclass(frozen=True)
class ClassRules:
    """Where classes end, and the service level of each.

    Parameters
    ----------
    revenue_shares
        A are the products that make the first so much of the revenue, B those up to the second.
    variations
        X vary by at most the first (standard deviation of weekly units over their mean), Y by at
        most the second.
    levels
        By class: the share of the units wanted that shall be there.
    """

    revenue_shares: tuple[float, float] = (0.8, 0.95)
    variations: tuple[float, float] = (0.5, 1.0)
    levels: Mapping[str, float] = field(default_factory=lambda: SERVICE_LEVELS)


def classes(revenue_cents: Floats, weekly_units: Floats, rules: ClassRules) -> Classes:
    """Return each product's class, `AX` to `CZ`.

    Parameters
    ----------
    revenue_cents : array of shape (n_products,)
    weekly_units : array of shape (n_products, n_weeks)
        A product that sold nothing is CZ.
    """
    mean = weekly_units.mean(axis=1)
    variation = np.where(mean > 0, weekly_units.std(axis=1) / np.maximum(mean, 1e-12), np.inf)
    by_variation = np.array(list("XYZ"))[np.searchsorted(rules.variations, variation)]
    return np.char.add(by_revenue(revenue_cents, rules.revenue_shares), by_variation)


def by_revenue(revenue_cents: Floats, shares: tuple[float, float]) -> Classes:
    """Return A, B or C: a product belongs to the class in which its first cent falls."""
    order = np.argsort(-revenue_cents, kind="stable")
    total = max(float(revenue_cents.sum()), 1.0)
    before = (np.cumsum(revenue_cents[order]) - revenue_cents[order]) / total
    found = np.empty(len(order), dtype="<U1")
    found[order] = np.array(list("ABC"))[np.searchsorted(shares, before, side="right")]
    found[revenue_cents <= 0] = "C"
    return found


def service_levels(found: Classes, rules: ClassRules) -> Floats:
    """Return the service level of each product's class."""
    return np.array([rules.levels[name] for name in found], dtype=np.float64)
