"""Factors of items by Spark's MLlib, where the interactions outgrow one machine's memory.

Source: Hu, Koren, Volinsky (ICDM 2008), as MLlib has it: confidence 1 + alpha * weight, and the
regularisation times the row's number of interactions. `models.retrieval.given_factors` serves them.
"""

from dataclasses import dataclass

from pyspark.ml.recommendation import ALS
from pyspark.sql import DataFrame
from pyspark.sql import functions as F  # noqa: N812


@dataclass(frozen=True)
class Factorisation:
    """What MLlib is asked for; the model that serves must know `regularization` and `alpha`."""

    n_factors: int
    regularization: float
    alpha: float
    n_iterations: int
    seed: int


def item_factors(user_items: DataFrame, settings: Factorisation) -> DataFrame:
    """Return the factors of each item somebody wanted: `item`, `factors` (array of float).

    Parameters
    ----------
    user_items
        `user`, `item` (int below 2 ** 31) and `weight` (above 0), one row per pair.
    """
    als = ALS(
        userCol="user",
        itemCol="item",
        ratingCol="weight",
        rank=settings.n_factors,
        regParam=settings.regularization,
        alpha=settings.alpha,
        maxIter=settings.n_iterations,
        seed=settings.seed,
        implicitPrefs=True,
    )
    return als.fit(user_items).itemFactors.select(
        F.col("id").alias("item"), F.col("features").alias("factors")
    )
