"""What hangs fails, wherever it waits (tests.time_limits)."""

import asyncio
import contextlib
import signal
import subprocess
import sys
import threading
import time

import pytest

from tests.time_limits import limited

SOON, LATE = 0.05, 60


def sleeps():
    time.sleep(LATE)


def waits_for_another_thread():
    threading.Event().wait(LATE)


def waits_for_a_process():
    with subprocess.Popen([sys.executable, "-c", f"import time; time.sleep({LATE})"]) as process:
        try:
            process.wait()
        finally:
            process.kill()


def works_for_ever():
    while True:
        pass


def waits_in_an_event_loop():
    asyncio.run(asyncio.sleep(LATE))


def a_task_catches_the_first_alarm():
    async def greedy():
        with contextlib.suppress(BaseException):
            while True:
                pass

    async def both():
        await asyncio.gather(greedy(), asyncio.sleep(LATE))

    asyncio.run(both())


HANGING = (
    sleeps,
    waits_for_another_thread,
    waits_for_a_process,
    works_for_ever,
    waits_in_an_event_loop,
    a_task_catches_the_first_alarm,
)


@pytest.mark.parametrize("hanging", HANGING)
def test_what_hangs_fails_and_says_what_it_is(hanging):
    with (
        pytest.raises(pytest.fail.Exception, match="this hangs"),
        limited(SOON, "this", again_seconds=SOON),
    ):
        hanging()


def test_what_ends_in_time_is_left_alone_and_so_is_the_limit_around_it():
    with limited(LATE, "the outer"):
        with limited(LATE, "the inner"):
            pass

        left, _ = signal.getitimer(signal.ITIMER_REAL)

    assert 0 < left <= LATE
