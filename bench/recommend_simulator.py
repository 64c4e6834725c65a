"""The simulated shop's shoppers as histories, and the oracle that knows what they like.

The oracle ranks by the expected purchases of each pair in the window, from the shop's own laws: the
category a visit is for, the products drawn and shown, how far down the list they are looked at, the
appeal to this shopper at the window's mean price, and the partner sold along. The window's promotions
and stock-outs are known to it too, which nobody could know at the cut (`window` of the day before the
cut is the oracle without them). Places in a list are
known to it on average only, so that a lucky ranking can do better than it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit, ndtr

from bench.recommend_data import Case
from features.schemas.weights import CART_WEIGHT, PURCHASE_WEIGHT, VIEW_WEIGHT
from models.evaluation.holdouts import Holdout, holdout
from models.retrieval.contract import top_k
from models.retrieval.histories import Histories, histories
from models.retrieval.items import Items
from simulator import catalogue, orders
from simulator.catalogue import LEAF_PRICES, Catalogue, prices, wording
from simulator.seasons import is_out_of_stock, leaf_seasons
from simulator.shop import SimulatedShop
from simulator.shoppers import INTEREST_WEIGHTS, shoppers
from simulator.visits import (
    EXAMINATION,
    EXPLORING_RATIO,
    N_CANDIDATES,
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
N_USERS_AT_ONCE = 200
N_HALVINGS = 20
WINDOW_DAYS = 14
COLD_DAYS = 14
IMPRESSION_WEIGHT = 0.0
"""An item launched so shortly before the cut is cold."""

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
    return cut(shop, made, last - WINDOW_DAYS, last), cut(
        shop, made, last - 2 * WINDOW_DAYS, last - WINDOW_DAYS
    )


def simulated(shop: SimulatedShop) -> Case:
    """Return the shop under the same protocol as the real data sets."""
    judged, choosing = judging(shop, acts(shop))
    return Case(SIMULATOR, judged, choosing, items(shop), K, {}, {})


def guessing_lists(shop: SimulatedShop, judged: Holdout, k: int) -> NDArray[np.int64]:
    """Return the best items for who knows all but what visits are for, shape (n, k).

    Tastes, products and the window's prices and stock are known, as to the oracle. Categories are
    guessed from the visits before the cut: the user's own, and one more as everybody's.
    """
    chances = guessed_chances(shop, judged)
    return _best_lists(shop, judged, k, lambda chunk, _: chances[chunk])


def guessed_chances(shop: SimulatedShop, judged: Holdout) -> Floats:
    """Return what the visits told of each judged user's categories, shape (n, n_leaves).

    Raises
    ------
    ValueError
        If the hold-out does not say what was shown: a list shown is a visit.
    """
    shown, everybody = judged.asked.histories.shown, judged.known.shown
    if shown is None or everybody is None:
        raise ValueError("visits are counted by what was shown")
    leaf = catalogue.catalogue(shop).leaf
    cells = (np.ones(len(leaf)), (np.arange(len(leaf)), leaf))
    members = csr_matrix(cells, shape=(len(leaf), len(LEAVES)))
    whole = np.asarray((everybody @ members).sum(axis=0)).ravel()
    visits_of = (shown @ members).toarray() / N_SHOWN + whole / whole.sum()
    return np.asarray(visits_of / visits_of.sum(axis=1, keepdims=True))


def oracle_lists(shop: SimulatedShop, judged: Holdout, k: int) -> NDArray[np.int64]:
    """Return the oracle's best items of each judged user, shape (n, k)."""

    def known(chunk: slice, seasons: Floats) -> Floats:
        return _leaf_chance(shoppers(shop, judged.users[chunk] + 1).interests, seasons)

    return _best_lists(shop, judged, k, known)


def _best_lists(
    shop: SimulatedShop, judged: Holdout, k: int, chances: Callable[[slice, Floats], Floats]
) -> NDArray[np.int64]:
    seen = window(shop, range(shop.last - WINDOW_DAYS + 1, shop.last + 1))
    parts = []
    for start in range(0, len(judged.users), N_USERS_AT_ONCE):
        chunk = slice(start, start + N_USERS_AT_ONCE)
        by_leaf = chances(chunk, seen.seasons)
        scores = oracle_scores(shop, judged.users[chunk] + 1, seen, by_leaf).astype(np.float32)
        parts.append(top_k(scores, judged.asked.seen[chunk], k)[0])
    return np.concatenate(parts)


def cut(shop: SimulatedShop, made: Acts, day: float, last_day: float) -> Holdout:
    """Return the hold-out of the days (day, last_day]."""
    before = (made.day < day) & (made.weight != IMPRESSION_WEIGHT)
    shown = (made.day < day) & (made.weight == IMPRESSION_WEIGHT)
    bought = (made.day >= day) & (made.day < last_day) & (made.weight == PURCHASE_WEIGHT)
    rule = f"purchases of the {last_day - day:.0f} days after the cut"
    known = replace(_of(shop, made, before), shown=_shown(shop, made, shown))
    return holdout(known, _of(shop, made, bought), repeats=False, rule=rule)


def _shown(shop: SimulatedShop, made: Acts, chosen: NDArray[np.bool_]) -> csr_matrix:
    """Return how often each shopper was shown each product."""
    ones = np.ones(int(chosen.sum()), np.float32)
    cells = (ones, (made.user[chosen], made.item[chosen]))
    return csr_matrix(cells, shape=(shop.n_shoppers, shop.n_products))


