"""A logistic regression over what the first stage and the feature store know of a pair."""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

Features = NDArray[np.float64]

PRODUCT_COLUMNS = ("n_units_7d", "n_views_28d", "conversion_ratio", "price_cents", "category_id")
"""What is taken of the table `product_features`, in this order; nan where unknown."""

USER_COLUMNS = ("mean_price_cents", "favourite_category_id", "n_orders_all")
"""What is taken of the table `user_features`, in this order; nan where unknown."""

NAMES = (
    "als", "content", "log_popularity", "log_units_7d", "log_views_28d", "conversion_ratio",
    "price_distance", "same_category", "als_of_regular",
)  # fmt: skip


def pair_features(
    als: NDArray[np.float32],
    content: NDArray[np.float32],
    popularity: NDArray[np.float32],
    products: Features,
    users: Features,
) -> Features:
    """Return the features `NAMES` of n pairs of a user and an item, shape (n, len(NAMES)).

    Parameters
    ----------
    als, content, popularity : arrays of shape (n,)
        Scores of the retrieval models; nan or -inf counts as 0.
    products : array of shape (n, len(PRODUCT_COLUMNS))
    users : array of shape (n, len(USER_COLUMNS))
    """
    units, views, conversion, price, category = products.T
    mean_price, favourite, n_orders = users.T
    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.abs(np.log(price / mean_price))
    columns = [
        als,
        content,
        np.log1p(np.maximum(popularity, 0)),
        np.log1p(units),
        np.log1p(views),
        conversion,
        distance,
        (category == favourite).astype(float),
        als * np.log1p(n_orders),
    ]
    stacked = np.stack(columns, axis=1).astype(np.float64)
    return np.asarray(np.nan_to_num(stacked, nan=0.0, posinf=0.0, neginf=0.0))


@dataclass
class HybridRanker:
    """Order pairs by the estimated chance of a purchase.

    `coefficients_` apply to the features less `means_` over `scales_`.
    """

    regularization: float = 1.0
    coefficients_: Features = field(default_factory=lambda: np.zeros(len(NAMES)), init=False)
    means_: Features = field(default_factory=lambda: np.zeros(len(NAMES)), init=False)
    scales_: Features = field(default_factory=lambda: np.ones(len(NAMES)), init=False)

    def fit(self, pairs: Features, bought: NDArray[np.bool_]) -> Self:
        """Learn from pairs of one period, described as of its start, and what was bought in it.

        Raises
        ------
        ValueError
            If nothing or everything was bought.
        """
        if bought.all() or not bought.any():
            raise ValueError("a ranker needs pairs that were bought and pairs that were not")
        self.means_, spread = pairs.mean(axis=0), pairs.std(axis=0)
        self.scales_ = np.where(spread > 0, spread, 1.0)
        model = LogisticRegression(C=self.regularization, max_iter=500)
        model.fit((pairs - self.means_) / self.scales_, bought)
        self.coefficients_ = model.coef_[0]
        return self

    def score(self, pairs: Features) -> NDArray[np.float32]:
        """Return the log odds of each pair but for a constant, shape (n,)."""
        return np.asarray(((pairs - self.means_) / self.scales_) @ self.coefficients_, np.float32)
