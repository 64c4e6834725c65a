"""Every page of the shop, on a dark phone and a light desktop: nothing stands in anybody's way.

axe-core looks for what WCAG 2 A and AA and good practice forbid; which pages there are, the application says.
The same colours on the other size are left to `make test-long`.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from emporium.settings import REPOSITORY
from storefront.errors import PageRoute
from tests.browser.store import make_store
from tests.browser.visits import FRAGMENTS, VISITS
from tests.chromium import DESKTOP, PHONE, complaints
from tests.unit.storefront.fake_apis import token_of

ALL_RULES = {"resultTypes": ["violations"]}
COLOURS = ALL_RULES | {"runOnly": ["color-contrast"]}
"""What else would a page in other colours, of the same size, have?"""
LOOKS = ((DESKTOP, "light", ALL_RULES), (PHONE, "dark", ALL_RULES))
MORE_LOOKS = (*LOOKS, (DESKTOP, "dark", COLOURS), (PHONE, "light", COLOURS))
SCRIPT = REPOSITORY / "serving" / "events" / "emporium.js"
AXE = Axe().axe_script
PICTURED = (("light", DESKTOP), ("dark", PHONE))


def barriers(page, rules):
    """What axe finds serious or critical: the rule, and what breaks it."""
    found = page.evaluate("rules => axe.run(rules)", rules)["violations"]
    return [
        (each["id"], each["help"], [node["html"][:200] for node in each["nodes"]])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


@pytest.mark.browser
@pytest.mark.parametrize(
    "looks",
    [LOOKS, pytest.param(MORE_LOOKS, marks=pytest.mark.long)],
    ids=["two looks", "all looks"],
)
@pytest.mark.parametrize(
    "visit", [each for visits in VISITS.values() for each in visits], ids=lambda visit: visit.name
)
def test_no_page_has_a_barrier(visit, looks, fake, store_url, browser, look):
    visit.given(fake)
    context = browser.new_context(
        viewport=DESKTOP, locale="en-GB", base_url=store_url, reduced_motion="reduce"
    )
    own = [("access", token_of(7))] if visit.is_customer else []
    context.add_cookies(
        [{"name": name, "value": value, "url": store_url} for name, value in [*own, *visit.cookies]]
    )
    context.route("**/api/v1/events**", lambda route: route.fulfill(status=202))
    context.route("**/emporium.js", lambda route: route.fulfill(path=SCRIPT))
    page = context.new_page()
    complained = complaints(page)
    page.goto(visit.path)
    visit.then(page)
    page.evaluate(AXE)

    for size, colours, rules in looks:
        page.set_viewport_size(size)
        page.emulate_media(color_scheme=colours)
        assert barriers(page, rules) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]
        if (colours, size) in PICTURED:
            look(page, f"{colours} {size['width']}")
    context.close()
    assert complained == []


def of_desk(route):
    """The operator's desk is looked at by test_desk."""
    return route.path.startswith("/ops")


def test_every_page_there_is_is_looked_at(fake):
    pages = {
        route.path
        for route in make_store(fake).routes
        if isinstance(route, PageRoute) and "GET" in route.methods and not of_desk(route)
    }

    assert pages - FRAGMENTS == set(VISITS) - {"nowhere"}
