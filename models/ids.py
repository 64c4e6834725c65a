"""The shop's ids and the rows of arrays."""

from collections.abc import Sequence

import numpy as np

from models.retrieval.contract import NO_ITEM
from models.retrieval.histories import Rows


def rows_of(ids: Rows, wanted: Sequence[int] | Rows) -> Rows:
    """Return where each id stands in `ids`, which rise; -1 where it does not."""
    sought = np.asarray(wanted, np.int64)
    if len(ids) == 0:
        return np.full(len(sought), NO_ITEM)
    places = np.minimum(np.searchsorted(ids, sought), len(ids) - 1)
    return np.where(ids[places] == sought, places, NO_ITEM)
