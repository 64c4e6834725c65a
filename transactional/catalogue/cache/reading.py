"""Public pages of the catalogue: from the process, else from Redis, else from PostgreSQL."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.cache.answers import PRODUCT, Answers, stale_answers
from transactional.catalogue.cache.flights import Flight, Flights
from transactional.catalogue.cache.local import Kept, LocalPages
from transactional.catalogue.cache.metrics import CatalogueMetrics
from transactional.catalogue.cache.pages import Page
from transactional.catalogue.cache.shared import FRESH_SECONDS, Found, SharedPages
from transactional.catalogue.cache.truth import Fill, Truth, TruthAwayProblem
from web.shortcuts import Answer


@dataclass(frozen=True, slots=True)
class Address:
    """Which page: its kind (see `answers.FRESH`), and what tells it from others of the kind."""

    kind: str
    rest: str

    @property
    def key(self) -> str:
        """The page's key in all caches."""
        return f"{self.kind}:{self.rest}"


FillSeveral = Callable[[AsyncSession, Sequence[Address]], Awaitable[Mapping[Address, Page]]]
"""Reads pages together; what is nowhere is left out."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known of several pages; one that is neither kept nor unread is nowhere.

    Parameters
    ----------
    stale
        Those of `kept` that cannot be checked now.
    unread
        Those that cannot be read now, and of which nothing is known.
    """

    kept: Mapping[Address, Kept]
    stale: frozenset[Address] = frozenset()
    unread: frozenset[Address] = frozenset()


