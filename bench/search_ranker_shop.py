"""The simulated shop's searches: what was shown and became of it, and what was known of products each day."""

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from features.schemas.lake import SearchDocument
from features.transforms.looks import PRIOR_EXAMINED
from features.transforms.product_features import (
    PRIOR_ORDERS,
    PRIOR_REVIEWS,
    PRIOR_VIEWS,
    WINDOW_DAYS,
)
from models.search.behaviour import ShownSearches, examination, together
from models.search.documents import SCHEMA
from models.search.signals import COLUMNS, Signals
from models.search.taste import Acts
from simulator import orders, reviews
from simulator.catalogue import catalogue, prices, wording
from simulator.clicks import clicks
from simulator.seasons import is_out_of_stock
from simulator.shop import SimulatedShop, day_of
from simulator.visits import EXAMINATION, Today, Visits, today, visits
from simulator.words import LEAVES, category_ids

N_LAST = 20
"""Products that a customer's lists hold."""

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Day:
    """What one day left behind, product by product and visit by visit.

    Parameters
    ----------
    shown : ShownSearches
        Lists of any surface, a query for each that was searched for and "" for others.
    expected : array of shape (n_shown,)
        What the shop's laws say each product gains if it is examined.
    """

    shown: ShownSearches
    expected: Floats
    bought: tuple[Ids, Ids]
    n_orders: Ids
    n_units: Ids
    stars: Mapping[int, list[int]]


@cache
def day(shop: SimulatedShop, number: int) -> Day:
    """Return what happened on a day; shops have one chunk of shoppers here."""
    now = today(shop, number)
    made = visits(shop, now, 0)
    there = made.shown >= 0
    lists, places = np.nonzero(there)
    shown = ShownSearches(
        search=lists,
        product=made.shown[there] + 1,
        position=places + 1,
        outcome=(made.viewed.astype(np.int64) + made.carted)[there],
        queries=_queries(now, made),
        days=np.full(len(made.shopper), number),
        users=np.where(made.is_guest, -made.shopper, made.shopper),
    )
    lines = orders.order_lines(shop, now, made)
    known = ~made.is_guest[lines.visit]
    counts = np.bincount(lines.product, minlength=shop.n_products)
    units = np.bincount(lines.product, lines.quantity, shop.n_products).astype(np.int64)
    buyers = (made.shopper[lines.visit[known]], lines.product[known] + 1)
    expected = _expected(now, made)[there]
    return Day(shown, expected, buyers, counts, units, _stars(shop, now, made))


def _queries(now: Today, made: Visits) -> list[str]:
    table, _ = clicks(now, made)
    searched = table.filter(pa.compute.equal(table["kind"], "search"))
    by_session = dict(
        zip(searched["session_id"].to_pylist(), searched["query"].to_pylist(), strict=True)
    )
    return [by_session.get(f"s{number}", "") for number in made.number.tolist()]


def _expected(now: Today, made: Visits) -> Floats:
    look = made.view_probability / EXAMINATION
    cart = np.where(now.is_out[made.shown], 0.0, made.cart_probability)
    return np.asarray(look * (1 - cart) + look * cart * 3)


def _stars(shop: SimulatedShop, now: Today, made: Visits) -> Mapping[int, list[int]]:
    table, _ = reviews.reviews(shop, now, made)
    found: dict[int, list[int]] = defaultdict(list)
    for product, rating in zip(
        table["product_id"].to_pylist(), table["rating"].to_pylist(), strict=True
    ):
        found[int(product)].append(int(rating))
    return found


def searches(shop: SimulatedShop, days: Sequence[int]) -> ShownSearches:
    """Return the searches of some days; guests have the shopper's number, below 0."""
    whole = together([day(shop, number).shown for number in days])
    return whole.part(np.array([query != "" for query in whole.queries]))


def expected(shop: SimulatedShop, shown: ShownSearches) -> Floats:
    """Return what the shop's laws say each product gains if it is examined, shape (n_shown,)."""
    known: dict[tuple[int, int, int], float] = {}
    for number in set(shown.days.tolist()):
        this = day(shop, number)
        users = this.shown.users[this.shown.search].tolist()
        told = zip(users, this.shown.product.tolist(), this.expected.tolist(), strict=True)
        known |= {(number, user, product): gained for user, product, gained in told}
    rows = zip(
        shown.days[shown.search].tolist(),
        shown.users[shown.search].tolist(),
        shown.product.tolist(),
        strict=True,
    )
    return np.array([known[row] for row in rows])


