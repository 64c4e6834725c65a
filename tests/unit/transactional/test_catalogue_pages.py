"""Pages that a process keeps: how long they count, what drops them, one read for all who wait."""

import asyncio
import contextlib

import pytest
import structlog
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from pydantic import BaseModel

from transactional.catalogue.cache.answers import fresh_answers, matches, stale_answers
from transactional.catalogue.cache.local import LocalPages
from transactional.catalogue.cache.metrics import CatalogueMetrics
from transactional.catalogue.cache.pages import Page, etag_of, page_of
from transactional.catalogue.cache.reading import Address, CatalogueReads
from transactional.catalogue.cache.shared import Found, SharedPages
from transactional.catalogue.cache.truth import Truth, TruthAwayProblem

LAMP = Address("product", "1")


class Clock:
    """Seconds, moved by the test."""

    def __init__(self):
        self.seconds = 1000.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def local(clock):
    """Pages of a process that is told of changes until the test says otherwise."""
    return LocalPages(clock, random=lambda: 0.0, trusted_until=1e9)


@contextlib.asynccontextmanager
async def no_session():
    yield None


def reads_of(local, clock):
    """Reads of a process without Redis."""
    log = structlog.wrap_logger(structlog.ReturnLogger())
    truth = Truth(no_session, clock, log)
    return CatalogueReads(local, SharedPages(None), truth, CatalogueMetrics(CollectorRegistry()))


def page(body=b"{}", *tags):
    return Page(body, etag_of(body), frozenset(tags or ("p1",)))


def keep(local, key, *tags, body=b"{}", age_seconds=0.0, good=True):
    local.keep(key, local.made("product", Found(page(body, *tags), good, age_seconds)))


@pytest.mark.parametrize(
    ("random", "seconds", "is_fresh"),
    [(0.0, 299, True), (0.0, 301, False), (1.0, 239, True), (1.0, 241, False)],
)
def test_a_page_counts_for_five_minutes_less_a_random_fifth(
    local, clock, random, seconds, is_fresh
):
    local.random = lambda: random
    keep(local, "product:1")

    clock.seconds += seconds

    assert (local.fresh("product:1") is not None) == is_fresh


@pytest.mark.parametrize(
    ("age_seconds", "passed_seconds", "is_fresh"),
    [(0.0, 0.9, True), (0.0, 1.1, False), (1.1, 0.0, False)],
)
def test_a_process_that_is_told_nothing_keeps_a_page_for_a_second(
    local, clock, age_seconds, passed_seconds, is_fresh
):
    local.trusted_until = clock.seconds
    keep(local, "product:1", age_seconds=age_seconds)

    clock.seconds += passed_seconds

    assert (local.fresh("product:1") is not None) == is_fresh


def test_a_page_from_before_changes_were_missed_is_only_for_want_of_better(local, clock):
    keep(local, "product:1")
    clock.seconds += 2

    local.doubt()

    assert local.fresh("product:1") is None
    assert local.any("product:1") is not None


def test_what_was_only_for_want_of_better_is_never_fresh(local, clock):
    keep(local, "product:1", age_seconds=60.0, good=False)

    assert local.fresh("product:1") is None
    assert local.any("product:1") is not None


def test_for_want_of_better_a_page_serves_for_a_day(local, clock):
    keep(local, "product:1")

    clock.seconds += 24 * 3600 + 1

    assert local.any("product:1") is None


@pytest.mark.parametrize(
    ("changed", "left"),
    [
        (["p1"], ["product:2", "listing:7"]),
        (["s2"], ["product:1", "listing:7"]),
        (["c7", "p2"], ["product:1"]),
        (["p9"], ["product:1", "product:2", "listing:7"]),
    ],
)
def test_what_changes_drops_the_pages_that_show_it(local, changed, left):
    keep(local, "product:1", "p1", "s1")
    keep(local, "product:2", "p2", "s2")
    keep(local, "listing:7", "c7")

    n_dropped = local.drop(changed)

    shown = ["product:1", "product:2", "listing:7"]
    assert [key for key in shown if local.any(key)] == left
    assert n_dropped == 3 - len(left)


