"""The lake's tables as the arrays that models are trained on, as known at the end of any day."""

import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from features.schemas.lake import Interaction, ProductFeatures, UserFeatures
from features.schemas.logs import ClickstreamEvent, ProductVersion
from features.schemas.row import Row
from features.store.opening import apply_definitions, open_store
from jobs.partitions import Partitions
from jobs.reading import day_number, days_since_1970, newest
from jobs.runner import Settings
from models.evaluation.splits import Facts
from models.ids import rows_of
from models.ranking.shown import IN_THE_CART, LOOKED_AT, Impressions
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS, Features, Known
from models.retrieval.histories import Rows
from models.retrieval.items import NO_CATEGORY, Items

N_DAYS_USABLE = 3
"""A feature's row may be this many days old: the feature views' time to live."""
CLICK_COLUMNS = [
    "kind", "customer_id", "product_id", "session_id", "surface", "position", "price_shown_cents",
]  # fmt: skip
N_IMPRESSION_DAYS = 180
"""What was shown longer ago is not read."""
PointInTime = Callable[[type[Row], str, Rows, tuple[str, ...], dt.date], Features]
"""(table, entity, ids, columns, day) -> the columns as known at the end of the day, nan if not."""


@dataclass(frozen=True)
class TrainingData:
    """Everything known by the end of `last_day`, from which any earlier moment can be cut."""

    user_ids: Rows
    item_ids: Rows
    facts: Facts
    versions: pa.Table
    features: PointInTime

    def known(self, day: dt.date) -> Known:
        """Return what was known by the end of the day, in the rows of all users and items."""
        number = day_number(day)
        return Known(
            user_ids=self.user_ids,
            item_ids=self.item_ids,
            histories=self.facts.histories(number),
            seen=self.facts.seen(number),
            items=items(self.versions, self.item_ids, day),
            item_features=self.features(
                ProductFeatures, "product_id", self.item_ids, PRODUCT_COLUMNS, day
            ),
            user_features=self.features(UserFeatures, "user_id", self.user_ids, USER_COLUMNS, day),
        )


def training_data(lake: Partitions, last_day: dt.date, features: PointInTime) -> TrainingData:
    """Read what is known by the end of `last_day`; products no longer sold are left out."""
    versions = newest(lake.read(ProductVersion, None, last_day))
    sold = versions.filter(pc.equal(versions["status"], "published"))
    item_ids = np.unique(sold["product_id"].to_numpy()).astype(np.int64)
    rows = lake.read(Interaction, None, last_day)
    rows = rows.filter(pc.is_in(rows["item_id"], pa.array(item_ids)))
    user_ids = np.unique(rows["user_id"].to_numpy()).astype(np.int64)
    facts = Facts(
        user=rows_of(user_ids, rows["user_id"].to_numpy()),
        item=rows_of(item_ids, rows["item_id"].to_numpy()),
        known_on=days_since_1970(rows["date"]),
        occurred_on=days_since_1970(rows["occurred_on"]),
        n_users=len(user_ids),
        n_items=len(item_ids),
        impressions=impressions(lake, last_day, user_ids, item_ids),
        **{
            name: rows[name].to_numpy()
            for name in ("n_views", "n_carts", "n_purchases", "n_returns")
        },
    )
    history = lake.read(ProductVersion, None, last_day)
    return TrainingData(user_ids, item_ids, facts, history, features)


def impressions(
    lake: Partitions, last_day: dt.date, user_ids: Rows, item_ids: Rows
) -> Impressions | None:
    """Return what the users were shown in the `N_IMPRESSION_DAYS` up to `last_day`; None if nothing.

    Guests and products no longer sold are left out. It is read day by day: impressions are most of
    the clickstream.
    """
    first = last_day - dt.timedelta(days=N_IMPRESSION_DAYS - 1)
    days = [
        day for day in lake.days("validated", ClickstreamEvent.table) if first <= day <= last_day
    ]
    parts = [_shown_on(lake, day, user_ids, item_ids) for day in days]
    if not sum(len(part.user) for part in parts):
        return None
    n_lists = [int(part.list_number.max(initial=-1)) + 1 for part in parts]
    before = np.cumsum([0, *n_lists[:-1]])
    columns = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in Impressions.__dataclass_fields__
    }
    offsets = np.repeat(before, [len(part.user) for part in parts])
    return Impressions(**{**columns, "list_number": columns["list_number"] + offsets})


