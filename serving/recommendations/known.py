"""What is known when a list is asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Ids = NDArray[np.int64]
Numbers = NDArray[np.float64]
ListName = tuple[str, int]
"""(view, entity): `features.store.packed_lists` names the views."""


@dataclass(frozen=True)
class Question:
    """What to read for one request."""

    product_ids: Sequence[int] = ()
    user_id: int | None = None
    lists: tuple[ListName, ...] = ()


@dataclass(frozen=True)
class Known:
    """What the feature store knows; nan and empty lists where it knows nothing.

    Parameters
    ----------
    products : array of shape (n_product_ids, n_product_columns)
    user : array of shape (n_user_columns,)
    viewed, bought
        The latest first.
    """

    products: Numbers
    user: Numbers
    viewed: Sequence[int] = ()
    bought: Sequence[int] = ()
    lists: Mapping[ListName, Ids] = field(default_factory=dict)


class FeatureReader(Protocol):
    """Reads features; while the store is away it knows nothing, and the chains go on."""

    async def read(self, question: Question) -> Known:
        """Return what is known, in one round trip."""