def test_beyond_its_bytes_the_page_goes_that_was_asked_for_least_lately(local):
    local.max_bytes = 3 * 1660  # each: ten bytes, 1500 for itself and 150 for its tag
    for n in (1, 2, 3):
        keep(local, f"product:{n}", body=b"0123456789")
    local.fresh("product:1")

    keep(local, "product:4", body=b"0123456789")

    assert [n for n in (1, 2, 3, 4) if local.any(f"product:{n}")] == [1, 3, 4]
    assert local.n_bytes == 3 * 1660


def test_pages_that_come_and_go_leave_no_bytes_and_no_tags(local):
    for n in range(10):
        keep(local, f"product:{n}", "all", f"p{n}", body=b"x" * n)
        keep(local, f"product:{n}", "all", body=b"y")

    local.drop(["all"])

    assert (local.n_bytes, dict(local._keys_by_tag)) == (0, {})


async def test_all_who_wait_for_a_page_share_one_read(local, clock):
    reads, read_it, go = reads_of(local, clock), [], asyncio.Event()

    async def fill(_):
        read_it.append(1)
        await go.wait()
        return page(b"once")

    waiting = [asyncio.create_task(reads.read(LAMP, fill, None)) for _ in range(50)]
    await asyncio.sleep(0)
    go.set()
    answers = await asyncio.gather(*waiting)

    assert (len(read_it), {answer.body for answer in answers}) == (1, {b"once"})


