"""What who knows the simulated shop better than any model can, would recommend.

The oracle ranks by the expected purchases of each pair in the window, from the shop's own laws: the
category a visit is for, the products drawn and shown, how far down the list they are looked at, the
appeal to this shopper at the window's mean price, and the partner sold along. The window's promotions
and stock-outs are known to it too, which nobody could know at the cut. Places in a list are
known to it on average only, so that a lucky ranking can do better than it.

Two others know less of it: one has to guess what visits to come are for, the other also what shoppers
like, from the same evidence that models have. Both still know all of the products.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import expit, ndtr

from bench.recommend_simulator import WINDOW_DAYS
from models.evaluation.holdouts import Holdout
from models.retrieval.choices import choices, tastes
from models.retrieval.contract import top_k
from simulator import catalogue, orders
from simulator.catalogue import LEAF_PRICES, Catalogue, prices
from simulator.seasons import is_out_of_stock, leaf_seasons
from simulator.shop import SimulatedShop
from simulator.shoppers import INTEREST_WEIGHTS, TASTE_STRENGTH, shoppers
from simulator.visits import EXAMINATION, EXPLORING_RATIO, N_CANDIDATES, N_SHOWN
from simulator.words import LEAVES

N_USERS_AT_ONCE = 200
N_HALVINGS = 20
N_NEWTON_STEPS = 6
N_AVERAGED_SHOPPERS = 2_000
LEAST_CHANCE = 1e-9

Floats = NDArray[np.float64]


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
    members = _members(catalogue.catalogue(shop).leaf)
    whole = np.asarray((everybody @ members).sum(axis=0)).ravel()
    visits_of = (shown @ members).toarray() / N_SHOWN + whole / whole.sum()
    return np.asarray(visits_of / visits_of.sum(axis=1, keepdims=True))


def _members(leaf: NDArray[np.int64]) -> csr_matrix:
    """Return 1 where a product is of a category, shape (n_products, n_leaves)."""
    cells = (np.ones(len(leaf)), (np.arange(len(leaf)), leaf))
    return csr_matrix(cells, shape=(len(leaf), len(LEAVES)))


def inferring_lists(shop: SimulatedShop, judged: Holdout, k: int) -> NDArray[np.int64]:
    """Return the best items for who knows all products, but of shoppers what the log tells, (n, k).

    Tastes are the most likely ones given what was taken and shown, of the law that made them; prices
    bear on everybody as on the shoppers' mean.
    """
    made = catalogue.catalogue(shop)
    seen = window(shop, range(shop.last - WINDOW_DAYS + 1, shop.last + 1))
    factors = (TASTE_STRENGTH * made.vectors / np.sqrt(made.vectors.shape[1])).astype(np.float32)
    drawn = np.log(seen.drawn * seen.launched + LEAST_CHANCE)
    strengths = (drawn + _mean_price_appeal(shop, seen)).astype(np.float32)
    chances = guessed_chances(shop, judged)
    parts = []
    for start in range(0, len(judged.users), N_USERS_AT_ONCE):
        chunk = np.arange(start, min(start + N_USERS_AT_ONCE, len(judged.users)))
        taken = choices(judged.asked.histories.part(chunk), made.leaf)
        nothing = np.zeros((len(chunk), factors.shape[1]))
        taste, _ = tastes(nothing, taken, factors, strengths, N_NEWTON_STEPS)
        powers = np.exp(taste @ factors.T + strengths)
        of_leaf = np.maximum(powers @ _members(made.leaf), LEAST_CHANCE)
        scores = powers * (chances[chunk] / of_leaf)[:, made.leaf]
        parts.append(top_k(scores.astype(np.float32), judged.asked.seen[chunk], k)[0])
    return np.concatenate(parts)


def _mean_price_appeal(shop: SimulatedShop, seen: "Window") -> Floats:
    """Return what prices add to the appeal of each product to the average shopper."""
    made = catalogue.catalogue(shop)
    who = shoppers(shop, np.arange(1, min(shop.n_shoppers, N_AVERAGED_SHOPPERS) + 1))
    dear = np.log(seen.price_cents / LEAF_PRICES[made.leaf]) - who.budget[:, None]
    lost = (who.price_sensitivity[:, None] * np.maximum(dear, 0)).mean(axis=0)
    return np.asarray(2.5 * (1 - seen.price_cents / made.base_price_cents) - lost)


def oracle_lists(shop: SimulatedShop, judged: Holdout, k: int) -> NDArray[np.int64]:
    """Return the oracle's best items of each judged user, shape (n, k)."""

    def known(chunk: slice, seasons: Floats) -> Floats:
        return leaf_chance(shoppers(shop, judged.users[chunk] + 1).interests, seasons)

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


def leaf_chance(interests: NDArray[np.int64], seasons: Floats) -> Floats:
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
