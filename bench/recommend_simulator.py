"""The simulated shop's shoppers as histories, cut like the real data sets."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from bench.recommend_data import Case
from features.schemas.weights import CART_WEIGHT, PURCHASE_WEIGHT, VIEW_WEIGHT
from models.evaluation.holdouts import Holdout, holdout
from models.ranking.asked import asked
from models.ranking.shown import IN_THE_CART, LOOKED_AT, KnownLists, ShownLists
from models.retrieval.histories import Histories, histories
from models.retrieval.items import Items
from simulator import catalogue, orders
from simulator.catalogue import wording
from simulator.shop import SimulatedShop
from simulator.visits import (
    N_SHOWN,
    Today,
    Visits,
    n_chunks,
    today,
    visits,
)
from simulator.words import LEAVES

SIMULATOR = "simulator"
K = 10
WINDOW_DAYS = 14
IMPRESSION_WEIGHT = 0.0
N_TAUGHT_LISTS = 5_000
SEED = 0

Floats = NDArray[np.float64]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Acts:
    """What shoppers who were logged in did, one entry per act; days count from 2000.

    What they were shown is an act of `IMPRESSION_WEIGHT`.
    """

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    weight: Floats
    day: Floats


def acts(shop: SimulatedShop) -> Acts:
    """Return all impressions, views, carts and purchases of a shop."""
    parts: list[tuple[Numbers, Numbers, Floats, Floats]] = []
    for day in range(shop.first, shop.last + 1):
        now = today(shop, day)
        for chunk in range(n_chunks(shop)):
            made = visits(shop, now, chunk)
            for visit, item, weight in _acts_of(shop, now, made):
                moment = day + made.start_second[visit] / 86_400
                parts.append((made.shopper[visit] - 1, item, np.full(len(item), weight), moment))
    return Acts(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _acts_of(
    shop: SimulatedShop, now: Today, made: Visits
) -> Iterator[tuple[Numbers, Numbers, float]]:
    """Yield visits, products and weight of each kind of act of who was logged in."""
    known = ~made.is_guest
    kinds = (
        (made.shown >= 0, IMPRESSION_WEIGHT),
        (made.viewed, VIEW_WEIGHT),
        (made.carted, CART_WEIGHT),
    )
    for chosen, weight in kinds:
        visit, place = np.nonzero(chosen & known[:, None])
        yield visit, made.shown[visit, place], weight
    lines = orders.order_lines(shop, now, made)
    bought = known[lines.visit]
    yield lines.visit[bought], lines.product[bought], PURCHASE_WEIGHT


def items(shop: SimulatedShop) -> Items:
    """Return the products' texts, the category and the brand each as one word too, and categories."""
    made = catalogue.catalogue(shop)
    texts = []
    for product in range(shop.n_products):
        words = wording(made, product)
        path = LEAVES[made.leaf[product]].path
        tokens = f"category_{path} brand_{words.brand}".replace(" ", "_").replace(
            "_brand", " brand"
        )
        texts.append(f"{words.title} {words.description} {path} {tokens}")
    return Items(texts, made.leaf)


def judging(shop: SimulatedShop, made: Acts) -> tuple[Holdout, Holdout]:
    """Return the hold-out of the last days, and one of as many days before it to choose by.

    Relevant is what a shopper with a history first dealt with and bought after the cut.
    """
    last = shop.last + 1.0
    judged = cut(shop, made, last - WINDOW_DAYS, last)
    choosing = cut(shop, made, last - 2 * WINDOW_DAYS, last - WINDOW_DAYS)
    days = range(shop.last - 2 * WINDOW_DAYS + 1, shop.last - WINDOW_DAYS + 1)
    return judged, replace(choosing, lists=lists(shop, choosing.known, days))


def simulated(shop: SimulatedShop) -> Case:
    """Return the shop under the same protocol as the real data sets."""
    judged, choosing = judging(shop, acts(shop))
    return Case(SIMULATOR, judged, choosing, items(shop), K, {}, {})


def cut(shop: SimulatedShop, made: Acts, day: float, last_day: float) -> Holdout:
    """Return the hold-out of the days (day, last_day]."""
    before = (made.day < day) & (made.weight != IMPRESSION_WEIGHT)
    shown = (made.day < day) & (made.weight == IMPRESSION_WEIGHT)
    bought = (made.day >= day) & (made.day < last_day) & (made.weight == PURCHASE_WEIGHT)
    rule = f"purchases of the {last_day - day:.0f} days after the cut"
    known = replace(_of(shop, made, before), shown=_shown(shop, made, shown))
    return holdout(known, _of(shop, made, bought), repeats=False, rule=rule)


def lists(shop: SimulatedShop, known: Histories, days: Iterable[int]) -> KnownLists:
    """Return what shoppers with a history were shown in some days, and what became of it."""
    parts = []
    for day in days:
        now = today(shop, day)
        for chunk in range(n_chunks(shop)):
            made = visits(shop, now, chunk)
            had = ~made.is_guest & (known.lengths[made.shopper - 1] > 0)
            outcomes = np.where(made.carted, IN_THE_CART, np.where(made.viewed, LOOKED_AT, 0))
            prices = np.where(made.shown >= 0, now.price_cents[made.shown], np.nan)
            places = np.tile(np.arange(1, N_SHOWN + 1), (len(made.shopper), 1))
            columns = (made.shopper - 1, made.shown, places, outcomes, prices.astype(np.float32))
            parts.append(tuple(column[had] for column in columns))
    shown = ShownLists(*map(np.concatenate, zip(*parts, strict=True)))
    shown = shown.telling(N_TAUGHT_LISTS, SEED)
    users = known.part(shown.users)
    seen = users.matrix()
    return KnownLists(shown, asked(users, seen), np.empty((*shown.items.shape, 0), np.float32))


def _shown(shop: SimulatedShop, made: Acts, chosen: NDArray[np.bool_]) -> csr_matrix:
    """Return how often each shopper was shown each product."""
    ones = np.ones(int(chosen.sum()), np.float32)
    cells = (ones, (made.user[chosen], made.item[chosen]))
    return csr_matrix(cells, shape=(shop.n_shoppers, shop.n_products))


def _of(shop: SimulatedShop, made: Acts, chosen: NDArray[np.bool_]) -> Histories:
    shape = (shop.n_shoppers, shop.n_products)
    weights = made.weight[chosen].astype(np.float32)
    return histories(made.user[chosen], made.item[chosen], weights, made.day[chosen], shape)