def _shown_on(lake: Partitions, day: dt.date, user_ids: Rows, item_ids: Rows) -> Impressions:
    """Return the day's impressions; what was met on one surface in one session is a list."""
    clicks = lake.read(ClickstreamEvent, day, day, CLICK_COLUMNS)
    clicks = clicks.filter(pc.field("customer_id").is_valid() & pc.field("product_id").is_valid())
    users = rows_of(user_ids, clicks["customer_id"].to_numpy())
    items = rows_of(item_ids, clicks["product_id"].to_numpy())
    shown = pc.equal(clicks["kind"], "impression").to_numpy() & (users >= 0) & (items >= 0)
    sessions = _codes(clicks["session_id"])
    surfaces = _codes(pc.fill_null(clicks["surface"], ""))
    positions = pc.fill_null(clicks["position"], 0).to_numpy()
    # Sessions are named by clients: two customers may share one.
    visits = sessions * (len(user_ids) + 1) + users
    on_surface = visits * (surfaces.max(initial=0) + 1) + surfaces
    _, lists = np.unique(on_surface[shown], return_inverse=True)
    met = visits * len(item_ids) + items
    return Impressions(
        user=users[shown],
        item=items[shown],
        known_on=np.full(int(shown.sum()), day_number(day)),
        list_number=lists,
        position=np.minimum(positions, np.iinfo(np.int16).max)[shown].astype(np.int16),
        outcome=_outcomes(clicks["kind"], met, (users >= 0) & (items >= 0))[shown],
        price_cents=clicks["price_shown_cents"].to_numpy()[shown].astype(np.float32),
    )


def _codes(texts: pa.ChunkedArray) -> Rows:
    codes = texts.combine_chunks().dictionary_encode().indices
    return np.asarray(codes.to_numpy(), np.int64)


def _outcomes(kinds: pa.ChunkedArray, met: Rows, known: NDArray[np.bool_]) -> NDArray[np.int8]:
    """Return what became of the product in the session of each event."""
    outcomes = np.zeros(len(met), np.int8)
    for kind, outcome in (("view", LOOKED_AT), ("cart", IN_THE_CART)):
        happened = met[pc.equal(kinds, kind).to_numpy() & known]
        outcomes[np.isin(met, happened)] = outcome
    return outcomes


def items(versions: pa.Table, item_ids: Rows, day: dt.date) -> Items:
    """Return text and category of each item as known by the end of the day; nothing if unknown then."""
    known = newest(versions.filter(pc.less_equal(versions["date"], pa.scalar(day))))
    rows = rows_of(item_ids, known["product_id"].to_numpy())
    texts = [""] * len(item_ids)
    categories = np.full(len(item_ids), NO_CATEGORY)
    numbers: dict[int, int] = {}
    for row, version in zip(rows.tolist(), known.to_pylist(), strict=True):
        if row < 0:
            continue
        texts[row] = document(version)
        if version["category_id"] is not None:
            categories[row] = numbers.setdefault(version["category_id"], len(numbers))
    return Items(texts, categories)


def document(version: dict[str, str | None]) -> str:
    """Return all words of a product; its category and brand each as one word too."""
    attributes = json.loads(version["attributes"] or "{}")
    category, brand = version["category_path"] or "", version["brand"] or ""
    whole = [name.replace(" ", "_") for name in (f"category {category}", f"brand {brand}")]
    words = (version["title"], version["description"], category, brand, *attributes.values())
    return " ".join([*(word or "" for word in words), *whole])


def from_feature_store(settings: Settings, lake: Partitions) -> PointInTime:
    """Return point-in-time features as Feast joins them, the way serving names them."""
    store = open_store(settings.feast, settings.redis_url)
    apply_definitions(store, settings.lake)

    def read(
        row: type[Row], entity: str, ids: Rows, columns: tuple[str, ...], day: dt.date
    ) -> Features:
        # Feast's file store can't join an entity that has no row at all: only known ones are asked.
        recent = lake.read(row, day - dt.timedelta(days=N_DAYS_USABLE - 1), day, [entity])
        known = np.intersect1d(ids, recent[entity].to_numpy())
        if not len(known):
            return np.full((len(ids), len(columns)), np.nan, np.float32)
        end_of_day = pd.Timestamp(day + dt.timedelta(days=1), tz="UTC")
        asked = pd.DataFrame({entity: known, "event_timestamp": end_of_day})
        names = [f"{row.table}:{column}" for column in columns]
        found = store.get_historical_features(entity_df=asked, features=names).to_df()
        by_id = found.set_index(entity).reindex(ids)
        return np.asarray(by_id[list(columns)].to_numpy(np.float32, na_value=np.nan))

    return read
