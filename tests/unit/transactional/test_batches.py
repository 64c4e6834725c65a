"""Doing together what waits at the same moment (transactional.batches)."""

import asyncio

import pytest

from transactional.batches import Batcher
from web.problems import OverloadedProblem


class Recorder:
    """Doubles numbers; remembers the batches; raises for a batch that holds a bad number."""

    def __init__(self, bad=()):
        self.bad = set(bad)
        self.batches = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, items):
        self.batches.append(list(items))
        await self.gate.wait()
        if self.bad & set(items):
            raise ValueError("the whole batch is undone")
        return [2 * item for item in items]


async def test_what_waits_together_is_done_together():
    double = Recorder()
    batcher = Batcher(double, max_size=10, max_waiting=10)

    results = await asyncio.gather(*(batcher.submit(n) for n in range(4)))

    assert results == [0, 2, 4, 6]
    assert double.batches == [[0, 1, 2, 3]]


async def test_a_batch_is_no_larger_than_its_bound():
    double = Recorder()
    batcher = Batcher(double, max_size=3, max_waiting=10)

    await asyncio.gather(*(batcher.submit(n) for n in range(7)))

    assert double.batches == [[0, 1, 2], [3, 4, 5], [6]]


async def test_who_comes_as_the_last_one_is_answered_is_done_too():
    batcher = Batcher(Recorder(), max_size=3, max_waiting=10)

    async def one_after_another():
        return [await batcher.submit(n) for n in range(10)]

    results = await asyncio.wait_for(one_after_another(), timeout=5)

    assert results == [2 * n for n in range(10)]


async def test_one_that_fails_fails_no_other():
    batcher = Batcher(Recorder(bad=[2]), max_size=10, max_waiting=10)

    results = await asyncio.gather(*(batcher.submit(n) for n in (1, 2, 3)), return_exceptions=True)

    assert (results[0], results[2]) == (2, 6)
    assert isinstance(results[1], ValueError)


async def test_an_error_that_would_meet_everyone_is_not_tried_again_for_each():
    double = Recorder(bad=[2])
    batcher = Batcher(
        double, max_size=10, max_waiting=10, meets_all=lambda error: isinstance(error, ValueError)
    )

    results = await asyncio.gather(*(batcher.submit(n) for n in (1, 2, 3)), return_exceptions=True)

    assert all(isinstance(result, ValueError) for result in results)
    assert double.batches == [[1, 2, 3]]


async def test_what_is_too_much_is_refused_at_once_and_the_rest_is_done():
    double = Recorder()
    double.gate.clear()
    batcher = Batcher(double, max_size=1, max_waiting=2)
    under_way = [asyncio.create_task(batcher.submit(n)) for n in (1,)]
    await asyncio.sleep(0.01)
    waiting = [asyncio.create_task(batcher.submit(n)) for n in (2, 3)]
    await asyncio.sleep(0.01)

    with pytest.raises(OverloadedProblem) as refused:
        await batcher.submit(4)
    double.gate.set()

    assert refused.value.headers["Retry-After"]
    assert await asyncio.gather(*under_way, *waiting) == [2, 4, 6]


async def test_a_caller_who_goes_away_stops_nobody():
    double = Recorder()
    double.gate.clear()
    batcher = Batcher(double, max_size=10, max_waiting=10)
    gone, stays = (asyncio.create_task(batcher.submit(n)) for n in (1, 2))
    await asyncio.sleep(0.01)

    gone.cancel()
    double.gate.set()

    assert await stays == 4
    await batcher.drain()
