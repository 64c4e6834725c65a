"""A day of shoppers in the running shop, over HTTP: lists, events, orders.

A visit has four steps. The front page's list (`for_you`) comes before anybody knows what the visit is for.
Then the shopper browses the category they came for, as in `simulator.visits`, whoever serves it. Then comes a
second list, of the same session. At the end some pay, all they put into the cart in one order. All that is
shown, looked at and carted is told to `POST /events`.
"""

import asyncio
import contextlib
import datetime as dt
import itertools
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from redis import Redis

from bench.clock_ahead import ClockAhead
from bench.http_connection import Connection
from bench.live_shop_choices import NOTHING, Day, are_in, marked, worth_of
from simulator.draws import Floats, Ints
from simulator.visits import N_SHOWN, Flags
from transactional.tokens import Caller, TokenSigner

HOURS = 24
N_CONNECTIONS = 8
STREAM, GROUP = "clickstream", "live_states"
TOLD_SECONDS = 30.0
HOME_SLOT = "home"


@dataclass(frozen=True)
class Visited:
    """What a day's visits came to; arrays of n visits. Of the oracles only what is bought from lists."""

    shopper: Ints
    arm: Sequence[str]
    list_cents: Floats  # bought from the platform's lists
    browsing_cents: Floats  # bought while browsing, whoever served the lists
    oracle_cents: Floats  # from the lists of who knows the tastes, by the chance of a purchase
    bound_cents: Floats  # the same, by what a purchase brings
    n_by_source: Counter[str] = field(default_factory=Counter)


