"""What became of searches: what was shown, looked at, put in the cart, and searched for instead."""

import datetime as dt

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F  # noqa: N812

from features.schemas.lake import Reformulation, SearchQuery

WINDOW_DAYS = 28
SURFACE = "search"
REFORMULATED_SECONDS = 300
"""Another query within so long, and nothing looked at: the first one did not say what was meant."""


def searches(clickstream: DataFrame) -> DataFrame:
    """Return each search with what followed it in its session, until the next search.

    Parameters
    ----------
    clickstream
        Table `ClickstreamEvent`. What is shown, looked at or put in the cart on the surface `search`
        belongs to the last search before it.

    Returns
    -------
    DataFrame
        Columns `session_id`, `query`, `searched_at`, `n_shown`, `n_looked`, `n_carted`,
        `click_position`, `next_query`, `next_looked`; the last two are null unless it was reformulated.
    """
    is_search = F.col("kind") == "search"
    follows = (F.col("surface") == SURFACE) & F.col("kind").isin("impression", "view", "cart")
    acts = clickstream.where(is_search | follows).withColumn("_later", ~is_search)
    so_far = Window.partitionBy("session_id").orderBy("occurred_at", "_later", "event_id")
    belongs_to = F.last(F.when(is_search, F.col("event_id")), ignorenulls=True).over(so_far)
    marked = acts.withColumn("search_id", belongs_to).where("search_id is not null")
    found = marked.groupBy("session_id", "search_id").agg(
        F.max(F.when(is_search, _normal(F.col("query")))).alias("query"),
        F.max(F.when(is_search, F.col("occurred_at"))).alias("searched_at"),
        F.count_if(F.col("kind") == "impression").alias("n_shown"),
        F.count_if(F.col("kind") == "view").alias("n_looked"),
        F.count_if(F.col("kind") == "cart").alias("n_carted"),
        F.min(F.when(F.col("kind") == "view", F.col("position"))).alias("click_position"),
    )
    return _with_next(found.where("query <> ''"))


def _normal(query: Column) -> Column:
    return F.lower(F.trim(F.regexp_replace(query, r"\s+", " ")))


def _with_next(found: DataFrame) -> DataFrame:
    in_order = Window.partitionBy("session_id").orderBy("searched_at", "search_id")
    following = found.withColumns(
        {
            "_query": F.lead("query").over(in_order),
            "_seconds": F.lead("searched_at").over(in_order).cast("double")
            - F.col("searched_at").cast("double"),
            "_looked": F.lead("n_looked").over(in_order),
        }
    )
    reformulated = (
        (F.col("n_looked") == 0)
        & (F.col("_query") != F.col("query"))
        & (F.col("_seconds") <= REFORMULATED_SECONDS)
    )
    return following.withColumns(
        {
            "next_query": F.when(reformulated, F.col("_query")),
            "next_looked": F.when(reformulated, F.col("_looked")),
        }
    ).drop("search_id", "_query", "_seconds", "_looked")


def search_queries(found: DataFrame, date: dt.date) -> DataFrame:
    """Return table `SearchQuery` of `date`; `found` is of `searches`, over `WINDOW_DAYS`."""
    counted = found.groupBy("query").agg(
        F.count("*").alias("n_searches"),
        F.countDistinct("session_id").alias("n_sessions"),
        F.count_if((F.col("n_shown") == 0) & (F.col("n_looked") == 0)).alias("n_empty"),
        F.count_if(F.col("n_looked") > 0).alias("n_clicked"),
        F.count_if(F.col("n_carted") > 0).alias("n_carted"),
        F.count("next_query").alias("n_reformulated"),
        F.round(F.avg("click_position"), 6).alias("mean_click_position"),
    )
    return counted.withColumn("date", F.lit(date)).select(*SearchQuery.model_fields)


def reformulations(found: DataFrame, date: dt.date) -> DataFrame:
    """Return table `Reformulation` of `date`; `found` is of `searches`, over `WINDOW_DAYS`."""
    helped = F.when(F.col("next_looked") > 0, F.col("session_id"))
    counted = (
        found.where("next_query is not null")
        .groupBy("query", "next_query")
        .agg(
            F.countDistinct("session_id").alias("n_sessions"),
            F.countDistinct(helped).alias("n_helped"),
        )
    )
    return counted.withColumn("date", F.lit(date)).select(*Reformulation.model_fields)
