"""One day's visits of a chunk of shoppers: what they were shown, looked at, put in the cart, bought.

A shopper comes for one category. Of `N_CANDIDATES` of its products, drawn by popularity, the list
holds the `N_SHOWN` that suit them best; their order in the list owes nothing to the shopper, so
that the fall of the click rate down the list is position bias. Examination falls as 1/position^0.7
(the position-based model: Craswell et al., "An experimental comparison of click position-bias
models", WSDM 2008).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from simulator.catalogue import LEAF_PRICES, Catalogue, catalogue, prices
from simulator.draws import Floats, Ints, Stream
from simulator.seasons import is_out_of_stock, leaf_seasons, week_and_year
from simulator.shop import SimulatedShop, day_of
from simulator.shoppers import (
    INTEREST_WEIGHTS,
    Shoppers,
    registration_days,
    shoppers,
    visit_rates,
)
from simulator.words import LEAVES

Flags = NDArray[np.bool_]

CHUNK = 20_000  # shoppers; part of the seed, whatever the number of partitions
N_CANDIDATES, N_SHOWN = 32, 8
MAX_VISITS_PER_DAY = 7
EXAMINATION = 1 / np.arange(1, N_SHOWN + 1) ** 0.7
EXPLORING_RATIO, GUEST_RATIO, SEARCHING_RATIO = 0.12, 0.12, 0.6
ORDER_RATIO = 0.65  # of visits with something in the cart


@dataclass(frozen=True)
class Visits:
    """Arrays of n visits; `shown` and those after it have shape (n, N_SHOWN)."""

    day: int
    number: Ints  # the visit's own, never used twice
    shopper: Ints  # ids
    is_guest: Flags
    leaf: Ints
    start_second: Ints  # of the day
    is_search: Flags
    orders: Flags  # would order if there is something in the cart
    shown: Ints  # product rows; -1 fills a short list
    view_probability: Floats
    cart_probability: Floats  # given the view, were the product in stock
    viewed: Flags
    carted: Flags


@dataclass(frozen=True)
class Today:
    """What holds for all shoppers on the day."""

    day: int
    made: Catalogue
    price_cents: Ints  # of every product
    is_out: Flags
    seasons: Floats  # of every leaf


def today(shop: SimulatedShop, day: int) -> Today:
    """Return prices, stock and seasons of the day."""
    made = catalogue(shop)
    return Today(
        day=day,
        made=made,
        price_cents=prices(shop, day),
        is_out=is_out_of_stock(shop.seed, made.ids, day, shop.stock_out_ratio),
        seasons=leaf_seasons(day),
    )


def n_chunks(shop: SimulatedShop) -> int:
    """Return how many chunks of shoppers there are."""
    return -(-shop.n_shoppers // CHUNK)


def visits(shop: SimulatedShop, now: Today, chunk: int) -> Visits:
    """Return the visits of the chunk's shoppers on the day; the same in every process."""
    rng = np.random.default_rng([shop.seed, Stream.VISITS, now.day, chunk])
    shopper, repeat = _comers(shop, now.day, chunk, rng)
    who = shoppers(shop, shopper)
    leaf = _leaves(who, now.seasons, rng)
    shown, appeal = _shown(now, who, leaf, rng)
    view = np.where(shown >= 0, EXAMINATION * expit(appeal - 0.2), 0.0)
    cart = expit(0.6 * appeal - 1.6)
    viewed = rng.random(view.shape) < view
    wanted = viewed & (rng.random(view.shape) < cart)
    n_visits = len(shopper)
    hour = np.mod(who.hour + 2.5 * rng.standard_normal(n_visits), 23.3)
    return Visits(
        day=now.day,
        number=((now.day * shop.n_shoppers) + shopper) * (MAX_VISITS_PER_DAY + 1) + repeat,
        shopper=shopper,
        is_guest=rng.random(n_visits) < GUEST_RATIO,
        leaf=leaf,
        start_second=(hour * 3600).astype(np.int64),
        is_search=rng.random(n_visits) < SEARCHING_RATIO,
        orders=rng.random(n_visits) < ORDER_RATIO,
        shown=shown,
        view_probability=view,
        cart_probability=cart,
        viewed=viewed,
        carted=wanted & ~now.is_out[shown],
    )


