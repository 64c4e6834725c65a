"""What the simulated shop's shoppers do with a list that somebody else made, and the lists of who knows them.

A visit is for one category (`simulator.visits`). Down a list, shoppers look at what is of that category by
the position-based model and by what they truly like, put some of it into the cart, and pay at the end if
they pay on this visit at all. What a visit and a product come to is drawn once: it is the same in whatever list,
so that lists differ by what they hold and where.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from bench.recommend_oracle import leaf_chance
from simulator.draws import Floats, Ints, Stream, uniform
from simulator.shop import SimulatedShop
from simulator.shoppers import Shoppers, shoppers
from simulator.visits import EXAMINATION, N_SHOWN, Flags, Today, Visits, appeal, n_chunks, visits

N_CELLS = 4_099
NOTHING = -1


@dataclass(frozen=True)
class Day:
    """A day's visits of shoppers who are logged in, by time; arrays of n visits."""

    now: Today
    seed: int
    who: Shoppers
    shopper: Ints  # ids
    number: Ints
    leaf: Ints
    start_second: Ints
    pays: Flags
    browsed: Ints  # (n, N_SHOWN): what they are shown in their category, product rows
    browsed_viewed: Flags
    browsed_carted: Flags

    def looked_over(self, visit: Ints, lists: Ints, known: Flags) -> tuple[Flags, Flags]:
        """Return what of lists is looked at and what of that is put into the cart, shape of `lists`.

        Parameters
        ----------
        lists : array of shape (n_visits, N_SHOWN)
            Product rows, -1 for nothing.
        known
            Which of them these visits have come across before: nobody looks again.
        """
        leaf = self.leaf[visit]
        suits = (lists != NOTHING) & ~known & (self.now.made.leaf[lists] == leaf[:, None])
        view, cart = self._chances(visit, lists)
        cells = self.number[visit][:, None] * N_CELLS + lists
        draws = uniform(self.seed, Stream.VISITS + 100, cells.ravel(), 2).reshape(*lists.shape, 2)
        viewed = suits & (draws[..., 0] < view * EXAMINATION)
        carted = viewed & (draws[..., 1] < cart) & ~self.now.is_out[lists]
        return viewed, carted

    def best(self, visit: Ints, known: Flags, *, after_browsing: bool, worth: Floats) -> Ints:
        """Return the lists of who knows all but chance, shape (n_visits, N_SHOWN).

        Parameters
        ----------
        known : array of shape (n_visits, n_products)
            What is not to be shown.
        after_browsing
            Whether the visit's category is known by then; before, only how often shoppers come for each.
        worth : array of shape (n_products,)
            What a purchase of each product counts.
        """
        made, every = self.now.made, np.arange(len(self.now.made.leaf))
        view, cart = self._chances(visit, np.tile(every, (len(visit), 1)))
        if after_browsing:
            chances = (made.leaf == self.leaf[visit][:, None]).astype(np.float64)
        else:
            interests = self.who.interests[visit]
            chances = leaf_chance(interests, self.now.seasons)[:, made.leaf]
        away = self.now.is_out | (made.launch > self.now.day)
        scores = np.where(known | away, 0.0, view * cart * chances * worth)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :N_SHOWN]
        return np.where(np.take_along_axis(scores, order, 1) > 0, order, NOTHING)

    def _chances(self, visit: Ints, products: Ints) -> tuple[Floats, Floats]:
        """Return the chance of a look at a product that is examined, and of the cart after a look."""
        who = _part(self.who, visit)
        own_leaf = self.now.made.leaf[products]
        liked = appeal(self.now, who, products, own_leaf)
        return expit(liked - 0.2), expit(0.6 * liked - 1.6)


def day_of_visits(shop: SimulatedShop, now: Today) -> Day:
    """Return the visits of a day, guests left out."""
    parts = [visits(shop, now, chunk) for chunk in range(n_chunks(shop))]
    made = _joined(parts)
    order = np.argsort(made["start_second"], kind="stable")
    order = order[~made["is_guest"][order]]
    mine = {name: column[order] for name, column in made.items()}
    return Day(
        now=now,
        seed=shop.seed,
        who=shoppers(shop, mine["shopper"]),
        shopper=mine["shopper"],
        number=mine["number"],
        leaf=mine["leaf"],
        start_second=mine["start_second"],
        pays=mine["orders"],
        browsed=mine["shown"],
        browsed_viewed=mine["viewed"],
        browsed_carted=mine["carted"],
    )


def worth_of(lists: Ints, carted: Flags, pays: Flags, price_cents: Ints) -> Floats:
    """Return what visits pay for what they put into the cart, in cents, shape (n_visits,)."""
    return np.asarray((price_cents[lists] * (carted & pays[:, None])).sum(axis=1), np.float64)


def are_in(lists: Ints, rows: Ints, n_products: int) -> Flags:
    """Return which entries of `lists` are in the same visit's `rows`, -1 counting for nothing."""
    return np.take_along_axis(marked(rows, n_products), np.maximum(lists, 0), axis=1)


def marked(rows: Ints, n_products: int) -> Flags:
    """Return a row for each visit with its products true, shape (n_visits, n_products)."""
    found = np.zeros((len(rows), n_products + 1), bool)
    np.put_along_axis(found, np.where(rows == NOTHING, n_products, rows), values=True, axis=1)
    return found[:, :n_products]


def _part(who: Shoppers, rows: Ints) -> Shoppers:
    return Shoppers(**{name: value[rows] for name, value in vars(who).items()})


def _joined(parts: list[Visits]) -> dict[str, Any]:
    names = [name for name in Visits.__dataclass_fields__ if name != "day"]
    return {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
