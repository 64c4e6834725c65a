"""What is known of items beside who wanted them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from models.retrieval.histories import Rows

NO_CATEGORY = -1


@dataclass(frozen=True)
class Items:
    """The items of a catalogue, in the order of the columns.

    Parameters
    ----------
    documents
        One text per item; may be empty texts.
    categories : array of shape (n_items,)
        Numbers from 0, -1 where there is none.
    """

    documents: Sequence[str]
    categories: Rows

    @classmethod
    def unknown(cls, n_items: int) -> Self:
        """Return items of which nothing is known."""
        return cls([""] * n_items, np.full(n_items, NO_CATEGORY))

    @property
    def have_categories(self) -> bool:
        """Return whether any item has a category."""
        return bool((self.categories != NO_CATEGORY).any())

    @property
    def have_documents(self) -> bool:
        """Return whether any item has a text."""
        return any(self.documents)
