"""The operator's desk in a browser: axe finds nothing, on a dark phone and a light desktop."""

import httpx2
import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import async_playwright

from storefront.app import create_app
from storefront.errors import PageRoute
from storefront.settings import Settings
from tests.browser.chromium import CHROMIUM
from tests.page_reader import Browser
from tests.unit.storefront.desk.fake_desk import FakeDesk
from tests.unit.storefront.desk.test_looking import PAGES
from tests.unit.storefront.test_forms_and_headers import logged_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(not CHROMIUM, reason="needs Chromium (apt-get install chromium)"),
]
STORE = "http://store.example"
SIZES = {"phone": {"width": 390, "height": 844}, "desktop": {"width": 1280, "height": 850}}
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}
COLOURS = {"runOnly": ["color-contrast"], "resultTypes": ["violations"]}
AXE = Axe().axe_script
OPEN_DETAILS = "document.querySelectorAll('details').forEach(each => each.open = true)"

TOO_WIDE = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture
async def operator():
    """A client of the pages that is logged in as an operator; no port is needed."""
    fake = httpx2.ASGITransport(FakeDesk().app)
    names = ("shop_url", "serving_url", "operations_url")
    urls = dict.fromkeys(names, "http://api.example")
    app = create_app(Settings(**urls, secret="s" * 40, log_level="ERROR"), fake, fake, fake)
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url=STORE, follow_redirects=True
    ) as client:
        await logged_in(Browser(client))
        yield client


@pytest.fixture
async def chromium():
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        await browser.close()


def answering(client):
    """Answer what a browser asks of the store, so that nothing listens anywhere."""

    async def answer(route):
        found = await client.get(route.request.url)
        dropped = ("content-encoding", "content-length", "set-cookie")
        headers = {name: value for name, value in found.headers.items() if name not in dropped}
        await route.fulfill(status=found.status_code, headers=headers, body=found.content)

    return answer


async def violations(page, rules):
    """What axe finds: the rule, and where it is broken."""
    found = await page.evaluate("rules => axe.run(rules)", rules)
    return [
        (each["id"], [node["target"] for node in each["nodes"]][:3]) for each in found["violations"]
    ]


@pytest.mark.parametrize(
    ("size", "schemes"),
    [
        ("phone", ("dark",)),
        ("desktop", ("light",)),
        pytest.param("phone", ("dark", "light"), marks=pytest.mark.long),
        pytest.param("desktop", ("light", "dark"), marks=pytest.mark.long),
    ],
)
async def test_axe_finds_nothing_on_any_page_of_the_desk(operator, chromium, size, schemes):
    context = await chromium.new_context(
        viewport=SIZES[size], color_scheme=schemes[0], bypass_csp=True, reduced_motion="reduce"
    )
    await context.route("**/*", answering(operator))
    page = await context.new_page()
    found = {}

    for path in {each.partition("?")[0]: each for each in PAGES}.values():
        await page.goto(f"{STORE}{path}")
        await page.evaluate(OPEN_DETAILS)
        await page.evaluate(AXE)
        found[path] = await violations(page, RULES)
        for other in schemes[1:]:
            await page.emulate_media(color_scheme=other)
            found[path] += await violations(page, COLOURS)  # what colours alone may change
            await page.emulate_media(color_scheme=schemes[0])
        if await page.evaluate(TOO_WIDE):
            found[path].append(("scrolls sideways", []))

    assert {path: each for path, each in found.items() if each} == {}


def test_every_page_of_the_desk_is_looked_at():
    urls = dict.fromkeys(("shop_url", "serving_url", "operations_url"), "http://api.example")
    routes = create_app(Settings(**urls, secret="s" * 40, log_level="ERROR")).routes
    pages = [
        route
        for route in routes
        if isinstance(route, PageRoute) and "GET" in route.methods and route.path.startswith("/ops")
    ]
    paths = [each.partition("?")[0] for each in PAGES]

    unseen = {each.path for each in pages if not any(each.path_regex.match(path) for path in paths)}

    assert len(pages) > 20
    assert unseen == {"/ops/reports/{group}/{name}"}  # a job's own page, sent as it is
