"""Lists that users were shown, and what became of each item on them: what impressions teach."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.ranking.asked import Asked, Features
from models.retrieval.contract import NO_ITEM
from models.retrieval.histories import Rows

PASSED_OVER, LOOKED_AT, IN_THE_CART = 0, 1, 2
"""Outcomes; a ranker takes them for how much the item was wanted."""
MAX_PLACES = 30


@dataclass(frozen=True)
class Impressions:
    """What users were shown: one entry each time; days count from 1970.

    Parameters
    ----------
    list_number
        Equal for what was on one list.
    position
        On that list, from 1; 0 where nobody wrote it down.
    outcome
        What became of it, of the above.
    price_cents
        The price that was shown, nan if none.
    """

    user: NDArray[np.int64]
    item: NDArray[np.int64]
    known_on: NDArray[np.int64]
    list_number: NDArray[np.int64]
    position: NDArray[np.int16]
    outcome: NDArray[np.int8]
    price_cents: NDArray[np.float32]

    def part(self, chosen: NDArray[np.bool_]) -> "Impressions":
        """Return some of them."""
        return Impressions(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


@dataclass(frozen=True)
class ShownLists:
    """n lists of at most m items each.

    Parameters
    ----------
    users : array of shape (n,)
        Rows of the log.
    items : array of shape (n, m)
        Distinct in each list; -1 fills up at the end.
    positions, outcomes : arrays of shape (n, m)
    price_cents : array of shape (n, m)
        As shown; nan where unknown.
    """

    users: Rows
    items: Rows
    positions: NDArray[np.int64]
    outcomes: NDArray[np.int64]
    price_cents: Features

    def __len__(self) -> int:
        return len(self.users)

    def part(self, lists: Rows) -> "ShownLists":
        """Return some of the lists."""
        return ShownLists(*(getattr(self, name)[lists] for name in self.__dataclass_fields__))

    def telling(self, n_most: int, seed: int) -> "ShownLists":
        """Return lists on which one item was wanted more than another; of many, some by `seed`."""
        real = self.items != NO_ITEM
        most = np.where(real, self.outcomes, PASSED_OVER).max(axis=1, initial=PASSED_OVER)
        least = np.where(real, self.outcomes, IN_THE_CART).min(axis=1, initial=IN_THE_CART)
        telling = np.nonzero(most > least)[0]
        if len(telling) > n_most:
            chosen = np.random.default_rng(seed).choice(telling, n_most, replace=False)
            telling = np.sort(chosen)
        return self.part(telling)


@dataclass(frozen=True)
class KnownLists:
    """Lists, and what was known of their users and items before.

    Parameters
    ----------
    asked : Asked, n users
    of_items : array of shape (n, m, n_features)
    """

    shown: ShownLists
    asked: Asked
    of_items: Features

    def __len__(self) -> int:
        return len(self.shown)

    def part(self, lists: Rows) -> "KnownLists":
        """Return some of the lists."""
        return KnownLists(self.shown.part(lists), self.asked.part(lists), self.of_items[lists])


def lists_of(impressions: Impressions) -> ShownLists:
    """Put impressions together to lists, by position; of an item shown twice on a list, the first.

    What stands behind the first `MAX_PLACES` items is left out.
    """
    made = _first_of_item(impressions)
    order = np.lexsort((made.item, made.position, made.list_number))
    numbers = made.list_number[order]
    starts = np.nonzero(np.diff(numbers, prepend=-1))[0]
    lengths = np.diff(np.append(starts, len(numbers)))
    place = np.arange(len(numbers)) - np.repeat(starts, lengths)
    near = place < MAX_PLACES
    rows, columns = np.repeat(np.arange(len(starts)), lengths)[near], place[near]
    shape = (len(starts), min(int(lengths.max(initial=0)), MAX_PLACES))

    def grid(values: NDArray[Any], fill: float, kind: type[Any]) -> NDArray[Any]:
        cells = np.full(shape, fill, kind)
        cells[rows, columns] = values[order][near]
        return cells

    return ShownLists(
        users=made.user[order][starts],
        items=grid(made.item, NO_ITEM, np.int64),
        positions=grid(made.position, 0, np.int64),
        outcomes=grid(made.outcome, PASSED_OVER, np.int64),
        price_cents=grid(made.price_cents, np.nan, np.float32),
    )


def _first_of_item(impressions: Impressions) -> Impressions:
    order = np.lexsort((impressions.position, impressions.item, impressions.list_number))
    again = np.zeros(len(order), bool)
    lists, items = impressions.list_number[order], impressions.item[order]
    again[1:] = (lists[1:] == lists[:-1]) & (items[1:] == items[:-1])
    first = np.ones(len(order), bool)
    first[order[again]] = False
    return impressions.part(first)
