"""Lists of what each customer did last, pushed into the feature store as events come in."""

import datetime as dt
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from features.store.user_lists import UserList, UserLists
from serving.events.entries import Entry, Fields

N_NEWEST = 20
PAUSE_SECONDS = 0.25
"""Feast takes milliseconds for each push, however few lists it has; `serving.live` is what is quick."""

Acts = dict[int, list[tuple[int, dt.datetime]]]
"""Of each customer: product and when, the latest first."""


@dataclass(frozen=True)
class NewestFirst:
    """Puts what entries tell in front of what a list of each customer has."""

    lists: UserLists
    told: Callable[[Iterable[Fields]], Acts]

    def __call__(self, entries: Sequence[Entry]) -> None:
        """Push the lists of the customers that the entries tell of."""
        acts = self.told(entry.fields for entry in entries)
        if not acts:
            return
        earlier = self.lists.read(list(acts))
        self.lists.push(
            [
                UserList(
                    user_id,
                    merged([product_id for product_id, _ in of_user], earlier[user_id]),
                    max(at for _, at in of_user),
                )
                for user_id, of_user in acts.items()
            ]
        )


def merged(newest: list[int], earlier: list[int]) -> list[int]:
    """Return both lists as one, the newest first, each product once, at most `N_NEWEST`."""
    return list(dict.fromkeys([*newest, *earlier]))[:N_NEWEST]


def latest(acts: Iterable[tuple[int | None, int | None, dt.datetime]]) -> Acts:
    """Return what each known customer did, out of (customer, product, when) in order."""
    found: Acts = {}
    for customer_id, product_id, at in acts:
        if customer_id is not None and product_id is not None:
            found.setdefault(customer_id, []).insert(0, (product_id, at))
    return found
