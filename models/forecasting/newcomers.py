"""New products are foreseen from their like: what others of their kind sold in their first periods."""

import numpy as np
from numpy.typing import NDArray

from models.forecasting.groups import Groups
from models.forecasting.panel import Codes, Panel, Values

PRIOR_SERIES = 5
"""So many series with the mean of all stand beside each kind's own."""


def with_newcomers(located: Values, panel: Panel, groups: Groups) -> Values:
    """Return forecasts drawn towards those of a series' kind, the more the less was seen of it.

    A series that was seen for a season's windows (two weeks, eight weeks) keeps its own.

    Parameters
    ----------
    located : array of shape (n_series, horizon)
    """
    n_seen = (panel.seen > 0).sum(axis=1)
    own = np.minimum(n_seen / panel.rhythm.windows[2], 1)[:, None]
    if (own == 1).all():
        return located
    like = groups.first_units[_code(panel, groups.kind)][:, None]
    return np.asarray(own * located + (1 - own) * like, np.float32)


def kind_of(panel: Panel) -> str | None:
    """Return the name of the first code that several series share: the category, if it comes first."""
    for name, code in panel.codes.items():
        if code.max() + 1 <= panel.n_series / 2:
            return name
    return None


def _code(panel: Panel, kind: str | None) -> Codes:
    return np.zeros(panel.n_series, np.int64) if kind is None else panel.codes[kind]


def first_units(panel: Panel) -> NDArray[np.float64]:
    """Return the mean units of a period of each kind's first periods, shape (n_kinds,).

    Of series that began within the panel; where none did, of all.
    """
    code, window = _code(panel, kind_of(panel)), panel.rhythm.windows[2]
    starts = panel.starts()
    began = (starts > 0) & (starts <= panel.n_periods - window)
    told = began if began.any() else starts < panel.n_periods
    age = np.arange(panel.n_periods) - starts[:, None]
    first = (panel.seen > 0) & (age >= 0) & ((age < window) | ~began.any())
    mean = (panel.units * first).sum(axis=1) / np.maximum(first.sum(axis=1), 1)
    if not told.any():
        return np.zeros(int(code.max()) + 1)
    n_kinds = int(code.max()) + 1
    total = np.bincount(code[told], mean[told], n_kinds)
    n = np.bincount(code[told], minlength=n_kinds)
    return np.asarray((total + PRIOR_SERIES * mean[told].mean()) / (n + PRIOR_SERIES))
