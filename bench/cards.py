"""What a product's page costs whose cards nobody asked for lately, beside the same page that asks for each card.

python -m bench.cards [--quick] [--json FILE]

PostgreSQL, Redis, the shop with its worker, and the pages run as the demo runs them, over 10,000 products; lists are made up,
15 products beside each. Of pages that nobody asked for since the start it is told how many requests they make to the shop, how
much of the processors' time all processes take together, and how long the answer takes; and of the same pages when their cards are
forgotten, and the shop still has them at hand. Pages are asked for one after the other, in turns with those of the reference.
"""

import contextlib
import os
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil

from bench import catalogue_site
from bench.checkout_site import N_PRODUCTS, stores
from bench.processes import running
from bench.table import Figure, parser, report
from bench.watch import REPOSITORY
from emporium.ports import free_port, is_listening
from emporium.services import granian
from storefront.shelf import CARD_SECONDS

OURS, REFERENCE = "storefront.app:create_app", "bench.cards_site:create_one_by_one"
N_PAGES, N_QUICK_PAGES = 100, 12
PER_ROUND = 4
COUNTED = re.compile(r"^http_requests_total\{.*\} (\S+)$", re.M)
COUNT_SECONDS = 1.5
"""What the shop answered is in its figures by then."""
APART = 19
"""From a page's id to the next one's: so that they have hardly a card in common."""


@dataclass
class Cost:
    """Sums over pages: requests to the shop, seconds of processors, seconds until answers."""

    n_requests: float = 0.0
    cpu_seconds: float = 0.0
    seconds: float = 0.0


def main() -> None:
    """Read the command line, run, print."""
    args = parser(__doc__).parse_args()
    n_pages = N_QUICK_PAGES if args.quick else N_PAGES
    with _site() as (shop, pages, reference):
        figures: list[Figure] = []
        for name in ("never asked for", "cards forgotten"):
            figures += _figures(name, n_pages, *_in_turns(shop, pages, reference, n_pages))
            time.sleep(CARD_SECONDS + 1)
        report(figures, args.json)


@contextlib.contextmanager
def _site() -> Iterator[tuple[str, str, str]]:
    """Run everything; yield URLs of the shop, of the pages, and of those that ask for each card."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
        kept = stack.enter_context(stores(folder, 1))
        catalogue_site.describe(kept)
        shop = f"http://127.0.0.1:{stack.enter_context(catalogue_site.shop_and_worker(kept))}"
        lists = stack.enter_context(_running("bench.cards_site:create_serving", folder, {}))
        environment = {
            "STOREFRONT_SHOP_URL": shop,
            "STOREFRONT_SERVING_URL": lists,
            "STOREFRONT_SECRET": "a secret of the bench, long enough for forms",
        }
        ours, theirs = (
            stack.enter_context(_running(each, folder, environment)) for each in (OURS, REFERENCE)
        )
        while "catalogue_told 1.0" not in httpx2.get(f"{shop}/metrics", timeout=30).text:
            time.sleep(0.1)
        for url in (ours, theirs):  # connections, templates, the tree
            _ask(url, [N_PRODUCTS])
        yield shop, ours, theirs


@contextlib.contextmanager
def _running(factory: str, folder: Path, more: dict[str, str]) -> Iterator[str]:
    port = free_port()
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), **more}  # noqa: TID251 - handed on
    log = folder / f"{factory.rpartition(':')[2]}.log"
    with running(granian(factory, port), log, lambda: is_listening(port), environment):
        yield f"http://127.0.0.1:{port}"


def _in_turns(shop: str, pages: str, reference: str, n_pages: int) -> tuple[Cost, Cost]:
    """Ask for pages of both, a few at a time: the machine is not ours alone."""
    costs = Cost(), Cost()
    for start in range(0, n_pages, PER_ROUND):
        for url, cost, first in ((pages, costs[0], 1), (reference, costs[1], N_PRODUCTS // 2)):
            ids = [first + APART * (start + n) for n in range(PER_ROUND)]
            _measure(shop, url, ids, cost)
    return costs


def _measure(shop: str, url: str, product_ids: list[int], cost: Cost) -> None:
    before, used, began = _n_requests(shop), _cpu_seconds(), time.perf_counter()
    _ask(url, product_ids)
    cost.seconds += time.perf_counter() - began
    cost.cpu_seconds += _cpu_seconds() - used
    time.sleep(COUNT_SECONDS)
    cost.n_requests += _n_requests(shop) - before - 1  # the figures' own


def _ask(url: str, product_ids: list[int]) -> None:
    with httpx2.Client(base_url=url, timeout=60) as client:
        for product_id in product_ids:
            client.get(f"/products/{product_id}").raise_for_status()


def _n_requests(shop: str) -> float:
    text = httpx2.get(f"{shop}/metrics", timeout=30).text
    return sum(float(count) for count in COUNTED.findall(text))


def _cpu_seconds() -> float:
    """Return the processors' time of all processes that were started for this."""
    return sum(sum(each.cpu_times()[:2]) for each in psutil.Process().children(recursive=True))


def _figures(name: str, n_pages: int, ours: Cost, theirs: Cost) -> Iterator[Figure]:
    requests, cpu, wait = (
        f"{name}: requests to the shop",
        f"{name}: processors' time",
        f"{name}: until the answer",
    )
    ms = 1000 / n_pages
    yield Figure(requests, ours.n_requests / n_pages, "", theirs.n_requests / n_pages)
    yield Figure(cpu, ours.cpu_seconds * ms, "ms", theirs.cpu_seconds * ms)
    yield Figure(wait, ours.seconds * ms, "ms", theirs.seconds * ms)


if __name__ == "__main__":
    main()
