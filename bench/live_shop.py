"""Fourteen days of a shop that learns: what learned lists bring beside popular ones, and beside an oracle's.

python -m bench.live_shop [--quick] [--scale 0.3] [--days 14] [--visits 0.12]

A history is simulated and loaded, and the platform started on it: PostgreSQL, Redis, MLflow, the shop, its
payments and worker, serving and its worker, the landing of events. Then days pass (`bench.live_shop_days`):
shoppers whose tastes are known come in sessions, the platform's own experiment puts each into an arm, lists are
served over HTTP, chosen from by true tastes, told to `POST /events`, paid in the shop. Each night the DAGs' jobs
run one after the other in this process, without Airflow, from `ingest` to `train_recommendations` and
`analyse_experiments`, so that the next day's model has learned from what was shown. The index is not built
anew and nothing is bought in.

Days pass on the platform's own clock (`bench.clock_ahead`), which is set hour by hour: every time that any
service or store writes is of the simulated day. The first day is tomorrow.

The oracles' lists are worked out beside, for every visit: by the true chance of a purchase, and by what
it brings. They show, as the shop does, nothing that was bought before or is sold out, and know as much as
the platform could of what the visit is for: how often the shopper comes for each category before they browse,
the category after. Guests are left out.
"""

import argparse
import datetime as dt
import json
import sys
import tempfile
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
from redis import Redis

from bench.live_shop_choices import day_of_visits
from bench.live_shop_days import Crowd, Visited, joined
from bench.live_shop_site import Platform, midnight_after, platform, token_secret
from bench.table import Figure, parser, report
from bench.watch import say
from emporium.data import Wanted
from features.schemas.lake import Interaction
from models import registry
from models.evaluation.experiments.ratios import Estimate, Values, difference, ratio
from simulator.draws import Ints
from simulator.seasons import leaf_seasons
from simulator.shop import FIRST_DAY_OF_ALL, SimulatedShop
from simulator.visits import Flags, Today, today
from transactional.tokens import Caller, TokenSigner

HISTORY_DAYS = 60
N_PRODUCTS, N_SHOPPERS = 5_000, 20_000
SEED = 7
POPULAR, LEARNED = "popular", "learned"
EXPERIMENT = "live-days"
DESIGN = {
    "surfaces": ["for_you"],
    "arms": [
        {"name": POPULAR, "share_basis_points": 5_000, "model": "popular", "personal": False},
        {"name": LEARNED, "share_basis_points": 5_000},
    ],
    "metrics": ["ctr", "conversion_ratio", "revenue_per_unit_cents"],
}
SERVED_SECONDS = 600.0

HEAD = f"{'day':12}{'champion':>9}{'visits':>8}" + "".join(
    f"{name:>10}" for name in (POPULAR, LEARNED, "oracle", "all pop.", "all lear.")
)


@dataclass(frozen=True)
class Lived:
    """A day that is over: what its visits came to, which version served, the night's seconds."""

    date: dt.date
    visited: Visited
    champion: str
    night_seconds: float


def main() -> None:
    """Load, start, live, print."""
    arguments = _arguments()
    scale, n_days = (0.2, 3) if arguments.quick else (arguments.scale, arguments.days)
    last = dt.datetime.now(dt.UTC).date()  # noqa: TID251 - the edge
    shop = SimulatedShop(
        last_day=last,
        n_days=HISTORY_DAYS,
        n_products=round(N_PRODUCTS * scale),
        n_shoppers=round(N_SHOPPERS * scale),
        seed=SEED,
    )
    wanted = Wanted(scale=scale, seed=SEED, n_days=HISTORY_DAYS)
    with (
        tempfile.TemporaryDirectory(dir=arguments.folder) as folder,
        platform(Path(folder).resolve(), wanted, last, say) as there,
    ):
        began = time.monotonic()
        say("building the history")
        there.first_night(shop.first_day, last)
        there.seed(shop, there.clock.now())
        say(f"open after {time.monotonic() - began:.0f} s")
        print(HEAD, flush=True)
        days = list(_live(there, replace(shop, n_visits_per_day=arguments.visits), n_days))
        told = experiment_report(there, days[-1].date)
    print(table_of(days))
    report(figures(joined(day.visited for day in days), told), arguments.json)


def _arguments() -> argparse.Namespace:
    options = parser(__doc__)
    options.add_argument(
        "--scale", type=float, default=0.3, help="of 5,000 products and 20,000 shoppers"
    )
    options.add_argument("--days", type=int, default=14)
    options.add_argument(
        "--visits", type=float, default=0.12, help="of a shopper a day; the history has 0.042"
    )
    options.add_argument("--folder", type=Path, help="where the platform's home is made")
    return options.parse_args()