@cache
def signals(shop: SimulatedShop, number: int) -> Signals:
    """Return what was known of products before a day, of the 28 days before it."""
    past = [day(shop, each) for each in range(max(shop.first, number - WINDOW_DAYS), number)]
    columns = _counts(shop, past) | _ratings(shop, past) | _facts(shop, number)
    views, n_orders = columns["n_views_28d"], columns.pop("n_orders")
    columns["conversion_ratio"] = (n_orders + PRIOR_ORDERS) / (views + PRIOR_VIEWS)
    schema = pa.schema([SCHEMA.field(name) for name in COLUMNS])
    arrays = [pa.array(columns[field.name], from_pandas=True) for field in schema]
    return Signals.of_table(pa.Table.from_arrays(arrays, names=schema.names).cast(schema))


def _counts(shop: SimulatedShop, past: Sequence[Day]) -> dict[str, Any]:
    shown = together([each.shown for each in past])
    size = shop.n_products + 1
    views = np.bincount(shown.product, shown.outcome > 0, size)[1:]
    examined = np.bincount(shown.product, examination(shown)[shown.position], size)[1:]
    usual = views.sum() / examined.sum()
    return {
        "n_views_28d": views,
        "n_carts_28d": np.bincount(shown.product, shown.outcome > 1, size)[1:],
        "n_units_28d": np.sum([each.n_units for each in past], axis=0),
        "n_orders": np.sum([each.n_orders for each in past], axis=0),
        "look_ratio": (views + PRIOR_EXAMINED * usual) / (examined + PRIOR_EXAMINED),
    }


def _ratings(shop: SimulatedShop, past: Sequence[Day]) -> dict[str, Any]:
    sums, counts = np.zeros(shop.n_products), np.zeros(shop.n_products, np.int64)
    for each in past:
        for product, stars in each.stars.items():
            sums[product - 1] += sum(stars)
            counts[product - 1] += len(stars)
    usual = sums.sum() / max(counts.sum(), 1)
    return {
        "mean_rating": (sums + PRIOR_REVIEWS * usual) / (counts + PRIOR_REVIEWS),
        "n_reviews": counts,
    }


def _facts(shop: SimulatedShop, number: int) -> dict[str, Any]:
    made = catalogue(shop)
    price = prices(shop, number - 1)
    medians = np.array([np.median(price[made.leaf == leaf]) for leaf in range(len(LEAVES))])
    return {
        "product_id": made.ids,
        "category_id": made.leaf,
        "brand": [f"{brand}" for brand in made.brand],
        "in_stock": ~is_out_of_stock(shop.seed, made.ids, number - 1),
        "category_price_ratio": price / medians[made.leaf],
    }


def acts(shop: SimulatedShop, days: Sequence[int]) -> dict[tuple[int, int], Acts]:
    """Return what each shopper had done last before each of some days, by day and shopper."""
    looked: dict[int, list[int]] = defaultdict(list)
    bought: dict[int, list[int]] = defaultdict(list)
    found = {}
    for number in range(shop.first, max(days) + 1):
        this = day(shop, number)
        if number in days:
            for shopper in {each for each in this.shown.users.tolist() if each > 0}:
                found[number, shopper] = Acts(
                    tuple(looked[shopper][: -N_LAST - 1 : -1]),
                    tuple(bought[shopper][: -N_LAST - 1 : -1]),
                )
        rows = np.nonzero(this.shown.outcome > 0)[0]
        for shopper, product in zip(
            this.shown.users[this.shown.search[rows]].tolist(),
            this.shown.product[rows].tolist(),
            strict=True,
        ):
            looked[shopper].append(product)
        for shopper, product in zip(*(each.tolist() for each in this.bought), strict=True):
            bought[shopper].append(product)
    return found


def documents(shop: SimulatedShop) -> list[dict[str, Any]]:
    """Return the products as the index takes them, as nobody had looked at them yet."""
    made, ids = catalogue(shop), category_ids()
    price = prices(shop, shop.last)
    found = []
    for row in range(shop.n_products):
        words, path = wording(made, row), LEAVES[made.leaf[row]].path
        found.append(
            dict.fromkeys(SearchDocument.model_fields)
            | {
                "product_id": row + 1,
                "title": words.title,
                "description": words.description,
                "category_id": ids[path],
                "category_path": path,
                "brand": words.brand,
                "price_cents": int(price[row]),
                "attributes": json.dumps(words.attributes),
                "in_stock": True,
                "popularity": 0.0,
                "listed_on": day_of(shop.first),
            }
        )
    return found


def small_shop(seed: int, n_days: int) -> SimulatedShop:
    """Return the demo's shop, of so many days."""
    return SimulatedShop(last_day=dt.date(2024, 5, 31), n_days=n_days, seed=seed)
