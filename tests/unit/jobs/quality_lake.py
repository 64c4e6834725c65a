"""A shop's lake with a clean week, and what was served from it on the last day."""

import datetime as dt
import json
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pydantic import AwareDatetime

from features.schemas.arrow import arrow_schema
from features.schemas.column import columns
from features.schemas.lake import (
    CategoryLists,
    DailyDemand,
    DemandForecast,
    Interaction,
    ItemLists,
    ProductFeatures,
    SearchDocument,
    UserFeatures,
)
from features.schemas.logs import Answer, ClickstreamEvent, OrderLine
from features.schemas.served_features import pack_served
from jobs.partitions import Partitions
from models.recommender import PRODUCT_COLUMNS, USER_COLUMNS
from models.search.signals import COLUMNS, NAMES, Signals
from serving.answers.ids import answer_id

DAY = dt.date(2024, 5, 15)
BEFORE = DAY - dt.timedelta(days=1)
DAYS = [DAY - dt.timedelta(days=n) for n in range(10)][::-1]
N_PRODUCTS = N_USERS = 200
N_SHOWN = 4
IDS = np.arange(1, N_PRODUCTS + 1)
PRICES = 100 * IDS + 99


def midnight(day):
    return dt.datetime.combine(day, dt.time(), dt.UTC)


def end_of(day):
    return midnight(day + dt.timedelta(days=1))


def filled(row, day, n_rows, **given):
    """A table of `row` with these columns; all others hold something of their type."""
    plain = {int: 1, float: 1.0, bool: True, str: "1", dt.date: day, AwareDatetime: midnight(day)}
    made = {}
    for column in columns(row):
        value = plain.get(column.type, [1])
        made[column.name] = given.get(column.name, [value] * n_rows)
    return pa.table(made).cast(arrow_schema(row))


@dataclass
class QualityLake:
    """Writes days of tables, the same again with changes."""

    lake: Partitions

    def clean_week(self):
        for day in DAYS:
            for row in (ProductFeatures, UserFeatures, OrderLine, ClickstreamEvent):
                self.write(row, day)
            for row in (Interaction, ItemLists, CategoryLists, DailyDemand):
                self.lake.write(row, filled(row, day, 3, **self._as_of(row, day)), day)
        self.lake.write(DemandForecast, filled(DemandForecast, DAY, 3), DAY)
        self.lake.write(SearchDocument, self.documents(), BEFORE)
        self.lake.write(Answer, self.answers(), DAY)
        return self

    def write(self, row, day, **changes):
        self.lake.write(row, getattr(self, f"_{row.table}")(day, **changes), day)

    def _as_of(self, row, day):
        return {"available_at": [end_of(day)] * 3} if "available_at" in row.model_fields else {}

    def _product_features(self, day, **changes):
        chance = np.random.default_rng(day.toordinal())
        numbers = {name: chance.poisson(5, N_PRODUCTS) + 1.0 for name in PRODUCT_COLUMNS}
        given = {**numbers, "product_id": IDS, "price_cents": PRICES, **changes}
        given.setdefault("available_at", [end_of(day)] * N_PRODUCTS)
        given["mean_rating"] = np.full(N_PRODUCTS, 4.0)
        return filled(ProductFeatures, day, N_PRODUCTS, **given)

    def _user_features(self, day, **changes):
        chance = np.random.default_rng(-day.toordinal() + 10**7)
        numbers = {name: chance.poisson(9, N_USERS).astype(float) for name in USER_COLUMNS}
        given = {**numbers, "user_id": IDS, "available_at": [end_of(day)] * N_USERS, **changes}
        return filled(UserFeatures, day, N_USERS, **given)

    def _order_lines(self, day, **changes):
        given = {"product_id": IDS, "unit_price_cents": PRICES, **changes}
        return filled(OrderLine, day, N_PRODUCTS, **given)

    def _clickstream(self, day, **changes):
        given = {"product_id": IDS, "price_shown_cents": PRICES, "kind": ["view"] * N_PRODUCTS}
        return filled(ClickstreamEvent, day, N_PRODUCTS, **given, **changes)

    def documents(self):
        chance = np.random.default_rng(7)
        numbers = {
            name: chance.poisson(5, N_PRODUCTS) + 1.0
            for name in COLUMNS
            if name not in ("product_id", "category_id", "brand", "in_stock")
        }
        return filled(SearchDocument, BEFORE, N_PRODUCTS, product_id=IDS, **numbers)

    def served(self, row, day):
        """Features of all entities as rankers read them, of one day's partition."""
        names = PRODUCT_COLUMNS if row is ProductFeatures else USER_COLUMNS
        table = self.lake.read(row, day, day, [*names])
        return np.column_stack([table[name].to_numpy() for name in names]).astype(np.float32)

    def answers(self, of_day=BEFORE, times=1.0, lift=0.0):
        """Answers of the last day by features of a day, all prices served `times` what they are."""
        products, users = self.served(ProductFeatures, of_day), self.served(UserFeatures, of_day)
        products[:, PRODUCT_COLUMNS.index("price_cents")] *= times
        at = end_of(of_day).timestamp()
        signals = Signals.of_table(self.documents())
        rows = []
        for n in range(100):
            shown = (np.arange(N_SHOWN) + n) % N_PRODUCTS
            moment = midnight(DAY) + dt.timedelta(hours=6, minutes=n)
            common = {
                "event_id": answer_id(moment, n),
                "occurred_at": moment,
                "recorded_at": moment,
                "product_ids": ",".join(map(str, IDS[shown])),
                "index_date": str(BEFORE),
            }
            recommended = {
                "endpoint": "recommendations",
                "customer_id": int(IDS[n]),
                "model_version": "7",
                "feature_times": json.dumps(
                    {"product_features": [at, at], "user_features": at, "user_recent": at}
                ),
                "product_feature_names": ",".join(PRODUCT_COLUMNS),
                "product_features": pack_served(products[shown]),
                "user_feature_names": ",".join(USER_COLUMNS),
                "user_features": pack_served(users[n]),
            }
            lifts = np.column_stack([signals.lifts[shown] + lift, signals.in_stock[shown]])
            searched = {
                "endpoint": "search",
                "model_version": None,
                "search_order": "formula",
                "feature_times": "{}",
                "product_feature_names": ",".join([*NAMES, "in_stock"]),
                "product_features": pack_served(lifts),
                "user_feature_names": "",
                "user_features": "",
            }
            rows.append({**common, **(searched if n % 3 == 0 else recommended)})
        given = {name: [row.get(name) for row in rows] for name in set().union(*rows)}
        return filled(Answer, DAY, len(rows), **given)
