"""What became of searches: lists that were shown, as lessons for an order and as a judge of it.

Sources: Agarwal et al., "Estimating position bias without intrusive interventions" (WSDM 2019) for how much a place is
examined, as `features.transforms.looks` has it; Joachims, Swaminathan, Schnabel, "Unbiased learning-to-rank with biased
feedback" (WSDM 2017) for what a look is worth: it counts the more, the less its place is examined.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from models.search.features import NAMES, Features, joined
from models.search.signals import Ids, Signals

MAX_POSITION = 100
PRIOR_LOOKS = 5.0
"""Looks at a place, as of an even chance: two places about which nothing is known are alike."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Finds:
    """What has enough of a query's parts, the best first, with their values, and how many parts there are."""

    product_ids: Ids
    values: Floats
    n_parts: int


Find = Callable[[str], Finds]
"""Finds products for a text."""


@dataclass(frozen=True)
class ShownSearches:
    """What searches showed, one entry per product; those of a search stand together.

    Parameters
    ----------
    search : array of shape (n,), rising
        Where its search stands in `queries` and `days`.
    position
        On the list, from 1.
    outcome
        What became of it: 0 passed over, 1 looked at, 2 put in the cart (`models.ranking.shown`).
    days
        Of the searches, counted from any day.
    users
        Who searched; 0 or less for guests.
    """

    search: Ids
    product: Ids
    position: Ids
    outcome: Ids
    queries: Sequence[str]
    days: Ids
    users: Ids

    def __len__(self) -> int:
        return len(self.queries)

    @cached_property
    def n_shown(self) -> Ids:
        """How many products each search showed, shape (n_searches,)."""
        return np.bincount(self.search, minlength=len(self.queries))

    def part(self, chosen: NDArray[np.bool_]) -> "ShownSearches":
        """Return some of the searches."""
        rows = chosen[self.search]
        return ShownSearches(
            (np.cumsum(chosen) - 1)[self.search[rows]],
            self.product[rows],
            self.position[rows],
            self.outcome[rows],
            [query for query, keep in zip(self.queries, chosen.tolist(), strict=True) if keep],
            self.days[chosen],
            self.users[chosen],
        )

    def rows(self, kept: NDArray[np.bool_]) -> "ShownSearches":
        """Return the same searches with some of what they showed."""
        return replace(
            self,
            search=self.search[kept],
            product=self.product[kept],
            position=self.position[kept],
            outcome=self.outcome[kept],
        )

    def telling(self, n_most: int) -> "ShownSearches":
        """Return the searches on which one product was wanted more than another, the last `n_most`."""
        n, searches = len(self), self.search
        most, least = np.zeros(n, np.int64), np.full(n, np.iinfo(np.int64).max)
        np.maximum.at(most, searches, self.outcome)
        np.minimum.at(least, searches, self.outcome)
        told = most > least
        return self.part(told & (np.cumsum(told[::-1])[::-1] <= n_most))


def together(parts: Sequence[ShownSearches]) -> ShownSearches:
    """Return several days' searches as one."""
    before = np.cumsum([0, *(len(part) for part in parts)])[:-1]
    nothing = np.empty(0, np.int64)
    rows = {
        name: np.concatenate([nothing, *(getattr(part, name) for part in parts)])
        for name in ("product", "position", "outcome", "days", "users")
    }
    numbers = [part.search + n for part, n in zip(parts, before, strict=True)]
    return ShownSearches(
        search=np.concatenate([nothing, *numbers]),
        queries=[query for part in parts for query in part.queries],
        **rows,
    )


