"""What is wanted of one search, as plain data: by operators, and which second stage orders its hits."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from models.search.query import Part, Search, Things
from models.search.second_stage import SecondStage
from models.search.synonyms import NO_SYNONYMS, Synonyms

PRODUCT, CATEGORY, SELLER, BRAND = "product_id", "category_id", "seller_id", "brand"
WEIGHED_COLUMNS = (PRODUCT, CATEGORY, SELLER, BRAND)


@dataclass(frozen=True)
class Pin:
    """A product's place in the list, from 1."""

    place: int
    product_id: int
    rule_id: int


@dataclass(frozen=True)
class Weights:
    """How much more or less products are worth: column -> value -> factor, and whose wish it is."""

    by_column: Mapping[str, Mapping[int | str, tuple[float, tuple[int, ...]]]]

    def factor(self, product: Mapping[str, Any]) -> float:
        """Return the product of all factors for what has these columns."""
        worth = 1.0
        for column, by_value in self.by_column.items():
            worth *= by_value.get(product[column], (1.0, ()))[0]
        return worth

    def rule_ids(self, product: Mapping[str, Any]) -> Iterable[int]:
        """Return the rules that weigh it."""
        for column, by_value in self.by_column.items():
            yield from by_value.get(product[column], (1.0, ()))[1]


@dataclass(frozen=True)
class Wishes:
    """What is wanted of a search.

    Parameters
    ----------
    pins
        By place; no place and no product twice.
    hidden
        What shall not be found.
    weights
        All of them count.
    rule_ids
        Of other rules that name this very search: what they hide is nowhere to be seen.
    second_stage
        Orders what the words found, before weights and pins do; without it the words alone do.
    near
        Products that are near the query in meaning, the nearest first: they follow what has some of its words.
    """

    pins: Sequence[Pin] = ()
    hidden: tuple[Things, ...] = ()
    weights: Sequence[Weights] = ()
    synonyms: Synonyms = field(default=NO_SYNONYMS, repr=False)
    rule_ids: Sequence[int] = ()
    second_stage: SecondStage | None = None
    near: tuple[int, ...] = ()

    def for_sort(self, search: Search) -> "Wishes":
        """Return what counts in a search's order: places and weights are for relevance alone.

        So is the second stage, and for what has words; and so is what is near in meaning.
        """
        if search.sort != "relevance":
            return replace(self, pins=(), weights=(), second_stage=None, near=())
        return self if search.text.strip() else replace(self, second_stage=None, near=())

    def for_parts(self, n_parts: int) -> "Wishes":
        """Return what counts for a query of so many parts."""
        if self.second_stage is None or n_parts < 2:
            return self
        return replace(self, second_stage=replace(self.second_stage, n_parts=n_parts))

    @property
    def has_window(self) -> bool:
        """Whether the first hits are put into another order."""
        return bool(self.weights) or self.second_stage is not None

    def within(self, search: Search) -> Search:
        """Return the search that leaves out what is hidden and counts what is pinned."""
        pinned = tuple(pin.product_id for pin in self.pins)
        return replace(search, hidden=self.hidden, pinned=pinned, near=self.near)

    def applied(
        self, pins: Iterable[Pin], parts: Iterable[Part], page: Sequence[Mapping[str, Any]]
    ) -> list[int]:
        """Return the rules that made an answer what it is, by id.

        Parameters
        ----------
        pins
            Those whose product is listed.
        page
            Documents: a weight counts where it weighs one of them.
        """
        found = {*self.rule_ids, *(pin.rule_id for pin in pins)}
        found.update(rule_id for part in parts for rule_id in part.rule_ids)
        for weights in self.weights:
            found.update(rule_id for product in page for rule_id in weights.rule_ids(product))
        return sorted(found)


NO_WISHES = Wishes()
