"""New products are foreseen from their like: what others of their kind, and of their seller, sold in their first periods.

A seller's, warehouse's or brand's ratio to what its series' kinds lead to expect is drawn towards 1 the more, the fewer
series tell of it: a seller's first product is foreseen as its category's are.
"""

import numpy as np
from numpy.typing import NDArray

from models.forecasting.groups import Groups
from models.forecasting.panel import Codes, Panel, Values

PRIOR_SERIES = 5
"""So many series with the mean of all stand beside each kind's own, and of all groups beside each group's."""


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
    for name, of_group in groups.first_ratios.items():
        like = like * of_group[panel.codes[name]][:, None]
    return np.asarray(own * located + (1 - own) * like, np.float32)


def kind_of(panel: Panel) -> str | None:
    """Return the name of the first code that several series share: the category, if it comes first."""
    return next(iter(_shared(panel)), None)


def _shared(panel: Panel) -> list[str]:
    return [name for name, code in panel.codes.items() if code.max() + 1 <= panel.n_series / 2]


def _code(panel: Panel, kind: str | None) -> Codes:
    return np.zeros(panel.n_series, np.int64) if kind is None else panel.codes[kind]


def first_units(panel: Panel) -> NDArray[np.float64]:
    """Return the mean units of a period of each kind's first periods, shape (n_kinds,).

    Of series that began within the panel; where none did, of all.
    """
    code, (told, mean) = _code(panel, kind_of(panel)), _first_means(panel)
    n_kinds = int(code.max()) + 1
    if not told.any():
        return np.zeros(n_kinds)
    total = np.bincount(code[told], mean[told], n_kinds)
    n = np.bincount(code[told], minlength=n_kinds)
    return np.asarray((total + PRIOR_SERIES * mean[told].mean()) / (n + PRIOR_SERIES))


def first_ratios(panel: Panel) -> dict[str, NDArray[np.float64]]:
    """Return by how much a group's series began above what their kinds, and the codes before, lead to expect.

    Of each code that several series share but the kind; shape (n_groups,), 1 for a group of which nothing is told.
    """
    kind, (told, mean) = kind_of(panel), _first_means(panel)
    expected = first_units(panel)[_code(panel, kind)]
    found = {}
    for name in _shared(panel):
        if name == kind:
            continue
        code = panel.codes[name]
        prior = PRIOR_SERIES * float(expected[told].mean()) if told.any() else 0.0
        n_groups = int(code.max()) + 1
        sold, like = (
            np.bincount(code[told], each[told], n_groups) + prior for each in (mean, expected)
        )
        found[name] = np.divide(sold, like, out=np.ones(n_groups), where=like > 0)
        expected = expected * found[name][code]
    return found


def _first_means(panel: Panel) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which series tell of first periods, and the mean units of each one's."""
    window, starts = panel.rhythm.windows[2], panel.starts()
    began = (starts > 0) & (starts <= panel.n_periods - window)
    told = began if began.any() else starts < panel.n_periods
    age = np.arange(panel.n_periods) - starts[:, None]
    first = (panel.seen > 0) & (age >= 0) & ((age < window) | ~began.any())
    mean = (panel.units * first).sum(axis=1) / np.maximum(first.sum(axis=1), 1)
    return told, np.asarray(mean, np.float64)
