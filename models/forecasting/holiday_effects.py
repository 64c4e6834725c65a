"""By how much series sold more or less around the same holiday before.

Units of a period near a holiday are held against those of ordinary periods a few weeks before it. The ratio
of a series is drawn to that of its groups, and theirs to that of all, the more the less was sold: one
Christmas of a slow product says little, that of all products much.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from models.forecasting.contract import Locator
from models.forecasting.grouping import TOTAL, groups_of, running
from models.forecasting.groups import Groups
from models.forecasting.holidays import NONE
from models.forecasting.panel import Codes, Panel, Rhythm, Values

Floats = NDArray[np.float64]

OWN = ""
"""In place of a code's name: each series is its own group."""
BLOCK = 10_000
"""So many series are summed up at once, that they fit into memory."""

REACH = {"D": (10, 3), "W": (3, 1)}
"""Periods before a holiday and after it that are near it, by the rhythm's name; months and quarters have no effects."""
USUAL = {"D": (14, 21, 28, 35), "W": (5, 6, 7, 8)}
"""Periods before one that is near a holiday that it is held against: of its weekday, and before all that are near."""
PRIOR_UNITS = 20.0
"""Units that a coarser ratio counts as beside those usually sold."""
MIN_RATIO, MAX_RATIO = 0.02, 10.0
CLOSED = 0.1
"""A shop that sells less than this share is closed, which tells nothing of an ordinary period."""


def near(panel: Panel, columns: Codes) -> tuple[Codes, Codes]:
    """Return name and distance of the holiday next to each column, of `Holidays.around`."""
    rhythm = panel.rhythm
    return panel.holidays.around(panel.first, rhythm.days, columns, REACH.get(rhythm.name, (0, 0)))


@dataclass(frozen=True)
class HolidayEffects:
    """Sums over past holidays, to tell the effect of any as it was known at the end of any period.

    Parameters
    ----------
    cells
        First row of each name's and distance's sums, shape (n_names, n_distances); `NONE`: no past.
    columns
        Of each row the column that it adds to the row before; the first of a cell adds none.
    sold, usual
        By group's name, shape (n_rows, n_groups): units near the holiday and those to expect of it, up to and
        including the row's column.
    """

    panel: Panel
    codes: dict[str, Codes]
    cells: NDArray[np.int64]
    columns: NDArray[np.int64]
    sold: dict[str, Values]
    usual: dict[str, Values]

    def ratios(self, series: Codes, origin: Codes, target: Codes) -> Floats:
        """Return units of each series at a target over its usual ones, as known at an origin; shape (n,).

        1 where no holiday is near, or none of its name was before.
        """
        name, distance = near(self.panel, target)
        first = self.cells[name, distance + REACH[self.panel.rhythm.name][0]]
        there = np.flatnonzero((name != NONE) & (first != NONE))
        found = np.ones(len(series))
        row = self._rows(first[there], origin[there])
        of_row = np.ones(len(there))
        for of, code in self.codes.items():
            group = code[series[there]]
            sold, usual = self.sold[of][row, group], self.usual[of][row, group]
            of_row = (sold + PRIOR_UNITS * of_row) / (usual + PRIOR_UNITS)
        found[there] = np.clip(of_row, MIN_RATIO, MAX_RATIO)
        return found

    def _rows(self, first: Codes, origin: Codes) -> Codes:
        """Return the last row of a cell whose column is not after the origin."""
        row = first.copy()
        while True:
            following = np.minimum(row + 1, len(self.columns) - 1)
            more = (self.columns[following] > self.columns[row]) & (
                self.columns[following] <= origin
            )
            if not more.any():
                return row
            row = np.where(more, following, row)