async def test_who_waits_may_go_away_and_the_others_are_answered(local, clock):
    reads, go = reads_of(local, clock), asyncio.Event()

    async def fill(_):
        await go.wait()
        return page(b"once")

    first, second = (asyncio.create_task(reads.read(LAMP, fill, None)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    go.set()

    assert (await second).body == b"once"


@pytest.mark.parametrize(("changed", "is_kept"), [(["p1"], False), (["p2"], True)])
async def test_a_read_that_a_change_overtook_is_not_kept(local, clock, changed, is_kept):
    reads = reads_of(local, clock)

    async def fill(_):
        reads.drop(changed)  # told while the page was being read
        return page(b"maybe from before", "p1")

    answer = await reads.read(LAMP, fill, None)

    assert answer.body == b"maybe from before"
    assert (reads.ready(LAMP.key, None) is not None) == is_kept


async def test_who_asks_after_a_change_was_told_does_not_get_a_read_from_before(local, clock):
    reads, go = reads_of(local, clock), asyncio.Event()

    async def old(_):
        await go.wait()
        return page(b"old")

    async def new(_):
        return page(b"new")

    before = asyncio.create_task(reads.read(LAMP, old, None))
    await asyncio.sleep(0)
    reads.drop(["p1"])
    after = await reads.read(LAMP, new, None)
    go.set()
    await before

    assert after.body == b"new"
    assert reads.ready(LAMP.key, None).body == b"new"  # the old one came later, and is not kept


async def test_while_the_truth_is_away_the_last_page_serves_and_says_its_age(local, clock):
    reads = reads_of(local, clock)

    async def away(_):
        raise ConnectionError

    keep(local, LAMP.key)
    local.trusted_until = clock.seconds + 1
    clock.seconds += 61

    answer = await reads.read(LAMP, away, None)

    headers = dict(answer.headers)
    assert (answer.status, headers[b"age"]) == (200, b"61")
    assert headers[b"cache-status"] == b"shop; hit; ttl=-60; detail=stale-if-error"


async def test_what_was_told_to_be_wrong_serves_nobody(local, clock):
    reads = reads_of(local, clock)

    async def away(_):
        raise ConnectionError

    keep(local, LAMP.key)
    reads.drop(["p1"])

    with pytest.raises(TruthAwayProblem):
        await reads.read(LAMP, away, None)


async def test_while_the_truth_is_away_one_read_a_second_tries_it(local, clock):
    reads, tries = reads_of(local, clock), []

    async def away(_):
        tries.append(clock.seconds)
        raise ConnectionError

    for _ in range(30):
        with pytest.raises(TruthAwayProblem):
            await reads.read(LAMP, away, None)
        clock.seconds += 0.1

    assert len(tries) == 3


async def test_what_is_wrong_with_a_request_is_told_to_it_and_not_kept(local, clock):
    reads = reads_of(local, clock)

    async def refuse(_):
        raise KeyError("no such product")

    with pytest.raises(KeyError):
        await reads.read(LAMP, refuse, None)

    assert (local.n_bytes, reads.truth.is_away) == (0, False)


class Interleaving:
    """Writers change a product, reads of it look at the truth and land, changes are told late."""

    def __init__(self):
        clock = Clock()
        local = LocalPages(clock, random=lambda: 0.0, trusted_until=1e9)
        self.reads, self.truth, self.told = reads_of(local, clock), 0, 0
        self.looks, self.lands, self.asked = [], [], []

    async def fill(self, _):
        await self._gate(self.looks)
        seen = self.truth
        await self._gate(self.lands)
        return page(b"%d" % seen)

    async def _gate(self, gates):
        gates.append(asyncio.Event())
        await gates[-1].wait()

    def ask(self):
        self.asked.append(asyncio.create_task(self.reads.read(LAMP, self.fill, None)))

    def write(self):
        self.truth += 1

    def tell(self):
        if self.told < self.truth:
            self.reads.drop(["p1"])
        self.told = self.truth

    def look(self):
        if self.looks:
            self.looks.pop(0).set()

    def land(self):
        if self.lands:
            self.lands.pop(0).set()

    async def take(self, steps):
        for step in steps:
            getattr(self, step)()
            for _ in range(8):
                await asyncio.sleep(0)


@given(st.lists(st.sampled_from(["ask", "look", "land", "write", "tell"]), max_size=30))
@settings(deadline=None, max_examples=300)
def test_however_reads_and_changes_interleave_what_is_kept_is_the_truth_once_all_is_told(steps):
    async def interleave():
        shop = Interleaving()
        await shop.take([*steps, "tell", *["look", "land"] * len(steps)])
        await asyncio.gather(*shop.asked)
        return shop.reads.ready(LAMP.key, None), shop.truth

    kept, truth = asyncio.run(interleave())

    assert kept is None or kept.body == b"%d" % truth


@pytest.mark.parametrize(
    ("if_none_match", "is_known"),
    [
        (b'"7-ab"', True),
        (b'W/"7-ab"', True),  # what a proxy makes of it that compresses
        (b'"1", "7-ab"', True),
        (b"*", True),
        (b'"7"', False),
        (b'"7-abc"', False),
        (b"7-ab", False),
        (b"", False),
    ],
)
def test_who_has_the_page_is_told_that_it_is_unchanged(if_none_match, is_known):
    assert matches(if_none_match, b'"7-ab"') == is_known


class Shown(BaseModel):
    n_available: int


def test_the_etag_changes_with_the_bytes_and_begins_with_the_version():
    one, two = (page_of(Shown(n_available=n), [], version=7).etag for n in (1, 2))

    assert one != two
    assert one.startswith('"7-')
    assert two.startswith('"7-')


@pytest.mark.parametrize("kind", ["product", "listing", "categories"])
def test_caches_may_show_old_pages_for_seconds_only_and_marked_ones_are_never_fresh(kind):
    def seconds(answers):
        control = dict(answers.whole.headers)[b"cache-control"].decode()
        return {
            name: int(value)
            for name, _, value in (part.strip().partition("=") for part in control.split(","))
            if value
        }

    fresh = seconds(fresh_answers(kind, page()))
    stale = stale_answers(kind, page(), age_seconds=5, late_seconds=3)

    assert fresh["max-age"] <= 5
    assert fresh["max-age"] + fresh["stale-while-revalidate"] <= 35
    assert seconds(stale)["max-age"] < int(dict(stale.whole.headers)[b"age"])
