"""Searches take turns, and what cannot have one in time is refused (serving.search.desk)."""

import asyncio
import math
import threading

import pytest

from serving.search.desk import Desk
from web.problems import OverloadedProblem


async def test_beyond_those_at_work_and_waiting_work_is_refused_until_one_has_left():
    may_end = threading.Event()
    with Desk(1, 1, max_wait_seconds=math.inf) as desk:
        taken = [asyncio.create_task(desk.run(may_end.wait)) for _ in range(2)]
        await asyncio.sleep(0)

        with pytest.raises(OverloadedProblem) as refused:
            await desk.run(may_end.wait)
        may_end.set()
        done = await asyncio.gather(*taken)

        assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
        assert done == [True, True]
        assert await desk.run(len, "four") == 4


async def test_what_fails_or_is_given_up_leaves_its_place():
    may_end = threading.Event()
    with Desk(1, 1, max_wait_seconds=math.inf) as desk:
        with pytest.raises(ZeroDivisionError):
            await desk.run(divmod, 1, 0)
        at_work, waiting = (asyncio.create_task(desk.run(may_end.wait)) for _ in range(2))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.wait([waiting])
        again = asyncio.create_task(desk.run(len, "four"))
        await asyncio.sleep(0)
        may_end.set()

        assert await asyncio.gather(at_work, again) == [True, 4]


async def test_what_has_waited_too_long_when_its_turn_comes_is_refused():
    with Desk(max_wait_seconds=-1) as desk, pytest.raises(OverloadedProblem):
        await desk.run(len, "four")
