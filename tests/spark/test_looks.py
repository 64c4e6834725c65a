"""How often products are looked at, their place left out (features.transforms.looks)."""

import datetime as dt
from itertools import product

import numpy as np
import pytest
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.logs import ClickstreamEvent
from features.transforms.looks import (
    PRIOR_EXAMINED,
    PRIOR_LOOKS,
    examination,
    look_ratio,
    look_ratios,
    shown_places,
)
from features.transforms.product_features import days
from simulator.clicks import clicks
from simulator.shop import SimulatedShop
from simulator.visits import EXAMINATION, n_chunks, today, visits
from tests.tables import rows, table

pytestmark = pytest.mark.spark

DAY = dt.date(2024, 5, 10)
PLACES = """
    kind       | product_id | surface | position | occurred_at         | date
    -----------+------------+---------+----------+---------------------+-----------
    impression | 5          | search  | 1        | 2024-05-10T10:00:00 | 2024-05-10
    impression | 5          | search  | 1        | 2024-05-10T11:00:00 | 2024-05-10
    view       | 5          | search  | 1        | 2024-05-10T11:00:09 | 2024-05-10
    impression | 5          | search  | 2        | 2024-05-10T12:00:00 | 2024-05-10
    impression | 5          |         | 1        | 2024-05-10T10:00:00 | 2024-05-10
    impression | 6          | search  |          | 2024-05-10T10:00:00 | 2024-05-10
    cart       | 5          | search  | 1        | 2024-05-10T11:00:30 | 2024-05-10
    impression | 5          | search  | 1        | 2024-04-12T10:00:00 | 2024-04-12
    impression | 5          | search  | 1        | 2024-05-10T10:00:00 | 2024-05-11
"""


def test_impressions_and_looks_are_counted_by_place(spark):
    counted = shown_places(table(spark, ClickstreamEvent, PLACES)).where("date = '2024-05-10'")

    assert rows(counted, "product_id", "surface", "position", "n_shown", "n_looked") == [
        (5, "", 1, 1, 0),
        (5, "search", 1, 2, 1),
        (5, "search", 2, 1, 0),
    ]


def test_a_place_is_examined_as_much_as_products_that_stood_at_both_say(spark):
    """Product 5 alone stood at places 1 and 2: weight 1 / (1/40 + 1/40) = 20, looked at .5 and .25.

    Place 2 is examined (20 * .25 + prior) / (20 * .5 + prior) as much as place 1. Products 6 and 7 tell
    nothing of that, however often they were looked at. From 2 to 3 only product 7 tells: nothing
    changes there.
    """
    sums = spark.createDataFrame(
        [
            (DAY, "search", 1, 5, 40, 20),
            (DAY, "search", 2, 5, 40, 10),
            (DAY, "search", 1, 6, 90, 90),
            (DAY, "search", 2, 7, 10, 5),
            (DAY, "search", 3, 7, 10, 5),
            (DAY, "search", 5, 8, 10, 0),
        ],
        "as_of date, surface string, position bigint, product_id bigint, n_shown bigint, n_looked bigint",
    )

    found = rows(examination(sums), "position", "examination")

    second = (20 * 0.25 + PRIOR_LOOKS) / (20 * 0.5 + PRIOR_LOOKS)
    assert found == [
        (1, 1.0),
        (2, pytest.approx(second)),
        (3, pytest.approx(second)),
        (5, pytest.approx(second)),  # no product stood at 4: as much as the last that is known
    ]


def test_a_product_is_looked_at_as_the_shops_are_until_it_was_examined_often(spark):
    """Of the last 28 days and what was known on the day: 5 was shown four times and looked at once."""
    one_day = days(spark, DAY, DAY)
    looks = look_ratios(shown_places(table(spark, ClickstreamEvent, PLACES)), one_day)
    listed = spark.createDataFrame([(5, DAY), (9, DAY)], "product_id bigint, as_of date")

    found = listed.join(looks, ["product_id", "as_of"], "left").withColumn("ratio", look_ratio())

    # Weight of the two places of "search": 1 / (1/2 + 1/1) = 2/3; looked at half of the time, then never.
    second = PRIOR_LOOKS / (2 / 3 * 0.5 + PRIOR_LOOKS)
    examined = 1 + 2 + second
    usual = 1 / examined
    assert rows(found, "product_id", "ratio") == [
        (5, round((1 + PRIOR_EXAMINED * usual) / (examined + PRIOR_EXAMINED), 6)),
        (9, round(usual, 6)),
    ]


def test_in_the_simulated_shop_the_known_examination_is_found(spark):
    """True there: 1 / position ** .7, whatever is shown, though the popular stand above."""
    shop = SimulatedShop(DAY, n_days=4, n_products=300, n_shoppers=20_000, n_visits_per_day=0.3)
    events = [
        clicks(today(shop, day), visits(shop, today(shop, day), chunk))[0].to_pandas()
        for day, chunk in product(range(shop.first, shop.last + 1), range(n_chunks(shop)))
    ]
    log = [spark.createDataFrame(each[COLUMNS]) for each in events]
    typed = log[0]
    for each in log[1:]:
        typed = typed.unionByName(each)
    typed = typed.select(
        "kind",
        "surface",
        F.col("product_id").cast("bigint"),
        F.col("position").cast("bigint"),
        F.col("occurred_at").cast("timestamp"),
        F.lit(DAY).alias("date"),
    )
    sums = (
        shown_places(typed)
        .withColumn("as_of", F.lit(DAY))
        .withColumn("surface", F.lit("all"))
        .groupBy("as_of", "surface", "position", "product_id")
        .agg(F.sum("n_shown").alias("n_shown"), F.sum("n_looked").alias("n_looked"))
        .where("n_shown > 0")
    )

    found = [value for _, value in rows(examination(sums), "position", "examination")]

    np.testing.assert_allclose(found, EXAMINATION, rtol=0.15)


COLUMNS = ["kind", "surface", "product_id", "position", "occurred_at"]
