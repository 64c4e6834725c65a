"""Buyers: a process that logs in, fills carts and orders over HTTP, and says what it was answered.

python -m bench.checkout_load < PLAN.json > RESULT.json

Written on bare asyncio protocols, because what the load costs is taken from the two cores it loads.
"""

import asyncio
import itertools
import json
import random
import sys
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import uvloop

from bench.http_connection import Connection


@dataclass(frozen=True)
class Plan:
    """What to do. `rate_per_second` None: each client orders as soon as it is answered."""

    host: str
    port: int
    password: str
    n_clients: int
    n_products: int
    n_lines: int
    seconds: float
    warm_up_seconds: float
    code: str
    method: str
    seed: int
    rate_per_second: float | None = None


@dataclass
class Result:
    """What came: orders by status, and each order's seconds; `refused` are 503s."""

    n_by_status: dict[int, int] = field(default_factory=dict)
    order_seconds: list[float] = field(default_factory=list)
    refused_seconds: list[float] = field(default_factory=list)
    login_seconds: list[float] = field(default_factory=list)
    n_without_retry_after: int = 0
    n_not_sent: int = 0
    seconds: float = 0.0


class Buyer:
    """A customer with a connection; customer n is buyer<n>@example.com."""

    def __init__(self, plan: Plan, n: int, result: Result) -> None:
        self.plan, self.n, self.result = plan, n, result
        self.random = random.Random(plan.seed * 1_000_003 + n)  # noqa: S311 - a load, not a secret
        self.connection = Connection()
        self.token = ""

    async def log_in(self) -> None:
        """Connect and get a token."""
        await self._connect()
        started = time.perf_counter()
        body = {"email": f"buyer{self.n}@example.com", "password": self.plan.password}
        status, _, answer = await self.connection.ask(self._request("POST", "/tokens", body))
        if status != 201:
            raise RuntimeError(f"log-in answered {status}: {answer!r}")
        self.result.login_seconds.append(time.perf_counter() - started)
        self.token = json.loads(answer)["access_token"]

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        host, port = self.plan.host, self.plan.port
        _, self.connection = await loop.create_connection(Connection, host, port)

    async def buy(self, is_counted: Callable[[], bool]) -> None:
        """Fill the cart with some products and order it."""
        if self.connection.is_closed:  # a server ends connections on which nothing came for a while
            await self._connect()
        product_ids = self.random.sample(range(1, self.plan.n_products + 1), self.plan.n_lines)
        lines = [{"product_id": product_id, "quantity": 1} for product_id in product_ids]
        started = time.perf_counter()
        status, head, _ = await self.connection.ask(
            self._request("PUT", "/carts/mine", {"lines": lines})
        )
        if status != 200:
            if is_counted():
                self._count(status, head, time.perf_counter() - started)
            return
        body = {"payment_method": self.plan.method, "codes": [self.plan.code]}
        key = f"Idempotency-Key: {uuid.uuid4().hex}\r\n"
        status, head, _ = await self.connection.ask(self._request("POST", "/orders", body, key))
        if is_counted():
            self._count(status, head, time.perf_counter() - started)

    def _count(self, status: int, head: bytes, seconds: float) -> None:
        n_by_status = self.result.n_by_status
        n_by_status[status] = n_by_status.get(status, 0) + 1
        if status == 201:
            self.result.order_seconds.append(seconds)
        else:
            self.result.refused_seconds.append(seconds)
            self.result.n_without_retry_after += b"retry-after" not in head

    def _request(self, method: str, path: str, body: object, headers: str = "") -> bytes:
        content = json.dumps(body)
        token = f"Authorization: Bearer {self.token}\r\n" if self.token else ""
        return (
            f"{method} /api/v1{path} HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n"
            f"{token}{headers}Content-Length: {len(content)}\r\n\r\n{content}"
        ).encode()


async def logged_in(plan: Plan, result: Result) -> list[Buyer]:
    """Return all buyers, logged in."""
    buyers = [Buyer(plan, n, result) for n in range(plan.n_clients)]
    for n in range(0, len(buyers), 16):
        await asyncio.gather(*(buyer.log_in() for buyer in buyers[n : n + 16]))
    return buyers


async def closed_loop(plan: Plan, result: Result) -> None:
    """Every client orders, one order after the other."""
    buyers = await logged_in(plan, result)
    ends_at = time.perf_counter() + plan.warm_up_seconds + plan.seconds
    counts_from = ends_at - plan.seconds

    def is_counted() -> bool:
        return counts_from <= time.perf_counter() < ends_at

    async def orders(buyer: Buyer) -> None:
        while time.perf_counter() < ends_at:
            await buyer.buy(is_counted)

    await asyncio.gather(*(orders(buyer) for buyer in buyers))


async def open_loop(plan: Plan, result: Result, rate_per_second: float) -> None:
    """Orders come at their time, whether earlier ones are answered or not, while a client is free."""
    free = await logged_in(plan, result)
    started = time.perf_counter()
    counts_from = started + plan.warm_up_seconds
    ends_at = counts_from + plan.seconds
    tasks: set[asyncio.Task[None]] = set()

    async def one(buyer: Buyer, came_at: float) -> None:
        await buyer.buy(lambda: came_at >= counts_from)
        free.append(buyer)

    for n in itertools.count():
        at = started + n / rate_per_second
        if at >= ends_at:
            break
        if (wait := at - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        if not free:
            result.n_not_sent += at >= counts_from
            continue
        task = asyncio.create_task(one(free.pop(), at))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)


async def run(plan: Plan) -> Result:
    """Carry out a plan."""
    result = Result(seconds=plan.seconds)
    if plan.rate_per_second is None:
        await closed_loop(plan, result)
    else:
        await open_loop(plan, result, plan.rate_per_second)
    return result


def main() -> None:
    """Read the plan, run it, write the result."""
    plan = Plan(**json.load(sys.stdin))
    json.dump(asdict(uvloop.run(run(plan))), sys.stdout)


if __name__ == "__main__":
    main()
