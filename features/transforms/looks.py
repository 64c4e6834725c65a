"""How often products are looked at where they are shown, what their place on the list did left out.

Source: Agarwal, Zaitsev, Wang, Li, Najork, Joachims, "Estimating position bias without intrusive
interventions" (WSDM 2019): a product that stood at two places, at different times, tells how much more
the one is examined than the other. We take their AdjacentChain, from each place to the next, and
depart from it in weighing products by how often they stood at both places (harmonic mean), and in
drawing a place that little is known of towards the one before it.
"""

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from features.transforms.time import known_within

MAX_POSITION = 100
WINDOW_DAYS = 28
PRIOR_LOOKS = 5.0
"""Looks at a place, as of an even chance: two places about which nothing is known are alike."""
PRIOR_EXAMINED = 20.0
"""A product is looked at as often as the shop's are, until it was examined about so often."""

N_DIGITS = 6

PLACE = ["as_of", "surface", "position"]


def shown_places(clickstream: DataFrame) -> DataFrame:
    """Count by place what was shown and what was looked at there.

    Parameters
    ----------
    clickstream
        Table `ClickstreamEvent`; what tells no place is left out.

    Returns
    -------
    DataFrame
        Columns `date`, `product_id`, `occurred_on`, `surface`, `position`, `n_shown`, `n_looked`.
    """
    placed = clickstream.where(
        F.col("kind").isin("impression", "view") & F.col("position").between(1, MAX_POSITION)
    )
    day = F.to_date("occurred_at").alias("occurred_on")
    surface = F.coalesce("surface", F.lit("")).alias("surface")
    return placed.groupBy("date", "product_id", day, surface, "position").agg(
        F.count_if(F.col("kind") == "impression").alias("n_shown"),
        F.count_if(F.col("kind") == "view").alias("n_looked"),
    )


def look_ratios(places: DataFrame, dates: DataFrame) -> DataFrame:
    """Return how often each product is looked at when it is examined, over 28 days.

    Parameters
    ----------
    places
        Of `shown_places`, from `WINDOW_DAYS` before the first day on at least.
    dates
        Of `product_features.days`.

    Returns
    -------
    DataFrame
        Columns `product_id`, `as_of`, `n_looked`, `n_examined` (impressions, each times the chance
        that its place is examined, the first place's being 1).
    """
    sums = (
        places.join(F.broadcast(dates), known_within("occurred_on", WINDOW_DAYS))
        .groupBy(*PLACE, "product_id")
        .agg(F.sum("n_shown").alias("n_shown"), F.sum("n_looked").alias("n_looked"))
        .where("n_shown > 0")
    )
    at = sums.join(F.broadcast(examination(sums)), PLACE)
    examined = F.col("n_shown") * F.col("examination")
    return at.groupBy("product_id", "as_of").agg(
        F.sum("n_looked").alias("n_looked"), F.sum(examined).alias("n_examined")
    )


def examination(sums: DataFrame) -> DataFrame:
    """Return the chance that a place is examined beside the first of its surface's, by `PLACE`.

    Parameters
    ----------
    sums
        Columns `PLACE`, `product_id`, `n_shown` (above 0), `n_looked`.
    """
    one = Window.partitionBy("as_of", "surface", "product_id").orderBy("position")
    looked = F.col("n_looked") / F.col("n_shown")
    pairs = sums.select(
        *PLACE,
        F.lead("position").over(one).alias("next_position"),
        (1 / (1 / F.col("n_shown") + 1 / F.lead("n_shown").over(one))).alias("weight"),
        looked.alias("looked"),
        F.lead(looked).over(one).alias("looked_next"),
    ).where("next_position = position + 1")
    steps = pairs.groupBy("as_of", "surface", F.col("next_position").alias("position")).agg(
        F.sum(F.col("weight") * F.col("looked")).alias("before"),
        F.sum(F.col("weight") * F.col("looked_next")).alias("after"),
    )
    step = (F.col("after") + PRIOR_LOOKS) / (F.col("before") + PRIOR_LOOKS)
    # Where no product stood at a place and the one before, nothing says that they differ.
    places = sums.select(*PLACE).distinct().join(steps.withColumn("step", step), PLACE, "left")
    down = Window.partitionBy("as_of", "surface").orderBy("position")
    fallen = F.exp(F.sum(F.log(F.coalesce("step", F.lit(1.0)))).over(down))
    return places.select(*PLACE, fallen.alias("examination"))


def look_ratio() -> Column:
    """Return the ratio, of a product's `n_looked` and `n_examined` and the shop's over all products.

    Null where nothing was shown to anybody.
    """
    by_day = Window.partitionBy("as_of")
    looked, examined = F.sum("n_looked").over(by_day), F.sum("n_examined").over(by_day)
    usual = F.when(examined > 0, looked / examined)
    own_looked, own_examined = (
        F.coalesce(F.col(n), F.lit(0.0)) for n in ("n_looked", "n_examined")
    )
    ratio = (own_looked + PRIOR_EXAMINED * usual) / (own_examined + PRIOR_EXAMINED)
    return F.round(ratio, N_DIGITS)  # sums of fractions differ in their last digits from run to run
