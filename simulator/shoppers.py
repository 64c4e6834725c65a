"""The shoppers as arrays: what they like, what they can spend, when they come."""

from dataclasses import dataclass

import numpy as np

from simulator.catalogue import N_DIMENSIONS
from simulator.draws import Floats, Ints, Stream, normal, uniform
from simulator.shop import SimulatedShop
from simulator.words import LEAVES, REGIONS

N_INTERESTS = 3
INTEREST_WEIGHTS = np.array([0.5, 0.3, 0.2])
TASTE_STRENGTH = 1.4


@dataclass(frozen=True)
class Shoppers:
    """Arrays of n shoppers."""

    interests: Ints  # (n, N_INTERESTS): leaf categories, the dearest first
    taste: Floats  # (n, N_DIMENSIONS): dot product with a product's vector is its appeal
    budget: Floats  # log of the price they find normal over the category's typical one
    price_sensitivity: Floats  # appeal lost per unit of log price above the budget
    hour: Floats  # of the day they like best, 0 to 24


def shoppers(shop: SimulatedShop, ids: Ints) -> Shoppers:
    """Return the shoppers with these ids; the same whoever else is asked for."""
    draws = uniform(shop.seed, Stream.HABITS, ids, 6)
    interests = uniform(shop.seed, Stream.INTERESTS, ids, N_INTERESTS)
    taste = normal(shop.seed, Stream.TASTE, ids, N_DIMENSIONS)
    evening = np.where(draws[:, 0] < 0.6, 20.0, 11.0)
    return Shoppers(
        interests=np.floor(interests * len(LEAVES)).astype(np.int64),
        taste=TASTE_STRENGTH * taste / np.sqrt(N_DIMENSIONS),
        budget=-0.3 + 0.9 * draws[:, 1],
        price_sensitivity=0.8 + 2.0 * draws[:, 2],
        hour=evening + 4 * (draws[:, 3] - 0.5),
    )


def visit_rates(shop: SimulatedShop, ids: Ints, weekday: int) -> Floats:
    """Return the expected visits of each shopper on such a weekday before any season."""
    draws = uniform(shop.seed, Stream.HABITS, ids, 6)
    activity = np.exp(0.9 * normal(shop.seed, Stream.VISITS, ids)[:, 0] - 0.405)  # mean 1
    likes_weekends = draws[:, 4] < 0.4
    habit = np.where(likes_weekends, 1.75 if weekday >= 5 else 0.7, 1.0)
    return np.asarray(shop.n_visits_per_day * activity * habit)


def registration_days(shop: SimulatedShop, ids: Ints) -> Ints:
    """Return the day numbers of registration: four in five by the first day, the others later."""
    draw = uniform(shop.seed, Stream.HABITS, ids, 6)[:, 5]
    later = shop.first + np.floor((draw - 0.8) * 5 * shop.n_days * 0.9).astype(np.int64)
    return np.where(draw < 0.8, shop.first, later)


def regions(ids: Ints) -> list[str]:
    """Return where each shopper lives."""
    return [REGIONS[shopper * 7 % 61 % len(REGIONS)] for shopper in ids.tolist()]
