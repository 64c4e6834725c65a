"""Doing together what waits at the same moment: many callers, one transaction."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from web.problems import OverloadedProblem

Item = TypeVar("Item")
Result = TypeVar("Result")
Handle = Callable[[Sequence[Item]], Awaitable[Sequence[Result | Exception]]]


@dataclass
class Batcher(Generic[Item, Result]):
    """Hands waiting items to `handle`, up to `max_size` at once, `n_workers` batches at a time.

    While a batch is under way, what comes in waits and makes up the next: under light load every
    item goes alone and at once, under heavy load many share the cost of one commit.

    `handle` returns a result or an exception for each item, in order. If it raises, nothing of the
    batch was done, and each item is handed over alone, so that one that fails fails no other; but an
    error that `meets_all` (a store is down) would meet each alone too and goes to all at once.
    """

    handle: Handle[Item, Result]
    max_size: int
    max_waiting: int
    n_workers: int = 1
    meets_all: Callable[[Exception], bool] = lambda _: False
    _waiting: deque[tuple[Item, asyncio.Future[Result]]] = field(default_factory=deque)
    _workers: set[asyncio.Task[None]] = field(default_factory=set)
    _n_working: int = 0

    async def submit(self, item: Item) -> Result:
        """Return what `handle` makes of `item`.

        Raises
        ------
        OverloadedProblem
            If `max_waiting` items wait already; nothing was done.
        """
        if len(self._waiting) >= self.max_waiting:
            raise OverloadedProblem("Too many orders at once. Nothing was done; try again shortly.")
        future: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, future))
        if self._n_working < self.n_workers:
            self._n_working += 1
            worker = asyncio.create_task(self._work())
            self._workers.add(worker)
            worker.add_done_callback(self._workers.discard)
        return await future

    async def drain(self) -> None:
        """Return once everything that waits is done."""
        while self._workers:
            await asyncio.gather(*self._workers)

    async def _work(self) -> None:
        try:
            await asyncio.sleep(0)  # what arrives in the same turn of the loop goes together
            while self._waiting:
                n = min(self.max_size, len(self._waiting))
                batch = [self._waiting.popleft() for _ in range(n)]
                results = await self._results([item for item, _ in batch])
                for (_, future), result in zip(batch, results, strict=True):
                    _answer(future, result)
        finally:  # in the turn of the last look at `_waiting`: who comes next starts another worker
            self._n_working -= 1

    async def _results(self, items: Sequence[Item]) -> Sequence[Result | Exception]:
        try:
            return await self.handle(items)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is each caller's to handle
            if len(items) == 1 or self.meets_all(error):
                return [error] * len(items)
            return [result for item in items for result in await self._results([item])]


def _answer(future: asyncio.Future[Result], result: Result | Exception) -> None:
    if future.done():  # the caller went away; what was done stays done
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)
