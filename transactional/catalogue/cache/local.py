"""The pages that a process holds itself."""

from collections import OrderedDict, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from transactional.catalogue.cache.answers import Answers, fresh_answers
from transactional.catalogue.cache.pages import Page
from transactional.catalogue.cache.scripts import KEPT_SECONDS
from transactional.catalogue.cache.shared import Found

FRESH_SECONDS = 300.0
JITTER_RATIO = 0.2
"""Pages filled in the same moment shall not all end in the same moment."""
UNTOLD_SECONDS = 1.0
"""How long a page counts as right where nobody tells of changes: what a change may take anyway."""
MAX_BYTES = 64_000_000
BYTES_PER_PAGE = 1_500
BYTES_PER_TAG = 150
NO_ERA = -1


@dataclass(frozen=True, slots=True)
class Kept:
    """A page; times are the clock's, in seconds. `era`: see `LocalPages.doubt`."""

    kind: str
    page: Page
    answers: Answers
    filled_at: float
    expires_at: float
    era: int

    @property
    def n_bytes(self) -> int:
        """What it takes of memory, about."""
        return len(self.page.body) + BYTES_PER_PAGE + BYTES_PER_TAG * len(self.page.tags)


@dataclass
class LocalPages:
    """Pages by key, the least lately asked for dropped beyond `max_bytes`.

    `trusted_until` is when what was told of changes counts no more, by the same clock; who follows
    the changes moves it on. From then on a page is fresh for `UNTOLD_SECONDS` only.
    """

    clock: Callable[[], float]
    random: Callable[[], float]
    max_bytes: int = MAX_BYTES
    trusted_until: float = 0.0
    n_bytes: int = 0
    era: int = 0
    _kept: OrderedDict[str, Kept] = field(default_factory=OrderedDict)
    _keys_by_tag: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def fresh(self, key: str) -> Kept | None:
        """Return a page that is as the truth is, as far as was told."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        now = self.clock()
        told = now < self.trusted_until and now < kept.expires_at and kept.era == self.era
        if not told and now >= kept.filled_at + UNTOLD_SECONDS:
            return None
        self._kept.move_to_end(key)
        return kept

    def any(self, key: str) -> Kept | None:
        """Return a page that is not known to be wrong, and at most a day old."""
        kept = self._kept.get(key)
        return kept if kept and self.clock() - kept.filled_at < KEPT_SECONDS else None

    def made(self, kind: str, found: Found) -> Kept:
        """Return a page as it would be kept now."""
        now = self.clock()
        return Kept(
            kind,
            found.page,
            fresh_answers(kind, found.page),
            filled_at=now - found.age_seconds,
            expires_at=now + FRESH_SECONDS * (1 - JITTER_RATIO * self.random()),
            era=self.era if found.good else NO_ERA,
        )

    def keep(self, key: str, kept: Kept) -> None:
        """Keep a page in the place of an earlier one."""
        self._remove(key)
        self._kept[key] = kept
        self.n_bytes += kept.n_bytes
        for tag in kept.page.tags:
            self._keys_by_tag[tag].add(key)
        while self.n_bytes > self.max_bytes:
            self._remove(next(iter(self._kept)))

    def drop(self, tags: Iterable[str]) -> int:
        """Forget every page that shows something of these tags; return how many."""
        keys = {key for tag in tags for key in self._keys_by_tag.get(tag, ())}
        for key in keys:
            self._remove(key)
        return len(keys)

    def doubt(self) -> None:
        """Begin another era: changes may have been missed, all pages are only for want of better."""
        self.era += 1

    def _remove(self, key: str) -> None:
        kept = self._kept.pop(key, None)
        if kept is None:
            return
        self.n_bytes -= kept.n_bytes
        for tag in kept.page.tags:
            self._keys_by_tag[tag].discard(key)
            if not self._keys_by_tag[tag]:
                del self._keys_by_tag[tag]
