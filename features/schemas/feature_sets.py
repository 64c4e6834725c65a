"""What a model learns from, as one thing with a version: other names or types, another version.

A version names a feature service of the store (`FeatureSet.service`) that stays there once it was applied, so that
each version of a model leads to the columns it was trained on, and a column to the models that use it.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from features.schemas.column import columns
from features.schemas.lake import ProductFeatures, UserFeatures
from features.schemas.row import Row

N_DIGITS = 8


@dataclass(frozen=True)
class OnDemand:
    """Ratios made of two tables' columns when they are asked for: (of a product, of a user) by name."""

    view: str
    ratios: Mapping[str, tuple[str, str]]

    @property
    def digest(self) -> str:
        """Return the version: other names or columns, another one."""
        return _digest([[name, *of] for name, of in self.ratios.items()])


@dataclass(frozen=True)
class FeatureSet:
    """Columns of tables of features, in the order in which a model has them, then what is made of them."""

    name: str
    columns: Mapping[type[Row], tuple[str, ...]]
    on_demand: OnDemand | None = None

    @property
    def views(self) -> dict[str, str]:
        """Return the version of what is taken of each view: a digest of entity, names, types and order."""
        of_tables = {row.table: _digest(_told(row, names)) for row, names in self.columns.items()}
        made = {} if self.on_demand is None else {self.on_demand.view: self.on_demand.digest}
        return of_tables | made

    @property
    def version(self) -> str:
        """Return a digest of all views."""
        return _digest(self.views)

    @property
    def service(self) -> str:
        """Return the name of the feature service that has just these columns."""
        return f"{self.name}_{self.version}"


def _told(row: type[Row], names: tuple[str, ...]) -> list[str]:
    types = {column.name: str(column.type) for column in columns(row)}
    return [*row.key, *(f"{name} {types[name]}" for name in names)]


def _digest(what: object) -> str:
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:N_DIGITS]


PRODUCT_COLUMNS = (
    "n_units_7d", "n_views_28d", "n_carts_28d", "n_returns_28d", "conversion_ratio", "price_cents",
    "rebuy_ratio", "return_ratio", "n_reviews", "mean_rating", "look_ratio", "category_price_ratio",
    "n_available",
)  # fmt: skip
"""What rankers see of the table `product_features`, in this order; nan where unknown."""

USER_COLUMNS = ("mean_price_cents", "n_orders_all", "n_views_28d", "days_since_last_order")
"""What rankers see of the table `user_features`, in this order; nan where unknown."""

PAIR = OnDemand(
    "user_and_product",
    MappingProxyType({"price_to_usual_ratio": ("price_cents", "mean_price_cents")}),
)
"""What rankers see of a user and a product together, beside what a model says of the two."""

RECOMMENDER = FeatureSet(
    "recommender",
    MappingProxyType({ProductFeatures: PRODUCT_COLUMNS, UserFeatures: USER_COLUMNS}),
    PAIR,
)
"""What the recommender's rankers learn from."""
FEATURE_SETS = (RECOMMENDER,)