def examination(shown: ShownSearches) -> Floats:
    """Return the chance that a place is examined beside the first, by position, shape (MAX_POSITION + 1,).

    Position 0 is none. Places without a product that stood at the one before, too, are taken to be like it.
    """
    places = np.clip(shown.position, 1, MAX_POSITION)
    cells, at = np.unique(shown.product * (MAX_POSITION + 1) + places, return_inverse=True)
    n_shown = np.bincount(at, minlength=len(cells)).astype(np.float64)
    looked = np.bincount(at, shown.outcome > 0, minlength=len(cells)) / n_shown
    # The next cell is the same product at the next place, or nothing of use.
    pair = np.nonzero((np.diff(cells) == 1) & (cells[:-1] % (MAX_POSITION + 1) > 0))[0]
    weight = 1 / (1 / n_shown[pair] + 1 / n_shown[pair + 1])
    next_place = cells[pair + 1] % (MAX_POSITION + 1)
    before = np.bincount(next_place, weight * looked[pair], MAX_POSITION + 1)
    after = np.bincount(next_place, weight * looked[pair + 1], MAX_POSITION + 1)
    return np.asarray(np.cumprod((after + PRIOR_LOOKS) / (before + PRIOR_LOOKS)))


def gains(shown: ShownSearches, examined: Floats) -> Floats:
    """Return what each product is worth at the first place of a list, its own place left out, shape (n,)."""
    return np.asarray((2.0**shown.outcome - 1) / examined[np.minimum(shown.position, MAX_POSITION)])


def ndcg(shown: ShownSearches, scores: Floats, gained: Floats, k: int) -> Floats:
    """Return each search's discounted gain of its products by falling score, over the mean best of all searches.

    So the mean over searches is 0 to 1, and one search's value may be more: to divide each by its own best would
    take out what a look at a place that is hardly examined counts more. Products of one score come by id: the place
    they were shown at must not help.

    Raises
    ------
    ValueError
        If no search gains anything.
    """
    best = _discounted(shown, gained, gained, k).mean()
    if not best > 0:
        raise ValueError("nothing that was shown was looked at: there is nothing to judge by")
    return np.asarray(_discounted(shown, scores, gained, k) / best)


def _discounted(shown: ShownSearches, scores: Floats, gained: Floats, k: int) -> Floats:
    order = np.lexsort((shown.product, -scores, shown.search))
    starts = np.cumsum(shown.n_shown) - shown.n_shown
    places = np.arange(len(order)) - starts[shown.search[order]]
    discounts = np.where(places < k, 1 / np.log2(places + 2), 0.0)
    return np.asarray(
        np.bincount(shown.search[order], gained[order] * discounts, len(shown)), np.float64
    )


def found(shown: ShownSearches, find: Find) -> ShownSearches:
    """Return the searches with what their words find: nothing else is put in order by a second stage."""
    _, places = _of_text(shown, find)
    return shown.rows(~np.isnan(places))


def lessons(shown: ShownSearches, find: Find, signals_of: Callable[[int], Signals]) -> Features:
    """Return what the second stage would have known of each product, shape (n, len(NAMES)).

    Parameters
    ----------
    signals_of
        Returns what was known of products before a day of `shown.days`.
    """
    ratios, places = _of_text(shown, find)
    known = np.full((len(shown.product), len(NAMES)), np.nan, np.float32)
    days = shown.days[shown.search]
    for day in np.unique(days).tolist():
        rows = np.nonzero(days == day)[0]
        known[rows] = joined(ratios[rows], places[rows], shown.product[rows], signals_of(day))
    return known


def _of_text(shown: ShownSearches, find: Find) -> tuple[Floats, Floats]:
    """Return the text's value over the best find's, and the place; 0 and nan for what it did not find."""
    ratios, places = np.zeros(len(shown.product)), np.full(len(shown.product), np.nan)
    ends = np.cumsum(shown.n_shown)
    known: dict[str, dict[int, tuple[float, int]]] = {}
    for query, start, end in zip(shown.queries, ends - shown.n_shown, ends, strict=True):
        if query not in known:
            finds = find(query)
            ratios_found = (finds.values / finds.values.max(initial=0)).tolist()
            in_order = zip(finds.product_ids.tolist(), ratios_found, strict=True)
            known[query] = {id_: (ratio, n) for n, (id_, ratio) in enumerate(in_order, 1)}
        for row in range(start, end):
            hit = known[query].get(int(shown.product[row]))
            if hit is not None:
                ratios[row], places[row] = hit
    return ratios, places
