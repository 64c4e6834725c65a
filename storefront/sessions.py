"""Keeps shoppers logged in: an access token that ran out is exchanged for a new one.

The shop ends a session whose refresh token comes twice, and a browser asks for several things at
once: so one exchange is made for all who bring the same token, and its result is kept for a minute.
One process serves the pages for the same reason.
"""

import asyncio
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

from storefront.apis import Api, Document, RefusedError, UnansweredError
from storefront.visits import ACCESS, REFRESH, Visit

KEPT_SECONDS = 60.0
Exchange = asyncio.Task[Document]


@dataclass
class Sessions:
    """All exchanges of the last minute; `now` is a clock of seconds."""

    now: Callable[[], float]
    _exchanges: dict[bytes, tuple[float, Exchange]] = field(default_factory=dict)

    async def go_on(self, visit: Visit, shop: Api) -> None:
        """Give the visit a new access token if it has none but a session that goes on."""
        token = visit.get(REFRESH)
        if visit.get(ACCESS) or not token:
            return
        try:
            made = await asyncio.shield(self._exchange(token, shop))
        except RefusedError:
            visit.forget(REFRESH)
        except UnansweredError:
            return  # not logged in on this page; the session may go on with the next
        else:
            visit.log_in(made["access_token"], made["refresh_token"], made["expires_in_seconds"])

    def _exchange(self, token: str, shop: Api) -> Exchange:
        now = self.now()
        self._exchanges = {
            key: (until, task)
            for key, (until, task) in self._exchanges.items()
            if until > now and not _has_failed(task)
        }
        key = hashlib.sha256(token.encode()).digest()
        if key not in self._exchanges:
            asked = shop.send("POST", "/tokens/refresh", {"refresh_token": token})
            self._exchanges[key] = (now + KEPT_SECONDS, asyncio.ensure_future(asked))
        return self._exchanges[key][1]


def _has_failed(task: Exchange) -> bool:
    return task.done() and isinstance(task.exception(), UnansweredError)
