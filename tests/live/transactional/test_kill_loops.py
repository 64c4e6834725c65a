"""kill -9 in the middle of load: no acknowledged order is lost, nothing is charged twice, no unit lost.

Buyers order over HTTP and ask again with the same key until they get an answer, as a storefront would;
meanwhile one process is killed and started again, over and over. `make test-long` prints how long it
took until orders went through again.
"""

import asyncio
import time
import uuid

import httpx
import pytest

from tests.live.transactional.conftest import SECRET
from tests.live.transactional.site import (
    N_PRODUCTS,
    PATIENCE_SECONDS,
    query,
    running_site,
    settled,
    until_answered,
)
from transactional.deps import utc_now
from transactional.tokens import Caller, TokenSigner

pytestmark = [pytest.mark.live, pytest.mark.long]

N_KILLS = 10
N_BUYERS = 8
SECONDS_BETWEEN_KILLS = 1.5


@pytest.fixture
async def site(tmp_path):
    async with running_site(tmp_path) as site:
        yield site


class Load:
    """Buyers who order without end, and what they were told."""

    def __init__(self, site):
        self.site = site
        self.acknowledged = {}
        self.answered_at = []
        self.is_over = False
        tokens = TokenSigner(SECRET, utc_now)
        self.tokens = [tokens.issue(Caller(n, "shopper")) for n in range(1, N_BUYERS + 1)]

    async def buy(self, n, client):
        numbers = 0
        while not self.is_over:
            numbers += 1
            key = uuid.uuid4().hex
            lines = [{"product_id": (n * 7 + numbers) % N_PRODUCTS + 1, "quantity": 1}]
            headers = {"Authorization": f"Bearer {self.tokens[n]}", "Idempotency-Key": key}
            answer, again = [
                await until_answered(client, self.site, headers, lines) for _ in range(2)
            ]
            assert answer.content == again.content
            assert answer.status_code == 201, answer.text
            self.acknowledged[answer.json()["order_id"]] = answer.json()["total_cents"]
            self.answered_at.append(time.monotonic())


async def kill_again_and_again(site, load, name):
    """Kill and restart; return the seconds until the next order went through, for each kill."""
    back_after = []
    for _ in range(N_KILLS):
        await asyncio.sleep(SECONDS_BETWEEN_KILLS)
        site.kill(name)
        killed_at = time.monotonic()
        site.start(name)
        await asyncio.to_thread(site.wait, name)
        while not load.answered_at or load.answered_at[-1] < killed_at + 0.1:
            await asyncio.sleep(0.05)
            assert time.monotonic() < killed_at + PATIENCE_SECONDS, "orders do not go through again"
        back_after.append(time.monotonic() - killed_at)
    return back_after


@pytest.mark.parametrize("name", ["shop", "payments", "postgres", "redis"])
async def test_nothing_is_lost_however_often_it_is_killed(site, name, record_property):
    load = Load(site)
    async with httpx.AsyncClient(timeout=15) as client:
        buyers = [asyncio.create_task(load.buy(n, client)) for n in range(N_BUYERS)]
        back_after = await kill_again_and_again(site, load, name)
        load.is_over = True
        await asyncio.gather(*buyers)

    broken = await settled(site)
    orders = {row["order_id"]: row for row in query(site, "select * from orders")}
    record_property(
        f"{name} killed {N_KILLS} times",
        f"{len(load.acknowledged)} orders acknowledged, through again after at most"
        f" {max(back_after):.1f} s",
    )
    assert broken == []
    for order_id, total_cents in load.acknowledged.items():
        assert (orders[order_id]["status"], orders[order_id]["total_cents"]) == (
            "confirmed",
            total_cents,
        )
    assert len(orders) == len(load.acknowledged)