def _of(shop: SimulatedShop, made: Acts, chosen: NDArray[np.bool_]) -> Histories:
    shape = (shop.n_shoppers, shop.n_products)
    weights = made.weight[chosen].astype(np.float32)
    return histories(made.user[chosen], made.item[chosen], weights, made.day[chosen], shape)


@dataclass(frozen=True)
class Window:
    """What the oracle knows of all products over some days."""

    price_cents: Floats
    in_stock: Floats  # share of the days
    launched: NDArray[np.bool_]
    drawn: Floats  # chance to be among the products drawn for a list of its category
    examination: Floats  # chance to be looked at, given that it is shown
    seasons: Floats  # of every category


def window(shop: SimulatedShop, days: Sequence[int]) -> Window:
    """Return the means over the days."""
    made = catalogue.catalogue(shop)
    out = np.mean([is_out_of_stock(shop.seed, made.ids, day) for day in days], axis=0)
    leaf_totals = np.bincount(made.leaf, made.popularity, len(LEAVES))
    share = made.popularity / leaf_totals[made.leaf]
    return Window(
        price_cents=np.mean([prices(shop, day) for day in days], axis=0),
        in_stock=1 - out,
        launched=made.launch <= days[-1],
        drawn=1 - (1 - share) ** N_CANDIDATES,
        examination=_examination(made, share),
        seasons=np.mean([leaf_seasons(day) for day in days], axis=0),
    )


def _examination(made: Catalogue, share: Floats) -> Floats:
    """Return the chance to be looked at where a list puts a product on average."""
    found = np.zeros(len(share))
    for leaf in range(len(LEAVES)):
        own = np.nonzero(made.leaf == leaf)[0]
        strength = np.log(made.popularity[own])
        above = ndtr((strength[None, :] - strength[:, None]) / (1.5 * np.sqrt(2)))
        others = share[own] / max(share[own].sum(), 1e-12)
        position = (N_SHOWN - 1) * (above @ others)
        found[own] = np.interp(position, np.arange(N_SHOWN), EXAMINATION)
    return found


def oracle_scores(
    shop: SimulatedShop, shopper_ids: NDArray[np.int64], seen: Window, leaf_chances: Floats
) -> Floats:
    """Return the expected purchases per visit of each shopper and product, any scale.

    Parameters
    ----------
    leaf_chances : array of shape (n, n_leaves)
        That a visit is for the category.
    """
    made, who = catalogue.catalogue(shop), shoppers(shop, shopper_ids)
    taste = who.taste @ made.vectors.T.astype(np.float64)
    dear = np.log(seen.price_cents / LEAF_PRICES[made.leaf]) - who.budget[:, None]
    saved = 1 - seen.price_cents / made.base_price_cents
    appeal = taste - who.price_sensitivity[:, None] * np.maximum(dear, 0) + 2.5 * saved
    shown = _shown_chance(made.leaf, np.exp(appeal), seen.drawn * seen.launched)
    looked = seen.examination * expit(appeal - 0.2)
    bought = shown * looked * expit(0.6 * appeal - 1.6) * seen.in_stock
    bought *= leaf_chances[:, made.leaf]
    has = made.partner >= 0
    along = np.zeros_like(bought)
    along[:, has] = orders.PARTNER_RATIO * bought[:, made.partner[has]] * seen.in_stock[has]
    return np.asarray(bought + along * seen.launched)


def _leaf_chance(interests: NDArray[np.int64], seasons: Floats) -> Floats:
    """Return the chance that a visit is for each category, shape (n, n_leaves)."""
    weights = INTEREST_WEIGHTS * seasons[interests]
    weights = (1 - EXPLORING_RATIO) * weights / weights.sum(axis=1, keepdims=True)
    chance = np.tile(EXPLORING_RATIO * seasons / seasons.sum(), (len(interests), 1))
    np.add.at(chance, (np.arange(len(interests))[:, None], interests), weights)
    return chance


def _shown_chance(leaf: NDArray[np.int64], strength: Floats, drawn: Floats) -> Floats:
    """Return the chance to be on a list of the product's category.

    The best of strength and Gumbel noise are a draw without replacement in proportion to strength:
    1 - exp(-c strength) each, c such that a list has its length.
    """
    members = np.zeros((len(leaf), len(LEAVES)))
    members[np.arange(len(leaf)), leaf] = drawn
    low = np.full((len(strength), len(LEAVES)), -12.0)
    high = np.full_like(low, 12.0)
    for _ in range(N_HALVINGS):
        middle = (low + high) / 2
        length = (1 - np.exp(-np.exp(middle)[:, leaf] * strength)) @ members
        low, high = (
            np.where(length < N_SHOWN, middle, low),
            np.where(length < N_SHOWN, high, middle),
        )
    return np.asarray(drawn * (1 - np.exp(-np.exp(low)[:, leaf] * strength)))


def cold_items(shop: SimulatedShop, cut_day: float) -> NDArray[np.bool_]:
    """Return which products were launched in the `COLD_DAYS` before the cut or after it."""
    return np.asarray(catalogue.catalogue(shop).launch >= cut_day - COLD_DAYS)
