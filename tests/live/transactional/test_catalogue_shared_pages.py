"""Pages that processes share in Redis, whatever comes between a read and its storing."""

import pytest
import redis.asyncio as aioredis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from transactional.catalogue.cache import shared as module
from transactional.catalogue.cache.pages import Page, etag_of
from transactional.catalogue.cache.scripts import CHANGES, FLOOR, GENERATION, TELL
from transactional.catalogue.cache.shared import SharedPages

pytestmark = pytest.mark.live


@pytest.fixture
async def redis(redis_url):
    client = aioredis.Redis.from_url(redis_url)
    yield client
    await client.aclose()


@pytest.fixture
async def shared(redis):
    pages = SharedPages(redis)
    await pages.changes_since(0)
    return pages


@pytest.fixture
def tell(redis):
    """Tell of changed tags, as the worker does; without any, of everything."""

    async def of(*tags):
        await redis.register_script(TELL)([CHANGES, GENERATION, FLOOR], [int(not tags), 60, *tags])

    return of


def page(body=b"{}", *tags):
    return Page(body, etag_of(body), frozenset(tags or ("p1", "s1")))


async def body_of(shared, key="product:1"):
    found = (await shared.read([key])).pages.get(key)
    return (found.page.body, found.good) if found else None


@pytest.mark.parametrize(
    ("changed", "left"),
    [((), (b"{}", True)), (("s1",), None), (("p2", "p1"), None), (("p2",), (b"{}", True))],
)
async def test_a_page_is_there_until_something_changes_that_it_shows(shared, tell, changed, left):
    look = await shared.read(["product:1"])
    await shared.store({"product:1": page()}, look.generation, bounded=False)

    if changed:
        await tell(*changed)

    assert await body_of(shared) == left


@pytest.mark.parametrize(
    ("changed", "left"), [(("p1",), None), (("p2",), (b"{}", True)), ((), None)]
)
async def test_what_was_read_before_a_change_is_not_stored_after_it(shared, tell, changed, left):
    look = await shared.read(["product:1"])
    await tell(*changed)

    await shared.store({"product:1": page()}, look.generation, bounded=False)

    assert await body_of(shared) == left


async def test_when_everything_changed_a_page_is_left_for_want_of_better(shared, tell):
    look = await shared.read(["product:1"])
    await shared.store({"product:1": page()}, look.generation, bounded=False)

    await tell()

    assert await body_of(shared) == (b"{}", False)


async def test_lists_that_strangers_make_up_take_bounded_room(shared, redis, monkeypatch):
    monkeypatch.setattr(module, "BYTES_PER_HOUR", 100)
    look = await shared.read(["listing:0"])

    for n in range(5):
        await shared.store({f"listing:{n}": page(b"x" * 40)}, look.generation, bounded=True)
    for _ in range(9):  # one that is there is renewed, whatever was spent
        await shared.store({"listing:1": page(b"y" * 40)}, look.generation, bounded=True)

    stored = {key.decode() async for key in redis.scan_iter("catalogue:page:*")}
    assert stored == {"catalogue:page:listing:0", "catalogue:page:listing:1"}
    assert await body_of(shared, "listing:1") == (b"y" * 40, True)


async def test_pages_are_gone_after_a_day(shared, redis):
    look = await shared.read(["product:1"])
    await shared.store({"product:1": page()}, look.generation, bounded=False)

    assert 0 < await redis.ttl("catalogue:page:product:1") <= 24 * 3600


async def test_a_page_survives_the_way_there_and_back(shared):
    body = '{"title":"Süße Lampe 💡"}'.encode()
    look = await shared.read(["product:1"])
    await shared.store({"product:1": page(body, "p1", "s1", "g3")}, look.generation, bounded=False)

    found = (await shared.read(["product:1"])).pages["product:1"]

    assert found.page == page(body, "p1", "s1", "g3")


STEPS = st.lists(
    st.tuples(st.sampled_from(["look", "see", "store", "write", "tell"]), st.integers(0, 2)),
    max_size=25,
)


@given(steps=STEPS)
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_however_three_processes_and_a_writer_interleave_a_page_is_the_truth_once_all_is_told(
    shared, redis, tell, steps
):
    await redis.delete("catalogue:page:product:1")
    truth, looks, seen = 0, {}, {}
    for step, process in [*steps, ("tell", 0)]:
        if step == "look":
            looks[process] = (await shared.read(["product:1"])).generation
            seen.pop(process, None)
        elif step == "see" and process in looks:
            seen[process] = truth
        elif step == "store" and process in seen:
            body = b"%d" % seen[process]
            await shared.store({"product:1": page(body)}, looks[process], bounded=False)
        elif step == "write":
            truth += 1
        elif step == "tell":
            await tell("p1")

    assert await body_of(shared) in (None, (b"%d" % truth, True))
