"""How soon and how light the shop's pages are: in a browser, and of the server under a light load.

python -m bench.pages [--url http://127.0.0.1:8000] [--quick] [--json FILE]

The reference is what a page may take. In Chromium, each page is opened several times by a visitor who was never there: first
contentful paint, bytes over the network for all that the page loads, and how much of it moves (layout shift); the median of
its opens. Then a few clients ask for pages, each a page a second, and the server's times are the quantiles of each page's answers.
Without `--url` a small shop is started for it, its data made and its DAGs run, which takes minutes.
"""

import argparse
import asyncio
import contextlib
import datetime as dt
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright
from rich.console import Console

from bench.table import Figure, parser, report
from emporium.data import Wanted
from emporium.demo import Demo
from emporium.ports import free_port
from emporium.services import plan
from emporium.settings import Settings
from emporium.supervisor import Supervisor

WANTED_PAINT_SECONDS, WANTED_KB, WANTED_SHIFT, WANTED_P95_MS = 1.0, 100.0, 0.05, 50.0
N_OPENS, N_CLIENTS, LOAD_SECONDS = 5, 4, 30.0
QUICK_OPENS, QUICK_SECONDS = 2, 5.0
SIZE = {"width": 1280, "height": 900}
SETTLE_MS = 500
"""Late pictures and fonts have come by then, and moved what they move."""
WATCH = """
window.shift = 0;
new PerformanceObserver(list => list.getEntries().forEach(each => window.shift += each.hadRecentInput ? 0 : each.value))
  .observe({type: 'layout-shift', buffered: true})
"""
PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"
BYTES = (
    "[...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
    ".reduce((sum, each) => sum + each.transferSize, 0)"
)


def main() -> None:
    """Read the command line, run, print."""
    options = parser(__doc__)
    options.add_argument("--url", help="of a shop that runs; none: one is started")
    args = options.parse_args()
    with _shop(args.url) as url:
        report(measured(url, args), args.json)


@contextlib.contextmanager
def _shop(url: str | None) -> Iterator[str]:
    if url:
        yield url.rstrip("/")
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder).resolve()
        settings = Settings(emporium_home=home, database_url="", redis_url="", port=free_port())
        supervisor = Supervisor(plan(settings, "bench"), say=lambda _: None)
        try:
            supervisor.start()
            now = dt.datetime.now(dt.UTC)  # noqa: TID251 - the edge
            Demo(supervisor.site, Console(stderr=True)).run(Wanted(scale=0.1, n_days=60), now)
            yield supervisor.site.url("gateway")
        finally:
            supervisor.stop()


def measured(url: str, args: argparse.Namespace) -> list[Figure]:
    """Return the figures of all pages."""
    pages = pages_of(url)
    n_opens = QUICK_OPENS if args.quick else N_OPENS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        seen = {name: opened(browser, url + path, n_opens) for name, path in pages.items()}
        browser.close()
    seconds = asyncio.run(asked(url, pages, QUICK_SECONDS if args.quick else LOAD_SECONDS))
    return [
        each for name in pages for each in [*_of_browser(name, seen[name]), *_of_server(name, seconds[name])]
    ]  # fmt: skip


def pages_of(url: str) -> dict[str, str]:
    """Return the pages to measure, paths by name: those that anybody comes to first."""
    with httpx2.Client(base_url=f"{url}/api/v1", timeout=30) as shop:
        answer = shop.get("/products", params={"limit": 1, "in_stock": True})
        answer.raise_for_status()  # a shop whose search is down has no pages to measure
        found = answer.json()["products"][0]
    return {
        "home": "/",
        "search": f"/search?q={found['title'].split(',')[0].split()[-1]}",
        "category": f"/categories/{found['category_id']}",
        "product": f"/products/{found['product_id']}",
        "categories": "/categories",
        "cart": "/cart",
        "log in": "/login",
    }


def opened(browser: Browser, url: str, n_opens: int) -> list[float]:
    """Return the medians of paint in seconds, kilobytes, and shift."""
    opens = []
    for _ in range(n_opens):
        context = browser.new_context(viewport=SIZE)  # type: ignore[arg-type]
        opens.append(_once(context.new_page(), url))
        context.close()
    return [statistics.median(values) for values in zip(*opens, strict=True)]


def _once(page: Page, url: str) -> tuple[float, float, float]:
    page.add_init_script(WATCH)
    page.goto(url, wait_until="load")
    page.wait_for_timeout(SETTLE_MS)
    paint, n_bytes, shift = (page.evaluate(each) for each in (PAINT, BYTES, "window.shift"))
    return paint, n_bytes / 1000, shift


async def asked(url: str, pages: dict[str, str], seconds: float) -> dict[str, list[float]]:
    """Return how long the server took for each answer, in milliseconds by page."""
    times: dict[str, list[float]] = {name: [] for name in pages}
    until = time.monotonic() + seconds

    async def ask(first: int) -> None:
        names = [*pages][first:] + [*pages][:first]
        async with httpx2.AsyncClient(base_url=url, timeout=30) as client:
            while time.monotonic() < until:
                for name in names:
                    began = time.perf_counter()
                    answer = await client.get(pages[name])
                    times[name].append(1000 * (time.perf_counter() - began))
                    answer.raise_for_status()
                    await asyncio.sleep(1 / len(pages))

    await asyncio.gather(*(ask(n) for n in range(N_CLIENTS)))
    return times


def _of_browser(name: str, seen: list[float]) -> list[Figure]:
    paint, n_kilobytes, shift = seen
    return [
        Figure(f"{name}: first contentful paint", paint, "s", WANTED_PAINT_SECONDS),
        Figure(f"{name}: transferred, first visit", n_kilobytes, "KB", WANTED_KB),
        Figure(f"{name}: layout shift", shift, "", WANTED_SHIFT),
    ]


def _of_server(name: str, times: list[float]) -> list[Figure]:
    p50, p95 = np.percentile(times, (50, 95))
    return [
        Figure(f"{name}: server, p50", float(p50), "ms"),
        Figure(f"{name}: server, p95", float(p95), "ms", WANTED_P95_MS),
    ]


if __name__ == "__main__":
    main()
