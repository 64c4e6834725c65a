"""The script that tells a page's events, in a browser (serving/events/emporium.js)."""

import json
import os
from collections import Counter

import pytest
import pytest_asyncio
from redis import Redis

from emporium.ports import free_port, is_listening
from emporium.services import granian
from emporium.settings import REPOSITORY
from tests import services
from tests.browser.chromium import CHROMIUM, chromium, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.skipif(not CHROMIUM, reason="needs Chromium (apt-get install chromium)"),
]
PRIVATE = {
    "Global Privacy Control": "globalPrivacyControl', {get: () => true",
    "Do Not Track": "doNotTrack', {get: () => '1'",
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    with services.own_redis(tmp_path_factory.mktemp("store") / "redis") as store_and_url:
        yield store_and_url


@pytest.fixture(scope="module")
def shop(store, tmp_path_factory):
    """URL of the shop's pages."""
    port = free_port()
    command = granian("tests.browser.pages:create_app", port)
    environment = os.environ | {"REDIS_URL": store[1], "PYTHONPATH": str(REPOSITORY)}
    log = tmp_path_factory.mktemp("shop") / "log"
    with services.running(command, log, lambda: is_listening(port), environment):
        yield f"http://127.0.0.1:{port}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory):
    async with chromium(tmp_path_factory.mktemp("browser")) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser, store):
    with Redis.from_url(store[1]) as redis:
        redis.flushall()
    return await browser.new_page()


@pytest.fixture
def told(store):
    """What the stream has, in order."""

    def read():
        with Redis.from_url(store[1], decode_responses=True) as redis:
            return [json.loads(fields["body"]) for _, fields in redis.xrange("clickstream")]

    return read


def acts(events):
    return Counter((event["kind"], event["product_id"]) for event in events)


async def test_what_is_seen_chosen_and_looked_at_is_told_once_with_its_place(page, shop, told):
    await page.go(f"{shop}/list?consent=yes")
    await until(lambda: len(told()) == 2)
    await page.evaluate("document.querySelector('#low').scrollIntoView()")
    await until(lambda: len(told()) == 3)
    await page.evaluate("scrollTo(0, 0)")
    await page.click("[data-product='2']")
    await page.until_at(f"{shop}/product")  # what had not been sent left by a beacon
    await until(lambda: len(told()) >= 6)

    events = told()
    assert acts(events) == {
        ("impression", 1): 1,
        ("impression", 2): 1,
        ("impression", 3): 1,
        ("click", 2): 1,
        ("view", 2): 1,
        ("cart", 9): 1,
    }
    of = {(event["kind"], event["product_id"]): event for event in events}
    on_list = {"surface": "for_you", "slot": "home", "answer_id": "answer-1", "position": 2}
    for act in (("impression", 2), ("click", 2), ("view", 2)):
        assert on_list.items() <= of[act].items()
    assert of["impression", 1]["price_shown_cents"] == 1999
    assert of["cart", 9]["position"] is None
    assert {event["customer_id"] for event in events} == {7}
    assert len({(event["session_id"], event["visitor_id"]) for event in events}) == 1
    assert events[0]["visitor_id"]


async def test_a_visitor_is_known_only_while_they_consent(page, shop, told):
    await page.go(f"{shop}/list")
    await until(lambda: len(told()) == 2)
    kept = "localStorage.emporiumId"
    before = await page.evaluate(kept)
    await page.evaluate("emporium.consent(true); emporium.search('a lamp')")
    await until(lambda: len(told()) == 3)
    known = await page.evaluate(kept)
    await page.evaluate("emporium.view(5); emporium.consent(false)")
    await until(lambda: len(told()) == 4)

    visitors = [event["visitor_id"] for event in told()]
    assert (before, visitors) == (None, [None, None, known, None])
    assert known is not None
    assert await page.evaluate(kept) is None
    assert (told()[2]["kind"], told()[2]["query"]) == ("search", "a lamp")


@pytest.mark.parametrize("wish", PRIVATE)
async def test_of_who_does_not_want_to_be_followed_nothing_is_told_or_kept(page, shop, told, wish):
    await page.before_each_page(
        f"Object.defineProperty(Navigator.prototype, '{PRIVATE[wish]}, configurable: true}})"
    )
    await page.go(f"{shop}/list?consent=yes")
    await page.evaluate("emporium.view(5)")
    await page.click("[data-product='2']")
    await page.until_at(f"{shop}/product")

    kept = await page.evaluate(
        "[sessionStorage.emporiumId, sessionStorage.emporiumClick, localStorage.length]"
    )
    queue = await page.evaluate("sessionStorage.emporiumQueue || '[]'")
    assert (kept, queue, told()) == ([None, None, 0], "[]", [])


async def test_what_could_not_be_taken_is_sent_again_and_counts_once(page, shop, store, told):
    await page.go(f"{shop}/list")
    await until(lambda: len(told()) == 2)
    redis, _ = store
    redis.kill()
    await page.evaluate(
        "window.asked = 0; const real = fetch; window.fetch = (...a) => real(...a).then(r => (asked = r.status, r))"
    )
    await page.evaluate("emporium.view(5)")

    async def is_refused():
        return await page.evaluate("asked") == 503

    await until(is_refused)
    redis.start()
    await until(lambda: acts(told())["view", 5] == 1)

    assert acts(told()) == {("impression", 1): 1, ("impression", 2): 1, ("view", 5): 1}