def _live(there: Platform, shop: SimulatedShop, n_days: int) -> Iterator[Lived]:
    """Yield days as they were lived; each is printed at once, so that a failed night loses none."""
    with Redis.from_url(there.site.redis_url, decode_responses=True) as redis:
        signer = TokenSigner(token_secret(there.site), there.clock.now)
        crowd = Crowd(
            there.site.ports["serving"],
            there.site.ports["transactional"],
            redis,
            there.clock,
            signer,
            bought_so_far(there, shop),
        )
        _await_model(there)
        start_experiment(there, signer)
        for n in range(1, n_days + 1):
            day = _day_and_night(there, shop, crowd, n)
            print(_line(day), flush=True)
            yield day


def _day_and_night(there: Platform, shop: SimulatedShop, crowd: Crowd, n: int) -> Lived:
    date = shop.last_day + dt.timedelta(days=n)
    champion = registry.champion_version(there.settings.mlflow_tracking_uri, "recommender")
    began = time.monotonic()
    visited = crowd.live_through(day_of_visits(shop, _today(there, shop, date)), date)
    lived = time.monotonic()
    there.clock.set(midnight_after(date) + dt.timedelta(minutes=10))
    there.night(date)
    seconds = time.monotonic() - lived
    say(f"{date}: {len(visited.arm)} visits in {lived - began:.0f} s, night {seconds:.0f} s")
    if crowd.n_refused:
        say(f"orders refused so far: {dict(crowd.n_refused)}")
    _await_model(there)
    return Lived(date, visited, str(champion), seconds)


def _today(there: Platform, shop: SimulatedShop, date: dt.date) -> Today:
    """Return what holds in the shop: prices as they were seeded, units as they are left."""
    number = (date - FIRST_DAY_OF_ALL).days
    seeded = today(shop, shop.last)
    is_out = there.is_out(shop.n_products)
    return replace(seeded, day=number, seasons=leaf_seasons(number), is_out=is_out)


def bought_so_far(there: Platform, shop: SimulatedShop) -> Flags:
    """Return who has bought what, shape (n_shoppers + 1, n_products); row 0 is nobody's."""
    rows = there.lake.read(Interaction, None, shop.last_day, ["user_id", "item_id", "n_purchases"])
    found = np.zeros((shop.n_shoppers + 1, shop.n_products), bool)
    had = rows["n_purchases"].to_numpy() > 0
    found[rows["user_id"].to_numpy()[had], rows["item_id"].to_numpy()[had] - 1] = True
    return found


def start_experiment(there: Platform, signer: TokenSigner) -> None:
    """Start the experiment as an operator does, and return once serving follows it."""
    url = f"{there.site.url('transactional')}/api/v1/experiments"
    token = signer.issue(Caller(there.planner(), "ops"))
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
    with httpx2.Client(headers=headers, timeout=SERVED_SECONDS) as operator:
        made = operator.post(url, json={"name": EXPERIMENT, "design": DESIGN})
        started = operator.post(f"{url}/{EXPERIMENT}/start")
    if (made.status_code, started.status_code) != (201, 200):
        sys.exit(f"FAILED: no experiment: {made.text} {started.text}")
    _await(lambda: bool(_ask(there)["experiments"]), "serving does not follow the experiment")


def _await_model(there: Platform) -> None:
    """Return once serving answers by the champion."""

    def follows() -> bool:
        champion = registry.champion_version(there.settings.mlflow_tracking_uri, "recommender")
        return champion is not None and _served_version(there) == champion

    _await(follows, "serving does not follow the champion")


def _served_version(there: Platform) -> str | None:
    with httpx2.Client(base_url=there.site.url("serving"), timeout=SERVED_SECONDS) as client:
        ready = client.get("/api/v1/recommendations", params={"type": "trending", "limit": 1})
    version: str | None = ready.json().get("model_version") if ready.status_code == 200 else None
    return version


def _ask(there: Platform) -> dict[str, Any]:
    query: dict[str, Any] = {"type": "for_you", "customer_id": 1, "limit": 1}
    with httpx2.Client(base_url=there.site.url("serving"), timeout=SERVED_SECONDS) as client:
        answer: dict[str, Any] = client.get("/api/v1/recommendations", params=query).json()
    return answer


def _await(is_so: Any, otherwise: str) -> None:  # noqa: ANN401 - a condition
    deadline = time.monotonic() + SERVED_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            sys.exit(f"FAILED: {otherwise}")
        time.sleep(0.2)


