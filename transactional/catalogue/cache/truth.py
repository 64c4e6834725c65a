"""Reading pages in PostgreSQL, and not asking it again at once when it does not answer."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import structlog
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from transactional.catalogue.cache.pages import Page
from transactional.errors import is_unreachable
from web.problems import UnavailableProblem

WAIT_SECONDS = 5.0
WAIT_SECONDS_WITH_STALE = 0.5
AWAY_SECONDS = 1.0

Fill = Callable[[AsyncSession], Awaitable[Page]]
Read = TypeVar("Read")


class TruthAwayProblem(UnavailableProblem):
    """PostgreSQL does not answer."""

    def __init__(self) -> None:
        super().__init__("The catalogue cannot be read now. Try again in a moment.")


@dataclass
class Truth:
    """Reads pages; after a read without an answer, one a second tries whether it is back."""

    sessions: async_sessionmaker[AsyncSession]
    clock: Callable[[], float]
    log: structlog.BoundLogger
    is_away: bool = False
    _asked_again_at: float = 0.0

    async def read(
        self, fill: Callable[[AsyncSession], Awaitable[Read]], *, has_stale: bool
    ) -> Read:
        """Return what `fill` makes: a page, or several.

        Parameters
        ----------
        has_stale
            Whether the caller has something else to show, and waits half a second, not five.

        Raises
        ------
        TruthAwayProblem
            If PostgreSQL does not answer, or did not a moment ago.
        """
        if self.is_away and self.clock() < self._asked_again_at:
            raise TruthAwayProblem
        self._asked_again_at = self.clock() + AWAY_SECONDS  # who comes meanwhile does not wait
        try:
            made = await self._in_time(fill, WAIT_SECONDS_WITH_STALE if has_stale else WAIT_SECONDS)
        except Exception as error:
            if isinstance(error, TimeoutError) or is_unreachable(error):
                self._note_away(error)
                raise TruthAwayProblem from error
            self._note_back()
            raise
        self._note_back()
        return made

    async def _in_time(
        self, fill: Callable[[AsyncSession], Awaitable[Read]], seconds: float
    ) -> Read:
        """Wait so long; what is not done then goes on alone: ending it would wait for an answer, too."""
        task = asyncio.ensure_future(self._fill(fill))
        done, _ = await asyncio.wait([task], timeout=seconds)
        if not done:
            task.add_done_callback(lambda late: late.cancelled() or late.exception())
            raise TimeoutError(f"no answer within {seconds} s")
        return task.result()

    async def _fill(self, fill: Callable[[AsyncSession], Awaitable[Read]]) -> Read:
        async with self.sessions() as session:
            return await fill(session)

    def _note_away(self, error: Exception) -> None:
        if not self.is_away:
            self.log.warning("catalogue without database: stale pages", error=repr(error))
        self.is_away, self._asked_again_at = True, self.clock() + AWAY_SECONDS

    def _note_back(self) -> None:
        if self.is_away:
            self.log.info("catalogue has its database again")
        self.is_away = False
