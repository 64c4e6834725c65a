"""Lists out of the feature store. While it cannot be read there are none, and the chains go on."""

from dataclasses import dataclass
from typing import Any

import structlog

from features.schemas.lake import CategoryLists, ItemLists
from features.store.definitions import USER_RECENT
from features.store.opening import FeatureStore

RECENT = f"{USER_RECENT}:recent_item_ids"


@dataclass(frozen=True)
class FeatureLists:
    """Reads the online store, one feature of one entity at a time."""

    store: FeatureStore
    log: structlog.BoundLogger

    def recently_viewed(self, customer_id: int) -> list[int]:
        """Return what a customer looked at, the latest first."""
        return self._list(RECENT, user_id=customer_id)

    def also_bought(self, product_id: int) -> list[int]:
        """Return what buyers of a product also bought, best first."""
        return self._list(f"{ItemLists.table}:also_bought_ids", product_id=product_id)

    def bought_together(self, product_id: int) -> list[int]:
        """Return what is bought in one basket with a product, best first."""
        return self._list(f"{ItemLists.table}:bought_together_ids", product_id=product_id)

    def trending(self, category_id: int) -> list[int]:
        """Return what is wanted now in a category (0: the whole shop), best first."""
        return self._list(f"{CategoryLists.table}:trending_ids", category_id=category_id)

    def _list(self, feature: str, **entity: int) -> list[int]:
        try:
            found: Any = self.store.get_online_features([feature], [entity]).to_dict()
        except Exception as error:  # noqa: BLE001 - Redis gone, view not applied: an empty list
            self.log.warning("feature store unreadable", feature=feature, error=repr(error))
            return []
        [ids] = found[feature.partition(":")[2]]
        return [int(product_id) for product_id in ids or ()]