def effects_of(panel: Panel, groups: Groups) -> HolidayEffects:
    """Sum up the past holidays of a panel, or of a part of the series that `groups` are of."""
    rhythm, columns = panel.rhythm, np.arange(panel.n_periods)
    name, distance = near(panel, columns)
    before, after = REACH[rhythm.name]
    cells = np.full((len(panel.holidays.labels), before + after + 1), NONE)
    told = np.flatnonzero(name != NONE)
    told = told[told >= USUAL[rhythm.name][0]]
    told = told[np.lexsort((told, distance[told], name[told]))]
    rows: list[int] = []
    for column in told.tolist():
        cell = (name[column], distance[column] + before)
        if cells[cell] == NONE:
            cells[cell] = len(rows)
            rows.append(NONE)
        rows.append(column)
    found, starts = np.array(rows, np.int64), np.unique(cells[cells != NONE])
    codes = {TOTAL: np.zeros(panel.n_series, np.int64), **panel.codes}
    sums = {of: (groups.units[of], None) for of in codes}
    seen = running((panel.seen > 0).astype(np.float32))
    own = {**sums, OWN: (running(panel.units), seen)}
    codes[OWN] = np.arange(panel.n_series)
    sold, usual = {}, {}
    for of, (units, there) in own.items():
        sold[of], usual[of] = _summed(units, there, found, starts, name, rhythm)
    return HolidayEffects(panel, codes, cells, found, sold, usual)


def _summed(
    units: Floats,
    seen: Floats | None,
    columns: Codes,
    starts: Codes,
    name: Codes,
    rhythm: Rhythm,
) -> tuple[Values, Values]:
    """Return the sums of units and of usual units by row of columns, from those of all periods before each."""
    sold, usual = (np.zeros((len(columns), units.shape[0]), np.float32) for _ in range(2))
    for row, column in enumerate(columns.tolist()):
        if column == NONE:
            continue
        before = [column - step for step in USUAL[rhythm.name] if column >= step]
        ordinary = [each for each in before if name[each] == NONE] or before
        there = _at(seen, ordinary).sum(axis=1) if seen is not None else float(len(ordinary))
        mean = _at(units, ordinary).sum(axis=1) / np.maximum(there, 1)
        was_seen = _at(seen, [column])[:, 0] if seen is not None else 1.0
        usual[row] = mean * was_seen * (there > 0)
        sold[row] = _at(units, [column])[:, 0] * (there > 0)
    return _within(sold, starts), _within(usual, starts)


def _at(sums: Floats, columns: list[int]) -> Floats:
    return np.asarray(sums[:, np.array(columns) + 1] - sums[:, columns])


def _within(values: Values, starts: Codes) -> Values:
    """Return running sums down the rows that begin anew at `starts`, where values are 0."""
    total = np.cumsum(values, axis=0, dtype=np.float64)
    cell = np.searchsorted(starts, np.arange(len(values)), side="right") - 1
    return np.asarray(total - total[starts][cell], np.float32)


@dataclass
class HolidayAdjusted:
    """A model that knows no calendar, of series without their holidays; what these did before is added again."""

    inner: Locator

    def fit(self, panel: Panel, horizon: int) -> Self:
        """Learn from the series without their holidays."""
        self.inner.fit(_without(panel), horizon)
        return self

    def locate(self, panel: Panel, horizon: int) -> Values:
        """Return units with the holidays to come."""
        found = self.inner.locate(_without(panel), horizon)
        to_come = np.arange(panel.n_periods, panel.n_periods + horizon)
        return np.asarray(found * _factors(panel, to_come), np.float32)


def _without(panel: Panel) -> Panel:
    """Return the panel as if no holiday had been."""
    if not panel.holidays:
        return panel
    factors = _factors(panel, np.arange(panel.n_periods))
    units = (panel.units / factors).astype(np.float32)
    return replace(panel, units=units, seen=panel.seen * (factors >= CLOSED))


def _factors(panel: Panel, columns: Codes) -> Values:
    """Return each series' ratios at some columns, by all that is known, shape (n_series, n_columns)."""
    found = np.ones((panel.n_series, len(columns)), np.float32)
    near_one = np.flatnonzero(near(panel, columns)[0] != NONE)
    if len(near_one):
        parts = panel.parts(groups_of(panel), BLOCK)
        found[:, near_one] = np.concatenate([_of_part(part, columns[near_one]) for part in parts])
    return found


def _of_part(panel: Panel, columns: Codes) -> Floats:
    effects = effects_of(panel, groups_of(panel))
    series = np.repeat(np.arange(panel.n_series), len(columns))
    target = np.tile(columns, panel.n_series)
    origin = np.full(len(series), panel.n_periods - 1)
    return effects.ratios(series, origin, target).reshape(panel.n_series, -1)
