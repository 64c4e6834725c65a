"""Clocks jump and sweepers die: every unit that was reserved comes back, once."""

import asyncio
import dataclasses
import datetime as dt
import random
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from tests.live.transactional.invariants import violations
from tests.live.transactional.ordering import place
from transactional.deps import utc_now
from transactional.errors import is_unreachable
from transactional.orders import cancelling
from transactional.payments.test_provider.cards import SUCCESS, THREE_D, TIMEOUT

pytestmark = pytest.mark.live

N_SWEEPERS = 4
UNITS = {1: 1000, 2: 1000}
JUMPS = [dt.timedelta(seconds=n) for n in (0, 11, -3600, 3600, -86400, 86400)]
A_DAY = dt.timedelta(days=1)
END_ONE_CONNECTION = """
select pg_terminate_backend(pid) from pg_stat_activity
where datname = current_database() and pid <> pg_backend_pid()
order by (state = 'idle in transaction') desc, (state = 'active') desc limit 1
"""
TAKEN_AND_BACK = """
select order_id, status, sum(delta_reserved) as n_held,
       count(*) filter (where reason = 'released') as n_released, count(distinct product_id) as n
from orders join stock_ledger using (order_id) group by 1, 2
"""


class Clock:
    """A clock of the shop's that can be put forth and back."""

    def __init__(self):
        self.ahead = dt.timedelta(0)

    def __call__(self):
        return utc_now() + self.ahead


@pytest.fixture
def clock(app):
    """The clock by which the shop reserves, settles and sweeps."""
    clock, state = Clock(), app.state
    state.checkout.reserving.handle.now = clock
    state.checkout.settling.handle.now = clock
    state.reconciler = dataclasses.replace(state.reconciler, now=clock)
    state.money = dataclasses.replace(state.money, now=clock)
    return clock


@pytest.fixture
def world(app, client, rows, books, clock, monkeypatch):
    monkeypatch.setattr("transactional.orders.checkout.JOIN_SECONDS", 0.05)
    return SimpleNamespace(app=app, client=client, rows=rows, books=books, clock=clock)


@pytest.fixture
async def ann(stocked, shopper):
    await stocked(UNITS)
    return shopper()


async def rounds(world, ann, n_rounds):
    """Order, jump and sweep for some rounds; return what did not hold after each."""
    chance, broken = random.Random(n_rounds), []
    for _ in range(n_rounds):
        world.clock.ahead = chance.choice(JUMPS)
        methods = [chance.choice((SUCCESS, THREE_D, THREE_D, TIMEOUT)) for _ in range(4)]
        lines = [{1: 1, 2: chance.randint(1, 3)} for _ in methods]
        placing = [
            place(world.client, ann, each, method=method)
            for each, method in zip(lines, methods, strict=True)
        ]
        await asyncio.gather(*placing)
        world.clock.ahead = chance.choice(JUMPS)
        broken += await sweep(world, chance)
        broken += violations(world.rows, world.books().values())
    return broken


async def sweep(world, chance):
    """Let several sweepers work at once while one is cancelled and a connection is ended."""
    sweepers = [asyncio.create_task(do_duties(world.app)) for _ in range(N_SWEEPERS)]
    await asyncio.sleep(chance.uniform(0, 0.05))
    sweepers[0].cancel()
    if chance.random() < 0.5:
        world.rows(END_ONE_CONNECTION)
    ended = await asyncio.gather(*sweepers, return_exceptions=True)
    return [each for each in ended if isinstance(each, Exception) and not is_unreachable(each)]


async def do_duties(app):
    for duty in (*app.state.reconciler.duties(), *app.state.money.duties()):
        await duty()


async def end_everything(world):
    world.clock.ahead = 2 * A_DAY
    for _ in range(3):
        for duty in world.app.state.reconciler.duties():
            while await duty():
                pass


def lost_or_doubled(rows):
    """Orders whose units are not held as their status says, or came back more than once."""
    return [
        row
        for row in rows(TAKEN_AND_BACK)
        if (row["n_held"] == 0, row["n_released"])
        != ((True, row["n"]) if row["status"] == "cancelled" else (False, 0))
    ]


async def check(world, ann, n_rounds):
    """Go some rounds, end everything, and return how many orders ended how."""
    assert await rounds(world, ann, n_rounds) == []
    await end_everything(world)
    assert lost_or_doubled(world.rows) == []
    assert violations(world.rows, world.books().values()) == []
    found = world.rows("select status, count(*) as n from orders group by 1")
    return {row["status"]: row["n"] for row in found}


async def test_every_unit_comes_back_once_though_clocks_jump_and_sweepers_die(world, ann):
    assert set(await check(world, ann, n_rounds=8)) == {"confirmed", "cancelled"}


@pytest.mark.long
async def test_every_unit_comes_back_once_in_many_rounds(world, ann, record_property):
    by_status = await check(world, ann, n_rounds=150)

    record_property("clocks that jump, sweepers that die", f"150 rounds; orders {by_status}")
    assert set(by_status) == {"confirmed", "cancelled"}


async def test_a_sweeper_that_locks_nothing_is_caught(world, ann, monkeypatch):
    unlocked = cancelling.LOCK_ORDERS.text.replace("for update", "")
    monkeypatch.setattr(cancelling, "LOCK_ORDERS", sa.text(unlocked))

    assert await rounds(world, ann, n_rounds=8) != []