def experiment_report(there: Platform, date: dt.date) -> dict[str, Any]:
    """Return what the job `analyse_experiments` says of the days, out of the lake alone."""
    path = there.settings.reports / "analyse_experiments" / f"{date}.json"
    told: dict[str, Any] = json.loads(path.read_text())[f"{EXPERIMENT} · 1"]
    return told


def table_of(days: list[Lived]) -> str:
    """Return the days as a table: euros a session, from lists and all in all."""
    title = "Euros a session from the lists, and all that was bought"
    return "\n".join([title, HEAD, *(_line(day) for day in days)])


def _line(day: Lived) -> str:
    seen = day.visited
    lists = [euros(seen, seen.list_cents, arm).value for arm in (POPULAR, LEARNED)]
    every = [euros(seen, everything(seen), arm).value for arm in (POPULAR, LEARNED)]
    values = [*lists, euros(seen, seen.oracle_cents).value, *every]
    cells = "".join(f"{value:>10.2f}" for value in values)
    return f"{day.date!s:12}{day.champion:>9}{len(seen.arm):>8}{cells}"


def everything(seen: Visited) -> Values:
    """Return what each session bought, from lists and while browsing, in cents."""
    return seen.list_cents + seen.browsing_cents


def euros(seen: Visited, cents: Values, arm: str | None = None) -> Estimate:
    """Return euros a session, of an arm's shoppers or of all; shoppers are the units."""
    own = np.array([arm in (None, each) for each in seen.arm])
    by_shopper = _sums(seen.shopper[own], cents[own])
    return ratio(by_shopper / 100, _sums(seen.shopper[own], np.ones(int(own.sum()))))


def _sums(shopper: Ints, values: Values) -> Values:
    _, unit = np.unique(shopper, return_inverse=True)
    return np.bincount(unit, values).astype(np.float64)


def figures(seen: Visited, told: dict[str, Any]) -> list[Figure]:
    """Return what the days came to."""
    popular, learned = (euros(seen, seen.list_cents, arm) for arm in (POPULAR, LEARNED))
    oracle, bound = (euros(seen, cents) for cents in (seen.oracle_cents, seen.bound_cents))
    all_popular, all_learned = (euros(seen, everything(seen), arm) for arm in (POPULAR, LEARNED))
    gained, all_gained = difference(learned, popular), difference(all_learned, all_popular)
    by_unit = told["metrics"][f"{LEARNED} revenue_per_unit_cents"]
    return [
        Figure("sessions", len(seen.arm), ""),
        *(Figure(f"shoppers in {arm}", n, "") for arm, n in told["units"].items()),
        Figure("from lists, learned beside popular", learned.value, "EUR", popular.value),
        *_with_bounds("from lists, learned - popular", gained),
        Figure("from lists, oracle beside popular", oracle.value, "EUR", popular.value),
        Figure(
            "from lists, most that is possible beside popular", bound.value, "EUR", popular.value
        ),
        Figure("gap to the oracle closed", 100 * closed(gained, oracle, popular), "%"),
        Figure(
            "gap to the most that is possible closed", 100 * closed(gained, bound, popular), "%"
        ),
        Figure("all bought, learned beside popular", all_learned.value, "EUR", all_popular.value),
        *_with_bounds("all bought, learned - popular", all_gained),
        Figure("the job's: lift of revenue per shopper", 100 * by_unit["lift_ratio"], "%"),
        Figure("the job's: lift, 95 % from", 100 * by_unit["lift_low"], "%"),
        Figure("the job's: lift, 95 % to", 100 * by_unit["lift_high"], "%"),
        *_shares(seen.n_by_source),
    ]


def closed(gained: Estimate, best: Estimate, popular: Estimate) -> float:
    """Return which share of the way from popular lists to the best ones was gone."""
    return gained.value / (best.value - popular.value)


def _with_bounds(name: str, found: Estimate) -> list[Figure]:
    low, high = found.interval()
    cells = ((name, found.value), (f"{name}, 95 % from", low), (f"{name}, 95 % to", high))
    return [Figure(*cell, "EUR") for cell in cells]


def _shares(n_by_source: Counter[str]) -> list[Figure]:
    totals = Counter[str]()
    for name, n in n_by_source.items():
        totals[name.split()[0]] += n
    return [
        Figure(f"places by source, {name}", 100 * n / totals[name.split()[0]], "%")
        for name, n in sorted(n_by_source.items())
    ]


if __name__ == "__main__":
    main()
