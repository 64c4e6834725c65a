"""Answers to what was asked last, kept as they are sent: until the index, the rules or the order change.

What many ask for is asked for often, and an answer that is kept costs a hundredth of a search. Only what is the
same whoever asks is kept, and bytes rather than objects, so that no collection of garbage looks through it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Self

import orjson

from models.search.index import Index
from models.search.latest import Latest
from models.search.query import Search
from serving.search.compiling import SearchRules
from serving.search.schemas import SuggestedCategory, SuggestedProduct

N_PAGES = 2_000
"""Of 15 to 30 kilobytes each."""
N_SUGGESTIONS = 5_000
N_NAMED = 2_000
LARGE = ("products", "facets")
"""What of a page is kept as JSON."""

Named = tuple[Sequence[SuggestedCategory], Sequence[SuggestedProduct]]
"""What stands beside a suggestion."""


class PageKey(NamedTuple):
    """What makes a page: the search, where it begins and behind which product, its length, the order's name."""

    search: Search
    offset: int
    after: int | None
    limit: int
    order: str


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page without what differs from request to request, and what it leaves of itself in the log `answers`."""

    page: Mapping[str, Any]
    row: Mapping[str, Any]

    def packed(self) -> Self:
        """Return the same with its large parts as JSON."""
        large = {name: orjson.Fragment(orjson.dumps(self.page[name])) for name in LARGE}
        return type(self)({**self.page, **large}, self.row)


@dataclass(frozen=True)
class KeptSearches:
    """Answers of one snapshot of the index under the same rules."""

    index: Index
    rules: SearchRules
    pages: Latest[PageKey, KeptPage] = field(default_factory=lambda: Latest(N_PAGES))
    suggestions: Latest[tuple[str, int], bytes] = field(
        default_factory=lambda: Latest(N_SUGGESTIONS)
    )
    named: Latest[str, Named] = field(default_factory=lambda: Latest(N_NAMED))


class Keeping:
    """Has the answers of the snapshot and the rules that are current, and of no others."""

    def __init__(self) -> None:
        self._current: KeptSearches | None = None

    def of(self, index: Index, rules: SearchRules) -> KeptSearches:
        """Return what is kept of these; nothing yet, where they are new."""
        kept = self._current
        if kept is None or kept.index is not index or kept.rules is not rules:
            kept = self._current = KeptSearches(index, rules)
        return kept