def _comers(
    shop: SimulatedShop, day: int, chunk: int, rng: np.random.Generator
) -> tuple[Ints, Ints]:
    """Return the shopper of each visit and how many visits they made before on the day."""
    ids = np.arange(chunk * CHUNK + 1, min((chunk + 1) * CHUNK, shop.n_shoppers) + 1)
    rates = visit_rates(shop, ids, day_of(day).weekday()) * week_and_year(day)
    counts = np.minimum(rng.poisson(rates), MAX_VISITS_PER_DAY)
    counts[registration_days(shop, ids) > day] = 0
    before = np.cumsum(counts) - counts
    repeat = np.arange(counts.sum()) - np.repeat(before, counts)
    return np.repeat(ids, counts), repeat


def _leaves(who: Shoppers, seasons: Floats, rng: np.random.Generator) -> Ints:
    """Return the category each visit is for: mostly an interest, the season weighing in."""
    weights = INTEREST_WEIGHTS * seasons[who.interests]
    cumulative = np.cumsum(weights, axis=1) / weights.sum(axis=1, keepdims=True)
    place = (rng.random((len(weights), 1)) > cumulative).sum(axis=1)
    own = np.take_along_axis(who.interests, place[:, None], axis=1)[:, 0]
    explored = rng.choice(len(LEAVES), len(own), p=seasons / seasons.sum())
    return np.where(rng.random(len(own)) < EXPLORING_RATIO, explored, own)


def _shown(now: Today, who: Shoppers, leaf: Ints, rng: np.random.Generator) -> tuple[Ints, Floats]:
    """Return the list shown on each visit and the appeal of what is on it."""
    made = now.made
    candidates = _candidates(made, leaf, rng)
    appeals = appeal(now, who, candidates, leaf[:, None])
    suits = appeals + rng.gumbel(size=appeals.shape)
    # A product is listed once, and not before it is launched or if its category holds none.
    suits[_repeats(candidates) | (made.launch[candidates] > now.day)] = -np.inf
    suits[made.leaf[candidates] != leaf[:, None]] = -np.inf
    best = np.argpartition(-suits, N_SHOWN, axis=1)[:, :N_SHOWN]
    fits = np.take_along_axis(suits, best, axis=1) > -np.inf
    shown = np.where(fits, np.take_along_axis(candidates, best, axis=1), -1)
    place = np.log(made.popularity[shown]) + 1.5 * rng.standard_normal(shown.shape)
    order = np.argsort(np.where(fits, -place, np.inf), axis=1)
    appeal_shown = np.take_along_axis(appeals, best, axis=1)
    return np.take_along_axis(shown, order, 1), np.take_along_axis(appeal_shown, order, 1)


def _candidates(made: Catalogue, leaf: Ints, rng: np.random.Generator) -> Ints:
    ends = np.concatenate([[0.0], made.cumulative])
    low, high = ends[made.offsets[leaf]], ends[made.offsets[leaf + 1]]
    target = low[:, None] + rng.random((len(leaf), N_CANDIDATES)) * (high - low)[:, None]
    place = np.searchsorted(made.cumulative, target, side="right")
    return np.asarray(made.order[np.minimum(place, len(made.order) - 1)])


def appeal(now: Today, who: Shoppers, products: Ints, leaf: Ints) -> Floats:
    """Return taste + promotion - price above the budget, shape of `products`; about -3 to 3.

    Prices stand beside the typical one of `leaf`, which is of the shape of `products` or spread over it.
    """
    made = now.made
    taste = np.einsum("nmk,nk->nm", made.vectors[products], who.taste)
    price = now.price_cents[products]
    dear = np.log(price / LEAF_PRICES[leaf]) - who.budget[:, None]
    saved = 1 - price / made.base_price_cents[products]
    return np.asarray(taste - who.price_sensitivity[:, None] * np.maximum(dear, 0) + 2.5 * saved)


def _repeats(products: Ints) -> Flags:
    """Return which entries occur further left in their row."""
    order = np.argsort(products, axis=1, kind="stable")
    ordered = np.take_along_axis(products, order, axis=1)
    again = np.zeros(products.shape, bool)
    again[:, 1:] = ordered[:, 1:] == ordered[:, :-1]
    found = np.empty_like(again)
    np.put_along_axis(found, order, again, axis=1)
    return found
