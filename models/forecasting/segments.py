"""Which series sell alike: by how often they sell, how unsteadily, and for how long they have.

Source: Syntetos, Boylan, Croston, "On the categorization of demand patterns" (J. of the Operational
Research Society 2005), with their cut-offs.
"""

import numpy as np
from numpy.typing import NDArray

from models.forecasting.panel import Panel, Values

CLASSES = ("smooth", "erratic", "intermittent", "lumpy")
MAX_INTERVAL = 1.32
MAX_SQUARED_VARIATION = 0.49
NAMES = tuple(f"{age} {name}" for age in ("young", "old") for name in CLASSES)
YOUNG = 2
"""Series of fewer level windows than this are young."""


def segments(panel: Panel) -> NDArray[np.int64]:
    """Return the place in `NAMES` of each series, shape (n_series,)."""
    seen, sold = panel.seen > 0, panel.units > 0
    n_seen, n_sold = seen.sum(axis=1), sold.sum(axis=1)
    interval = n_seen / np.maximum(n_sold, 1)
    rare = (interval > MAX_INTERVAL) | (n_sold == 0)
    unsteady = squared_variation(panel) > MAX_SQUARED_VARIATION
    old = panel.n_periods - panel.starts() >= YOUNG * panel.rhythm.level_window
    return np.asarray(4 * old + 2 * rare + unsteady, np.int64)


def squared_variation(panel: Panel) -> Values:
    """Return the squared coefficient of variation of the units of those periods that sold, by series."""
    sold = panel.units > 0
    n = np.maximum(sold.sum(axis=1), 1)
    mean = panel.units.sum(axis=1) / n
    variance = (panel.units.astype(np.float64) ** 2).sum(axis=1) / n - mean**2
    return np.asarray(variance / np.maximum(mean, 1e-9) ** 2, np.float32)


def spread(panel: Panel) -> Values:
    """Return how unsteady the newest periods of each series were: deviation over mean, both with zeros."""
    window = 2 * panel.rhythm.level_window
    seen = panel.seen[:, -window:] > 0
    units = np.where(seen, panel.units[:, -window:], 0).astype(np.float64)
    n = np.maximum(seen.sum(axis=1), 1)
    mean = units.sum(axis=1) / n
    variance = np.maximum((units**2).sum(axis=1) / n - mean**2, 0)
    return np.asarray(np.sqrt(variance) / np.maximum(mean, 1e-6), np.float32)
