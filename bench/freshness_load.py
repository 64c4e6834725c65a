"""Events of other shoppers: a process that posts so many a second until it is told to stop.

python -m bench.freshness_load PORT EVENTS_PER_SECOND PRODUCT_ID ... < nothing > RESULT.json
"""

import asyncio
import datetime as dt
import json
import random
import signal
import sys
import time
from collections import Counter
from typing import Any

from bench.http_connection import Connection

N_PER_BATCH = 25
N_SESSIONS = 2_000
N_CUSTOMERS = 1_000
KINDS = ("view",) * 12 + ("impression",) * 5 + ("cart",) * 1 + ("search",) * 2


class Crowd:
    """Shoppers without end."""

    def __init__(self, product_ids: list[int]) -> None:
        self.product_ids = product_ids
        self.random = random.Random(1)  # noqa: S311 - a load, not a secret

    def event(self) -> dict[str, Any]:
        """Return the next event."""
        kind = self.random.choice(KINDS)
        about = (
            {"query": "red oak"}
            if kind == "search"
            else {"product_id": self.random.choice(self.product_ids)}
        )
        is_known = self.random.random() < 0.5
        return {
            "event_id": f"crowd-{self.random.getrandbits(64):x}",
            "occurred_at": now().isoformat(),
            "session_id": f"crowd-{self.random.randrange(N_SESSIONS)}",
            "customer_id": self.random.randrange(N_CUSTOMERS) * 3 + 7 if is_known else None,
            "kind": kind,
            **about,
        }


def now() -> dt.datetime:
    """Return the time."""
    return dt.datetime.now(dt.UTC)  # noqa: TID251 - a client's clock


def post(events: list[dict[str, Any]], address: str) -> bytes:
    """Return a request that posts events."""
    body = json.dumps({"events": events}).encode()
    head = (
        f"POST /api/v1/events HTTP/1.1\r\nHost: shop\r\nX-Forwarded-For: {address}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def run(port: int, per_second: float, product_ids: list[int]) -> dict[str, Any]:
    """Post until SIGTERM; return how many events were answered by status, and the seconds it took."""
    ended, crowd, by_status = asyncio.Event(), Crowd(product_ids), Counter[int]()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    _, connection = await loop.create_connection(Connection, "127.0.0.1", port)
    started, n_batches = time.perf_counter(), 0
    while not ended.is_set():
        due = started + n_batches * N_PER_BATCH / per_second
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        address = f"10.1.{n_batches % 256}.9"
        events = [crowd.event() for _ in range(N_PER_BATCH)]
        status, _, _ = await connection.ask(post(events, address))
        by_status[status] += N_PER_BATCH
        n_batches += 1
    return {"by_status": by_status, "seconds": time.perf_counter() - started}


def main() -> None:
    """Read what to do from the command line, and say what came of it."""
    port, per_second, *product_ids = sys.argv[1:]
    told = asyncio.run(run(int(port), float(per_second), list(map(int, product_ids))))
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
