"""The lists beside a product: from pairs to what a page shows."""

import datetime as dt

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import ItemLists
from features.transforms.time import end_of

N_SHOWN = 20
MIN_LIFT = 1.5
MIN_BASKETS = 3


def item_lists(pairs: DataFrame, date: dt.date) -> DataFrame:
    """Return table `ItemLists` from table `CoPurchase` of `date`.

    `also_bought_ids` orders by confidence times the root of lift: confidence alone puts the best sellers beside
    everything. `bought_together_ids` holds only pairs of at least `MIN_BASKETS` baskets and
    `MIN_LIFT`, by lift.
    """
    also = F.col("confidence_ratio") * F.sqrt("lift")
    together = F.when(
        (F.col("n_baskets") >= MIN_BASKETS) & (F.col("lift") >= MIN_LIFT), F.col("lift")
    )
    lists = pairs.groupBy(F.col("item_id").alias("product_id")).agg(
        _best(also).alias("also_bought_ids"), _best(together).alias("bought_together_ids")
    )
    dated = lists.withColumns({"date": F.lit(date), "available_at": end_of(F.lit(date))})
    return dated.select(*ItemLists.model_fields)


def _best(score: Column) -> Column:
    """Return the other items by falling score, ties by id; those without a score are left out."""
    scored = F.when(score.isNotNull(), F.struct((-score).alias("place"), "other_item_id"))
    ordered = F.array_sort(F.collect_list(scored))
    return F.slice(F.transform(ordered, lambda one: one["other_item_id"]), 1, N_SHOWN)
