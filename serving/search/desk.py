"""Where searches are worked on: a few at once, a bounded number waiting, and beyond that a refusal.

More threads than cores make each search slower, and a long queue makes answers that nobody waits for any more.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock
from time import perf_counter
from typing import Any, Self, TypeVar

from web.problems import OverloadedProblem

N_AT_WORK = 4
N_ASKING = 32
"""Where a cluster does the work, which these only wait for."""
N_WAITING = 64
MAX_WAIT_SECONDS = 2.0
"""What has waited longer when its turn comes is refused: on a busy machine the line is slower than it is long."""
RETRY_SECONDS = 1
WHY = "More searches wait than can be answered in time; ask again in a second."

Found = TypeVar("Found")


class Desk:
    """Runs work in threads of its own, to be used as a context manager.

    Parameters
    ----------
    n_at_work, n_waiting
        Most pieces of work that are done at once, and that wait beside them.
    max_wait_seconds
        How long a piece of work may wait.
    """

    def __init__(
        self,
        n_at_work: int = N_AT_WORK,
        n_waiting: int = N_WAITING,
        max_wait_seconds: float = MAX_WAIT_SECONDS,
    ) -> None:
        self._n_most = n_at_work + n_waiting
        self._threads = ThreadPoolExecutor(n_at_work, "search")
        self._max_wait_seconds = max_wait_seconds
        self._n_taken = 0
        self._lock = Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let what is being worked on end; what waits is given up."""
        self._threads.shutdown(cancel_futures=True)

    async def run(self, work: Callable[..., Found], *arguments: Any) -> Found:  # noqa: ANN401 - the work's
        """Do a piece of work in its turn.

        Raises
        ------
        OverloadedProblem
            If too many wait already, or its turn comes too late.
        """
        self._take()
        try:
            context, came_at = copy_context(), perf_counter()
            taken = self._threads.submit(context.run, self._in_time, came_at, work, *arguments)
        except BaseException:
            self._leave()
            raise
        taken.add_done_callback(self._leave)
        return await asyncio.wrap_future(taken)

    def _in_time(self, came_at: float, work: Callable[..., Found], *arguments: Any) -> Found:  # noqa: ANN401 - the work's
        if perf_counter() - came_at > self._max_wait_seconds:
            raise OverloadedProblem(WHY, RETRY_SECONDS)
        return work(*arguments)

    def _take(self) -> None:
        with self._lock:
            if self._n_taken >= self._n_most:
                raise OverloadedProblem(WHY, RETRY_SECONDS)
            self._n_taken += 1

    def _leave(self, _: "Future[Any] | None" = None) -> None:
        with self._lock:
            self._n_taken -= 1
