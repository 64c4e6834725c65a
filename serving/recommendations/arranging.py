"""From what the sources would show to the list that is shown: the rules, last of all.

1. Out: what is not listed, not in stock, hidden in this slot, on the list already; what was bought
   lately, unless it is a thing that is bought again and again.
2. Worth: a source's places, times what operators want, times what returns and reviews leave.
3. Unlike each other: categories and sellers, in the lists that are `DIVERSE`.
4. In `for_you`, a share of the lower places goes to products nobody knows yet, of categories that
   are on the list already.
5. Pins of operators at their places.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from features.store.packed import Ids
from serving.recommendations.case import Case
from serving.recommendations.chains import CHAINS, DIVERSE, WITHOUT_BOUGHT
from serving.recommendations.choosing import Unwanted, Wishes, best
from serving.recommendations.newcomers import NOBODY, Newcomers
from serving.recommendations.schemas import Source
from serving.recommendations.slots import Placing
from serving.recommendations.sources import NAMES, NOTHING, SOURCES, Picks
from serving.recommendations.verdicts import Verdicts

UNLIKE_RATIO = 0.1
EXPLORED_RATIO = 0.1
N_DRAWS = 5
"""So many newcomers are drawn for each place: some of them can't be shown."""

FIRST_EXPLORED = 3
"""The places before it are never given to a product that nobody knows."""

NO_WISHES = Wishes(np.empty(0, np.bool_), np.empty(0))


@dataclass(frozen=True)
class Choice:
    """A product of the list that is shown."""

    product_id: int
    score: float
    source: Source
    because: int


@dataclass(frozen=True)
class Arranging:
    """The rules of one request.

    Parameters
    ----------
    newcomers
        Products nobody knows yet.
    draws
        Decides which of these are shown, and where.
    """

    case: Case
    verdicts: Verdicts
    placing: Placing
    newcomers: Newcomers
    draws: random.Random

    def choices(self) -> list[Choice]:
        """Return the list, at most `limit` long; shorter only if every source runs out."""
        query = self.case.query
        chosen: list[Choice] = []
        for source in CHAINS[query.type]:
            room = query.limit - len(chosen)
            if not room:
                break
            chosen += self._best(SOURCES[source](self.case), chosen, room)
        if query.type == "for_you" and self.case.personal is not None:
            chosen = self._explored(chosen)
        return self._pinned(chosen)[: query.limit]

    def best(
        self, item_ids: Ids, chosen: Sequence[Choice], room: int, unlike_ratio: float = 0.0
    ) -> Ids:
        """Return the places of those products that are to be shown beside what is chosen."""
        query = self.case.query
        unwanted = Unwanted(
            np.array([query.product_id or NOTHING, *query.cart], np.int64),
            self.case.bought if query.type in WITHOUT_BOUGHT else NOBODY,
            np.array([choice.product_id for choice in chosen], np.int64),
        )
        return best(
            item_ids,
            self.case.listing,
            self.verdicts,
            unwanted,
            self._wishes(item_ids),
            (room, unlike_ratio),
        )

    def _wishes(self, item_ids: Ids) -> Wishes:
        if not self.placing.rules:
            return NO_WISHES
        listing = self.case.listing
        places = listing.places(item_ids)
        return Wishes(self.placing.hidden(listing, places), self.placing.factors(listing, places))

    def _best(self, found: Picks, chosen: Sequence[Choice], room: int) -> Iterator[Choice]:
        unlike_ratio = UNLIKE_RATIO if self.case.query.type in DIVERSE else 0.0
        return choices_of(found, self.best(found.item_ids, chosen, room, unlike_ratio))

    def _explored(self, chosen: list[Choice]) -> list[Choice]:
        n, listing = int(self.case.query.limit * EXPLORED_RATIO), self.case.listing
        if not n or len(chosen) <= FIRST_EXPLORED:
            return chosen
        listed = np.array([choice.product_id for choice in chosen], np.int64)
        categories = set(listing.category_ids[listing.places(listed)].tolist())
        new = self.newcomers.of_categories(sorted(categories))
        if not len(new):
            return chosen
        drawn = new[[self.draws.randrange(len(new)) for _ in range(N_DRAWS * n)]]
        for product_id in dict.fromkeys(drawn[self.best(drawn, chosen, n)].tolist()):
            last = min(len(chosen), self.case.query.limit - 1)
            place = self.draws.randint(FIRST_EXPLORED, last)
            chosen.insert(place, Choice(product_id, 0.0, "new", NOTHING))
        return chosen

    def _pinned(self, chosen: list[Choice]) -> list[Choice]:
        pins = self.placing.pins
        if not pins:
            return chosen
        may = self.best(np.array([product_id for _, product_id in pins], np.int64), (), len(pins))
        shown = [pins[place] for place in sorted(may.tolist())]
        pinned = {product_id for _, product_id in shown}
        chosen = [choice for choice in chosen if choice.product_id not in pinned]
        for position, product_id in shown:
            chosen.insert(position - 1, Choice(product_id, 0.0, "pinned", NOTHING))
        return chosen


def choices_of(found: Picks, places: Ids) -> Iterator[Choice]:
    """Yield picks as choices."""
    columns = (found.item_ids, found.scores, found.sources, found.because)
    for item, score, source, because in zip(
        *(column[places].tolist() for column in columns), strict=True
    ):
        yield Choice(item, score, NAMES[source], because)
