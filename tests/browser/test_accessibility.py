"""Every page of the shop, on a phone and a desktop, light and dark: nothing stands in anybody's way.

axe-core looks for what WCAG 2 A and AA and good practice forbid; which pages there are, the application says.
"""

import threading
import time

import httpx2
import pytest
import uvicorn
from axe_playwright_python.sync_playwright import Axe

from emporium.settings import REPOSITORY
from storefront.app import create_app
from storefront.errors import PageRoute
from storefront.settings import Settings
from tests.browser.visits import FRAGMENTS, VISITS
from tests.chromium import DESKTOP, PHONE, complaints
from tests.unit.storefront.conftest import SECRET
from tests.unit.storefront.fake_apis import FakeApis, token_of

ALL_RULES = {"resultTypes": ["violations"]}
COLOURS = ALL_RULES | {"runOnly": ["color-contrast"]}
"""What else would a page in other colours, of the same size, have?"""
LOOKS = (
    (DESKTOP, "light", ALL_RULES),
    (DESKTOP, "dark", COLOURS),
    (PHONE, "dark", ALL_RULES),
    (PHONE, "light", COLOURS),
)
SCRIPT = REPOSITORY / "serving" / "events" / "emporium.js"
PICTURED = (("light", DESKTOP), ("dark", PHONE))


def make_store(fake):
    settings = Settings(
        shop_url="http://shop", serving_url="http://serving", secret=SECRET, log_level="ERROR"
    )
    transport = httpx2.ASGITransport(fake.app)
    return create_app(settings, transport, transport)


@pytest.fixture
def fake():
    return FakeApis()


@pytest.fixture
def store(fake):
    """URL of the pages before made-up APIs."""
    config = uvicorn.Config(make_store(fake), port=0, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def barriers(page, rules):
    """What axe finds serious or critical: the rule, and what breaks it."""
    found = Axe().run(page, options=rules).response["violations"]
    return [
        (each["id"], each["help"], [node["html"][:200] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.browser
@pytest.mark.parametrize(
    "visit", [each for visits in VISITS.values() for each in visits], ids=lambda visit: visit.name
)
def test_no_page_has_a_barrier(visit, fake, store, browser, look):
    visit.given(fake)
    context = browser.new_context(
        viewport=DESKTOP, locale="en-GB", base_url=store, reduced_motion="reduce"
    )
    own = [("access", token_of(7))] if visit.is_customer else []
    context.add_cookies(
        [{"name": name, "value": value, "url": store} for name, value in [*own, *visit.cookies]]
    )
    context.route("**/api/v1/events**", lambda route: route.fulfill(status=202))
    context.route("**/emporium.js", lambda route: route.fulfill(path=SCRIPT))
    page = context.new_page()
    complained = complaints(page)
    page.goto(visit.path)
    visit.then(page)

    for size, colours, rules in LOOKS:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=colours)
        assert barriers(page, rules) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        if (colours, size) in PICTURED:
            look(page, f"{colours} {size['width']}")
    context.close()
    assert complained == []


def test_every_page_there_is_is_looked_at(fake):
    pages = {
        route.path
        for route in make_store(fake).routes
        if isinstance(route, PageRoute) and "GET" in route.methods
    }

    assert pages - FRAGMENTS == set(VISITS) - {"nowhere"}