@dataclass
class Crowd:
    """The shoppers' side of HTTP: some connections to serving, some to the shop.

    `bought` has true where a shopper has bought a product, shape (n_shoppers + 1, n_products): serving
    shows it to them no more, nor do the oracles.
    """

    serving_port: int
    shop_port: int
    redis: Redis
    clock: ClockAhead
    signer: TokenSigner
    bought: Flags
    n_refused: Counter[str] = field(default_factory=Counter)
    _n_events: Iterator[int] = field(default_factory=itertools.count)

    def live_through(self, day: Day, date: dt.date) -> Visited:
        """Let a day's visits happen, hour by hour of the platform's clock."""
        return asyncio.run(self._day(day, dt.datetime.combine(date, dt.time(), dt.UTC)))

    async def _day(self, day: Day, midnight: dt.datetime) -> Visited:
        hours = np.minimum(day.start_second // 3_600, HOURS - 1)
        parts = []
        async with _pool(self.serving_port) as serving, _pool(self.shop_port) as shop:
            for hour in np.unique(hours).tolist():
                # Never back: what began a minute ago would not have begun.
                self.clock.set(max(midnight + dt.timedelta(hours=hour), self.clock.now()))
                parts.append(await self._visits(serving, shop, day, np.nonzero(hours == hour)[0]))
        return joined(parts)

    async def _visits(self, serving: "Pool", shop: "Pool", day: Day, visit: Ints) -> Visited:
        n_products = self.bought.shape[1]
        first = await self._lists(serving, day, visit)
        viewed, carted = day.looked_over(visit, first.rows, np.zeros(first.rows.shape, bool))
        browsed = day.browsed[visit]
        is_new = ~are_in(browsed, first.rows, n_products)
        looked, browsing = (
            each[visit] & is_new for each in (day.browsed_viewed, day.browsed_carted)
        )
        browsing &= ~day.now.is_out[browsed]
        walk = Lists(browsed, [None] * len(visit), first.arms, "category", None)
        await self._tell(serving, self._events(day, visit, first, viewed, carted))
        await self._tell(serving, self._events(day, visit, walk, looked, browsing))
        self._await_worker()
        second = await self._lists(serving, day, visit)
        met = are_in(second.rows, np.concatenate([first.rows, browsed], axis=1), n_products)
        viewed_then, carted_then = day.looked_over(visit, second.rows, met)
        await self._tell(serving, self._events(day, visit, second, viewed_then, carted_then))
        rows = np.concatenate([first.rows, second.rows, browsed], axis=1)
        wanted = np.concatenate([carted, carted_then, browsing], axis=1) & day.pays[visit][:, None]
        oracle, bound = (self._oracle(day, visit, worth) for worth in worths(day))
        cents = np.where(
            await self._pay(shop, day, visit, rows, wanted), day.now.price_cents[rows], 0
        )
        return Visited(
            shopper=day.shopper[visit],
            arm=first.arms,
            list_cents=cents[:, : 2 * N_SHOWN].sum(axis=1).astype(np.float64),
            browsing_cents=cents[:, 2 * N_SHOWN :].sum(axis=1).astype(np.float64),
            oracle_cents=oracle,
            bound_cents=bound,
            n_by_source=first.n_by_source + second.n_by_source,
        )

    def _oracle(self, day: Day, visit: Ints, worth: Floats) -> Floats:
        """Return what would have been bought from the lists of who knows everybody's taste."""
        had, n_products = self.bought[day.shopper[visit]], self.bought.shape[1]
        first = day.best(visit, had, after_browsing=False, worth=worth)
        met = had | marked(first, n_products) | marked(day.browsed[visit], n_products)
        second = day.best(visit, met, after_browsing=True, worth=worth)
        cents = np.zeros(len(visit))
        for lists in (first, second):
            _, carted = day.looked_over(visit, lists, np.zeros(lists.shape, bool))
            cents += worth_of(lists, carted, day.pays[visit], day.now.price_cents)
        return cents

    async def _lists(self, pool: "Pool", day: Day, visit: Ints) -> "Lists":
        paths = [
            f"/api/v1/recommendations?type=for_you&slot={HOME_SLOT}&limit={N_SHOWN}"
            f"&customer_id={day.shopper[one]}&session_id=s{day.number[one]}"
            for one in visit.tolist()
        ]
        answers = await pool.all([get(path) for path in paths], 200)
        rows = np.full((len(visit), N_SHOWN), NOTHING)
        sources = Counter[str]()
        for place, answer in enumerate(answers):
            ids = [item["product_id"] for item in answer["items"]]
            rows[place, : len(ids)] = np.array(ids, np.int64) - 1
            arm = arm_of(answer)
            sources.update(f"{arm} {item['source']}" for item in answer["items"])
        arms = [arm_of(answer) for answer in answers]
        ids_of = [answer["answer_id"] for answer in answers]
        return Lists(rows, ids_of, arms, "for_you", HOME_SLOT, sources)

    def _events(
        self, day: Day, visit: Ints, lists: "Lists", viewed: Flags, carted: Flags
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield each visit's events of a list, as the storefront's script would tell them."""
        at = self.clock.now().isoformat()
        kinds = (("impression", lists.rows != NOTHING), ("view", viewed), ("cart", carted))
        for place, one in enumerate(visit.tolist()):
            events = [
                {
                    "event_id": f"live-{day.number[one]}-{next(self._n_events)}",
                    "occurred_at": at,
                    "session_id": f"s{day.number[one]}",
                    "customer_id": int(day.shopper[one]),
                    "kind": kind,
                    "product_id": int(lists.rows[place, position]) + 1,
                    "surface": lists.surface,
                    "slot": lists.slot,
                    "position": position + 1,
                    "answer_id": lists.answer_ids[place],
                    "price_shown_cents": int(day.now.price_cents[lists.rows[place, position]]),
                }
                for kind, happened in kinds
                for position in np.nonzero(happened[place])[0].tolist()
            ]
            if events:
                yield events

    async def _tell(self, pool: "Pool", batches: Iterable[list[dict[str, Any]]]) -> None:
        requests = [post("/api/v1/events", {"events": events}) for events in batches]
        await pool.all(requests, 202)

    def _await_worker(self) -> None:
        """Return once the worker has dealt with all that was told: the next page comes later than that."""
        deadline = time.monotonic() + TOLD_SECONDS
        while True:
            stream: Any = self.redis.xinfo_stream(STREAM)
            groups: Any = self.redis.xinfo_groups(STREAM)
            [own] = [group for group in groups if group["name"] == GROUP]
            is_read = own["last-delivered-id"] == stream["last-generated-id"]
            if is_read and not own["pending"]:
                return
            if time.monotonic() > deadline:
                sys.exit(f"FAILED: the worker is behind the clickstream: {own}")
            time.sleep(0.02)

    async def _pay(self, pool: "Pool", day: Day, visit: Ints, rows: Ints, wanted: Flags) -> Flags:
        """Order what is wanted, each visit's in one order; return what was sold, shape of `rows`."""
        sold = np.zeros(wanted.shape, bool)
        paying = np.nonzero(wanted.any(axis=1))[0]
        requests = [
            self._order(day, int(visit[place]), rows[place][wanted[place]]) for place in paying
        ]
        for place, (status, _, body) in zip(paying, await pool.ask_all(requests), strict=True):
            if status == 201:
                sold[place] = wanted[place]
                self.bought[day.shopper[visit[place]], rows[place][wanted[place]]] = True
            else:
                self.n_refused[str(json.loads(body).get("title", status))] += 1
        return sold

    def _order(self, day: Day, visit: int, products: Ints) -> bytes:
        lines = [{"product_id": int(row) + 1, "quantity": 1} for row in np.unique(products)]
        token = self.signer.issue(Caller(int(day.shopper[visit]), "shopper"))
        body = {"lines": lines, "payment_method": "pm_card_visa"}
        headers = {
            "Authorization": f"Bearer {token}",
            "Idempotency-Key": f"live-{day.number[visit]}",
        }
        return post("/api/v1/orders", body, headers)


@dataclass(frozen=True)
class Lists:
    """A list for each visit: product rows of shape (n, N_SHOWN), and what its events tell of it."""

    rows: Ints
    answer_ids: Sequence[str | None]
    arms: Sequence[str]
    surface: str
    slot: str | None
    n_by_source: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class Pool:
    """Some connections to one service, made anew where it closed one that had nothing to do for long."""

    port: int
    connections: list[Connection]

    async def ask_all(self, requests: Sequence[bytes]) -> list[tuple[int, bytes, bytes]]:
        """Return the answers, in the requests' order; each connection has one request at a time."""
        answers: list[tuple[int, bytes, bytes]] = [(0, b"", b"")] * len(requests)

        async def some(connection: Connection, first: int) -> None:
            for place in range(first, len(requests), len(self.connections)):
                answers[place] = await connection.ask(requests[place])

        for number, connection in enumerate(self.connections):
            if connection.is_closed:
                self.connections[number] = await _connection(self.port)
        await asyncio.gather(*map(some, self.connections, range(len(self.connections))))
        return answers

    async def all(self, requests: Sequence[bytes], status: int) -> list[Any]:
        """Return the bodies; every answer has to be as expected."""
        answers = await self.ask_all(requests)
        for found, _, body in answers:
            if found != status:
                sys.exit(f"FAILED: answered {found}: {body.decode()[:500]}")
        return [json.loads(body) for _, _, body in answers]


@contextlib.asynccontextmanager
async def _pool(port: int) -> AsyncIterator[Pool]:
    pool = Pool(port, [])
    try:
        for _ in range(N_CONNECTIONS):
            pool.connections.append(await _connection(port))
        yield pool
    finally:
        for connection in pool.connections:
            connection.close()


async def _connection(port: int) -> Connection:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    return connection


def worths(day: Day) -> tuple[Floats, Floats]:
    """Return what a purchase of each product counts: for the oracle one, for the bound its price."""
    price = day.now.price_cents.astype(np.float64)
    return np.ones(len(price)), price


def get(path: str) -> bytes:
    """Return a request for a page."""
    return f"GET {path} HTTP/1.1\r\nHost: shop\r\n\r\n".encode()


def post(path: str, body: Any, headers: dict[str, str] | None = None) -> bytes:  # noqa: ANN401 - JSON
    """Return a request that sends JSON."""
    content = json.dumps(body).encode()
    told = {"Content-Type": "application/json", **(headers or {})}
    more = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    head = f"POST {path} HTTP/1.1\r\nHost: shop\r\n{more}Content-Length: {len(content)}\r\n\r\n"
    return head.encode() + content


def arm_of(answer: dict[str, Any]) -> str:
    """Return the arm that an answer was given by."""
    [told] = answer["experiments"]
    return str(told["arm"])


def joined(parts: Iterable[Visited]) -> Visited:
    """Return parts of a day as one."""
    every = list(parts)
    columns = ("shopper", "list_cents", "browsing_cents", "oracle_cents", "bound_cents")
    arrays = {name: np.concatenate([getattr(part, name) for part in every]) for name in columns}
    arms = [arm for part in every for arm in part.arm]
    sources = sum((part.n_by_source for part in every), Counter[str]())
    return Visited(arm=arms, n_by_source=sources, **arrays)
