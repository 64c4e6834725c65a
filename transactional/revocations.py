"""Which access tokens count no more though their time is not over: those before a log-out everywhere.

Each process asks the database every second for what changed lately, and a request looks into a
dictionary: a revoked token is refused within a second, and no request pays a round trip for it.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from transactional.tokens import LIFETIME, Caller

CHANGED = text("""
select customer_id, tokens_valid_from from accounts where tokens_valid_from > :since
""")


@dataclass
class Revocations:
    """From when on tokens count, by customer; older than a token's life it does not matter."""

    engine: AsyncEngine
    now: Callable[[], dt.datetime]
    _valid_from: dict[int, dt.datetime] = field(default_factory=dict)

    async def refresh_revocations(self) -> int:
        """Read what changed within a token's life; return how many accounts that are."""
        async with self.engine.connect() as connection:
            found = await connection.execute(CHANGED, {"since": self.now() - LIFETIME})
            self._valid_from = {row.customer_id: row.tokens_valid_from for row in found}
        return 0  # nothing of it is worth a line of the log

    def holds(self, caller: Caller, issued_at: dt.datetime) -> bool:
        """Tell whether the caller's tokens of that moment were revoked since."""
        valid_from = self._valid_from.get(caller.customer_id)
        return valid_from is not None and issued_at < valid_from
