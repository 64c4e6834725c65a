"""Where searches are worked on: a few at once, a bounded number waiting, and beyond that a refusal.

More threads than cores make each search slower, and a long queue makes answers that nobody waits for any more.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from threading import Lock
from typing import Any, Self, TypeVar

from web.problems import OverloadedProblem

N_AT_WORK = 4
N_WAITING = 64
"""About a second's work."""
RETRY_SECONDS = 1

Found = TypeVar("Found")


class Desk:
    """Runs work in threads of its own, to be used as a context manager.

    Parameters
    ----------
    n_at_work, n_waiting
        Most pieces of work that are done at once, and that wait beside them.
    """

    def __init__(self, n_at_work: int = N_AT_WORK, n_waiting: int = N_WAITING) -> None:
        self._n_most = n_at_work + n_waiting
        self._threads = ThreadPoolExecutor(n_at_work, "search")
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
            If too many wait already.
        """
        self._take()
        try:
            taken = self._threads.submit(copy_context().run, work, *arguments)
        except BaseException:
            self._leave()
            raise
        taken.add_done_callback(self._leave)
        return await asyncio.wrap_future(taken)

    def _take(self) -> None:
        with self._lock:
            if self._n_taken >= self._n_most:
                raise OverloadedProblem(
                    "More searches wait than can be answered in time; ask again in a second.",
                    RETRY_SECONDS,
                )
            self._n_taken += 1

    def _leave(self, _: "Future[Any] | None" = None) -> None:
        with self._lock:
            self._n_taken -= 1
