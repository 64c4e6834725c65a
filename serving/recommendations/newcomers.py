"""Products that nobody knows yet: a model can't find what nobody met."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from features.store.packed import Ids
from models.ids import rows_of
from models.live import LiveRecommender
from models.search.listing import Listing

N_KNOWN = 5
"""Met so many times, a product is known."""


@dataclass(frozen=True)
class Newcomers:
    """Products of one version of the index that one version of the model does not know, by category."""

    by_category: Mapping[int, Ids]

    @classmethod
    def of(cls, listing: Listing, model: LiveRecommender) -> "Newcomers":
        """Return the products in stock that were met fewer than `N_KNOWN` times."""
        rows = rows_of(model.past.item_ids, listing.product_ids)
        met = np.where(rows < 0, 0, model.n_events[rows])
        new = np.nonzero((met < N_KNOWN) & listing.in_stock)[0]
        categories = listing.category_ids[new]
        return cls(
            {
                int(category): listing.product_ids[new[categories == category]]
                for category in np.unique(categories)
            }
        )

    def of_categories(self, category_ids: Iterable[int]) -> Ids:
        """Return the newcomers of some categories."""
        found = [self.by_category.get(category_id, NOBODY) for category_id in category_ids]
        return np.concatenate([NOBODY, *found])


NOBODY: Ids = np.empty(0, np.int64)


NO_NEWCOMERS = Newcomers({})


class CurrentNewcomers:
    """The newcomers of the versions that are current, found anew when one of these changes."""

    def __init__(self) -> None:
        self._known: tuple[Listing, LiveRecommender, Newcomers] | None = None

    def of(self, listing: Listing, model: LiveRecommender) -> Newcomers:
        """Return the newcomers of two versions; which are in stock is looked at once for each.

        What was sold out since is kept out where products are chosen.
        """
        known = self._known
        ids = listing.product_ids
        if known is None or known[0].product_ids is not ids or known[1] is not model:
            known = (listing, model, Newcomers.of(listing, model))
            self._known = known  # one assignment: another thread sees the old or the new
        return known[2]