@dataclass
class CatalogueReads:
    """Answers anybody's reads; nothing is kept that not everybody may see.

    A page that is missing is read once in a process for all that wait for it. Processes do not wait
    for each other: each reads a page of its own once per change, and a lock in Redis would be one more
    thing to wait for when its owner dies. Those who ask for several pages at once share a read only if
    they miss the same ones.
    """

    local: LocalPages
    shared: SharedPages
    truth: Truth
    metrics: CatalogueMetrics
    flights: Flights[Answers] = field(default_factory=Flights)
    gatherings: Flights[Gathered] = field(default_factory=Flights)

    def ready(self, key: str, if_none_match: bytes | None) -> Answer | None:
        """Return the answer if the process has it, as it is now."""
        kept = self.local.fresh(key)
        if kept is None:
            return None
        self.metrics.local.inc()
        return kept.answers.to(if_none_match)

    async def read(self, address: Address, fill: Fill, if_none_match: bytes | None) -> Answer:
        """Return the answer, wherever it comes from; what `fill` raises is not kept.

        Raises
        ------
        TruthAwayProblem
            If PostgreSQL is away and nothing is known of the page.
        """
        ready = self.ready(address.key, if_none_match)
        if ready is not None:
            return ready
        answers = await self.flights.join(
            address.key, lambda flight: self._find(address, fill, flight)
        )
        return answers.to(if_none_match)

    async def gather(self, addresses: Sequence[Address], fill: FillSeveral) -> Gathered:
        """Return several pages, each from where it would come from alone.

        Raises
        ------
        TruthAwayProblem
            If PostgreSQL is away and nothing is known of any of them.
        """
        at_hand = {each: kept for each in addresses if (kept := self.local.fresh(each.key))}
        self.metrics.local.inc(len(at_hand))
        missing = [each for each in addresses if each not in at_hand]
        if not missing:
            return Gathered(at_hand)
        rest = await self.gatherings.join(
            " ".join(each.key for each in missing),
            lambda flight: self._find_several(missing, fill, flight),
        )
        found = replace(rest, kept={**at_hand, **rest.kept})
        if found.unread and not found.kept:
            raise TruthAwayProblem
        return found

    def drop(self, tags: Sequence[str]) -> None:
        """Forget what shows something of these tags, pages on their way here too."""
        self.flights.tell(tags)
        self.gatherings.tell(tags)
        self.metrics.invalidations.inc(self.local.drop(tags))

    def doubt(self) -> None:
        """Take all pages for good only for want of better: changes may have been missed."""
        self.flights.doubt()
        self.gatherings.doubt()
        self.local.doubt()
        self.metrics.doubts.inc()

    async def _find(self, address: Address, fill: Fill, flight: Flight) -> Answers:
        look = await self.shared.read([address.key])
        found = look.pages.get(address.key) if look else None
        if found is not None and self._is_fresh(found):
            self.metrics.shared.inc()
            return self._keep(address, found, flight).answers
        has_stale = found is not None or self.local.any(address.key) is not None
        try:
            page = await self.truth.read(fill, has_stale=has_stale)
        except TruthAwayProblem:
            stale = self._stale(address, found, flight)
            if stale is None:
                raise
            return self._marked(stale)
        self.metrics.truth.inc()
        answers = self._keep(address, Found(page), flight).answers
        if look is not None:
            bounded = address.kind != PRODUCT
            await self.shared.store({address.key: page}, look.generation, bounded=bounded)
        return answers

    async def _find_several(
        self, addresses: Sequence[Address], fill: FillSeveral, flight: Flight
    ) -> Gathered:
        look = await self.shared.read([each.key for each in addresses])
        there = (
            {each: look.pages[each.key] for each in addresses if each.key in look.pages}
            if look
            else {}
        )
        kept = {
            each: self._keep(each, found, flight)
            for each, found in there.items()
            if self._is_fresh(found)
        }
        self.metrics.shared.inc(len(kept))
        missing = [each for each in addresses if each not in kept]
        if not missing:
            return Gathered(kept)
        has_stale = all(each in there or self.local.any(each.key) for each in missing)
        try:
            pages = await self.truth.read(
                lambda session: fill(session, missing), has_stale=has_stale
            )
        except TruthAwayProblem:
            return self._without_truth(kept, {each: there.get(each) for each in missing}, flight)
        self.metrics.truth.inc(len(pages))
        kept |= {each: self._keep(each, Found(page), flight) for each, page in pages.items()}
        if look is not None:
            bounded = any(each.kind != PRODUCT for each in pages)
            by_key = {each.key: page for each, page in pages.items()}
            await self.shared.store(by_key, look.generation, bounded=bounded)
        return Gathered(kept)

    def _without_truth(
        self, kept: Mapping[Address, Kept], missing: Mapping[Address, Found | None], flight: Flight
    ) -> Gathered:
        known = {each: self._stale(each, found, flight) for each, found in missing.items()}
        stale = {each: page for each, page in known.items() if page is not None}
        self.metrics.stale.inc(len(stale))
        unread = frozenset(known) - frozenset(stale)
        return Gathered({**kept, **stale}, frozenset(stale), unread)

    def _is_fresh(self, found: Found) -> bool:
        told = self.local.clock() < self.local.trusted_until
        return told and found.good and found.age_seconds < FRESH_SECONDS

    def _keep(self, address: Address, found: Found, flight: Flight) -> Kept:
        """Return a page, and keep it unless a change overtook it."""
        kept = self.local.made(address.kind, found)
        if flight.sees(found.page.tags):
            self.local.keep(address.key, kept)
        return kept

    def _stale(self, address: Address, found: Found | None, flight: Flight) -> Kept | None:
        """Return what is known of a page without the truth, but for what was told to be wrong."""
        kept = self.local.any(address.key)
        if kept is None and found is not None and flight.changed.isdisjoint(found.page.tags):
            kept = self._keep(address, replace(found, good=False), flight)
        return kept

    def _marked(self, kept: Kept) -> Answers:
        self.metrics.stale.inc()
        now = self.local.clock()
        late_seconds = max(0.0, now - self.local.trusted_until)
        return stale_answers(kept.kind, kept.page, now - kept.filled_at, late_seconds)
