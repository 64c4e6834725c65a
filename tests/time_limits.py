"""A test that hangs fails after a while and says where: it must not keep the others waiting.

An alarm interrupts set-up, call or tear-down, each by itself. What Python cannot interrupt, code that never
comes back to it, is ended with its whole process later; pytest-xdist then starts another worker.
"""

import contextlib
import faulthandler
import os
import signal
from pathlib import Path

import pytest

DEFAULT_SECONDS, PLATFORM_SECONDS, LONG_SECONDS = 600, 1200, 7200
"""Generous: on a busy machine a test takes as long as it takes."""
AGAIN_SECONDS = 10
"""A task beside the test, or the event loop, may catch the first alarm."""
PLATFORM = Path(__file__).parent / "live" / "platform"
STDERR = pytest.StashKey[int]()


def limit_of(item):
    """How many seconds each phase of a test may take."""
    if item.get_closest_marker("long"):
        return LONG_SECONDS
    return PLATFORM_SECONDS if PLATFORM in item.path.parents else DEFAULT_SECONDS


@contextlib.contextmanager
def limited(seconds, what, again_seconds=AGAIN_SECONDS):
    """Fail what takes longer, wherever it is by then."""

    def fail(number, frame):
        pytest.fail(f"{what} hangs: it has taken more than {seconds:g} seconds")

    before = signal.signal(signal.SIGALRM, fail)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds, again_seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, left, again)
        signal.signal(signal.SIGALRM, before)


def pytest_configure(config):
    config.stash[STDERR] = os.dup(2)  # while a test runs, 2 is what is captured of it


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item):
    every_phase = 4 * limit_of(item)
    faulthandler.dump_traceback_later(every_phase, exit=True, file=item.config.stash[STDERR])
    try:
        return (yield)
    finally:
        faulthandler.cancel_dump_traceback_later()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item):
    with limited(limit_of(item), "set-up"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    with limited(limit_of(item), "the test"):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item):
    with limited(limit_of(item), "tear-down"):
        return (yield)
