"""The shop's ids and the rows of arrays."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.retrieval.contract import NO_ITEM
from models.retrieval.histories import Rows


def rows_of(ids: Rows, wanted: Sequence[int] | Rows) -> Rows:
    """Return where each id stands in `ids`, which rise; -1 where it does not."""
    sought = np.asarray(wanted, np.int64)
    if len(ids) == 0:
        return np.full(len(sought), NO_ITEM)
    places = np.minimum(np.searchsorted(ids, sought), len(ids) - 1)
    return np.where(ids[places] == sought, places, NO_ITEM)


def among(ids: Rows, few: Sequence[int] | Rows) -> NDArray[np.bool_]:
    """Return which ids are one of a few: quicker than sorting where there are some dozens."""
    return np.asarray((ids[:, None] == np.asarray(few, np.int64)[None, :]).any(axis=1))
