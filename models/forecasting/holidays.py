"""Holidays: days known long ahead, around which shops sell otherwise."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]

NONE = -1
EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Holidays:
    """Days by name, in order of time; the same name comes again every year or so.

    Parameters
    ----------
    days
        Since 1970, ascending.
    names
        Place in `labels` of each.
    """

    days: tuple[int, ...] = ()
    names: tuple[int, ...] = ()
    labels: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether there is any."""
        return bool(self.days)

    def around(
        self, first: dt.date, days: int, columns: Codes, reach: tuple[int, int]
    ) -> tuple[Codes, Codes]:
        """Return the name of the holiday that each period lies next to, and by how many periods after it.

        Parameters
        ----------
        first, days
            First day of column 0; days of a period.
        columns
            Periods, of any shape, before or after any that is known.
        reach
            So many periods before a holiday and after it are near it. Of two the nearer counts, of two as near
            the one to come.

        Returns
        -------
        two arrays of the shape of `columns`
            `NONE` and 0 where no holiday is near.
        """
        if not self:
            return np.full(columns.shape, NONE), np.zeros(columns.shape, np.int64)
        at = (np.array(self.days) - (first - EPOCH).days) // days
        n_before = np.searchsorted(at, columns)
        after, before = np.minimum(n_before, len(at) - 1), np.maximum(n_before - 1, 0)
        to_come, ago = at[after] - columns, columns - at[before]
        is_coming = (to_come >= 0) & (to_come <= reach[0])
        was = (ago > 0) & (ago <= reach[1]) & ~(is_coming & (to_come <= ago))
        which = np.where(was, before, after)
        near = is_coming | was
        found = np.where(near, np.array(self.names)[which], NONE)
        return found, np.where(near, columns - at[which], 0)


def holidays_of(named: Iterable[tuple[dt.date, str]]) -> Holidays:
    """Return the holidays of some dates and names; of two on one day the first by name counts."""
    first: dict[int, str] = {}
    for day, name in sorted(named):
        first.setdefault((day - EPOCH).days, name)
    labels = tuple(sorted(set(first.values())))
    return Holidays(tuple(first), tuple(labels.index(name) for name in first.values()), labels)
