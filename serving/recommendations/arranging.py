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
from models.ids import among
from models.ranking.diversity import diversified
from models.ranking.second_stage import PLACE_DAMPING
from serving.recommendations.case import Case
from serving.recommendations.chains import CHAINS, DIVERSE, WITHOUT_BOUGHT
from serving.recommendations.newcomers import Newcomers
from serving.recommendations.quality import bought_again, quality
from serving.recommendations.schemas import Source
from serving.recommendations.slots import Placing
from serving.recommendations.sources import NAMES, NOTHING, SOURCES, Picks

UNLIKE_RATIO = 0.1
N_WINDOW = 4
"""So many times the places to fill are compared with each other."""

EXPLORED_RATIO = 0.1
N_DRAWS = 5
"""So many newcomers are drawn for each place: some of them can't be shown."""

FIRST_EXPLORED = 3
"""The places before it are never given to a product that nobody knows."""


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

    def allowed(self, item_ids: Ids) -> np.ndarray:
        """Return which products may be shown, apart from what is on the list already."""
        return self._allowed(item_ids, self.case.listing.places(item_ids))

    def _allowed(self, item_ids: Ids, places: Ids) -> np.ndarray:
        listing, query = self.case.listing, self.case.query
        flags = (places >= 0) & listing.in_stock[places]
        flags &= ~self.placing.hidden(listing, places)
        flags &= ~among(item_ids, [query.product_id or NOTHING, *query.cart])
        if query.type in WITHOUT_BOUGHT and len(self.case.bought):
            just_bought = among(item_ids, self.case.bought)
            flags &= ~just_bought | bought_again(self.case.products.of(item_ids))
        return np.asarray(flags)

    def _best(self, found: Picks, chosen: Sequence[Choice], room: int) -> Iterator[Choice]:
        listed = self.case.listing.places(np.array([each.product_id for each in chosen], np.int64))
        places = self.case.listing.places(found.item_ids)
        flags = self._allowed(found.item_ids, places)
        flags &= ~among(places, listed)
        kept = np.nonzero(flags)[0]
        if not len(kept):
            return iter(())
        worth = self.placing.factors(self.case.listing, places[kept])
        worth *= quality(self.case.products.of(found.item_ids[kept]))
        relevance = worth / (PLACE_DAMPING + np.arange(len(kept)))
        order = np.argsort(-relevance, kind="stable")[: N_WINDOW * room]
        kept, relevance = kept[order], relevance[order] / relevance[order[0]]
        if self.case.query.type in DIVERSE:
            labels = self._labels(places[kept])
            kept = kept[diversified(relevance, labels, UNLIKE_RATIO, room, self._labels(listed))]
        return choices_of(found, kept[:room])

    def _labels(self, places: Ids) -> Ids:
        listing = self.case.listing
        return np.stack([listing.category_ids[places], listing.seller_ids[places]], axis=1)

    def _explored(self, chosen: list[Choice]) -> list[Choice]:
        n, listing = int(self.case.query.limit * EXPLORED_RATIO), self.case.listing
        if not n or len(chosen) <= FIRST_EXPLORED:
            return chosen
        listed = np.array([choice.product_id for choice in chosen], np.int64)
        categories = set(listing.category_ids[listing.places(listed)].tolist())
        new = self.newcomers.of_categories(sorted(categories))
        if not len(new):
            return chosen
        drawn = np.unique(new[[self.draws.randrange(len(new)) for _ in range(N_DRAWS * n)]])
        may = self.allowed(drawn) & ~among(drawn, listed)
        for product_id in drawn[may][:n].tolist():
            last = min(len(chosen), self.case.query.limit - 1)
            place = self.draws.randint(FIRST_EXPLORED, last)
            chosen.insert(place, Choice(product_id, 0.0, "new", NOTHING))
        return chosen

    def _pinned(self, chosen: list[Choice]) -> list[Choice]:
        pins = self.placing.pins
        if not pins:
            return chosen
        may = self.allowed(np.array([product_id for _, product_id in pins], np.int64))
        shown = [pin for pin, allowed in zip(pins, may, strict=True) if allowed]
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
