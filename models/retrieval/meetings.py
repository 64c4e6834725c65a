"""When a user met the same item before and after, event by event."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.retrieval.histories import Histories, Rows

NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Meetings:
    """Facts about each event; arrays of shape (n_events,).

    Parameters
    ----------
    to_next, to_previous
        Steps to the same user's next and previous event of the item, `NEVER` where there is none.
    n_before
        Earlier events of the item by the same user.
    n_events
        The user's events so far, this one included.
    repeat_share
        The share of these that were of an item met before, 0 to below 1.
    """

    to_next: Rows
    to_previous: Rows
    n_before: Rows
    n_events: Rows
    repeat_share: NDArray[np.float64]


def meetings(histories: Histories) -> Meetings:
    """Return the facts about each event of each user."""
    order = np.lexsort((histories.items, histories.users))  # stable: oldest first within an item
    users, items = histories.users[order], histories.items[order]
    again = np.zeros(len(order), bool)
    again[1:] = (users[1:] == users[:-1]) & (items[1:] == items[:-1])
    later, earlier = order[again], order[np.roll(again, -1)]
    to_next = np.full(len(order), NEVER)
    to_previous = np.full(len(order), NEVER)
    to_next[earlier] = to_previous[later] = later - earlier
    begins = np.repeat(histories.starts[:-1], histories.lengths)
    n_events = np.arange(len(order)) - begins + 1
    n_repeats = np.concatenate([[0], np.cumsum(to_previous < NEVER)])
    return Meetings(
        to_next=to_next,
        to_previous=to_previous,
        n_before=_n_before(order, again),
        n_events=n_events,
        repeat_share=(n_repeats[1:] - n_repeats[begins]) / n_events,
    )


def _n_before(order: Rows, again: NDArray[np.bool_]) -> Rows:
    places = np.arange(len(order))
    firsts = np.maximum.accumulate(np.where(again, 0, places))
    n_before = np.empty(len(order), np.int64)
    n_before[order] = places - firsts
    return n_before
