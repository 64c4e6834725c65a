"""Sessions: a chain of refresh tokens, each good once (RFC 9700, section 4.14.2).

A token that comes a second time was stolen, or its thief came first: the session ends for both. Only
hashes are stored.
"""

import datetime as dt
import hashlib
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.callers import UnauthorisedProblem
from transactional.tokens import Caller

LIFETIME = dt.timedelta(days=30)

BEGIN = text("""
with begun as (
    insert into sessions (customer_id, began_at, expires_at) values (:customer_id, :now, :expires_at)
    returning session_id
)
insert into refresh_tokens (token_hash, session_id) select :token_hash, session_id from begun
""")
LOCK = text("""
select session_id, used_at, ended_at, expires_at, customer_id, role
from refresh_tokens join sessions using (session_id) join accounts using (customer_id)
where token_hash = :token_hash for update of sessions
""")
ROTATE = text("""
with used as (update refresh_tokens set used_at = :now where token_hash = :old_hash)
insert into refresh_tokens (token_hash, session_id) values (:token_hash, :session_id)
""")
END = text("""
update sessions set ended_at = :now, ended_why = :why
where session_id = :session_id and ended_at is null
""")
END_ALL = text("""
with ended as (
    update sessions set ended_at = :now, ended_why = :why
    where customer_id = :customer_id and ended_at is null
)
update accounts set tokens_valid_from = :now where customer_id = :customer_id
""")


@dataclass(frozen=True)
class Sessions:
    """All SQL of sessions, inside the request's transaction."""

    session: AsyncSession
    now: Callable[[], dt.datetime]
    new_token: Callable[[], str]

    async def begin(self, customer_id: int) -> str:
        """Begin a session and return its first refresh token."""
        token, now = self.new_token(), self.now()
        values = {"customer_id": customer_id, "now": now, "expires_at": now + LIFETIME}
        await self.session.execute(BEGIN, {**values, "token_hash": _hash(token)})
        return token

    async def refresh(self, token: str) -> tuple[Caller, str] | None:
        """Return who the session speaks for and its next token; None if the token counts no more.

        One that was used before ends its session, which the caller must commit.
        """
        found = (await self.session.execute(LOCK, {"token_hash": _hash(token)})).first()
        now = self.now()
        if found is None or found.ended_at is not None or found.expires_at <= now:
            return None
        if found.used_at is not None:
            await self._end(found.session_id, "a refresh token came twice")
            return None
        following = self.new_token()
        values = {"old_hash": _hash(token), "token_hash": _hash(following), "now": now}
        await self.session.execute(ROTATE, {**values, "session_id": found.session_id})
        return Caller(found.customer_id, found.role), following

    async def end(self, token: str) -> None:
        """Log out of one session; nothing happens for an unknown token."""
        found = (await self.session.execute(LOCK, {"token_hash": _hash(token)})).first()
        if found is not None:
            await self._end(found.session_id, "logged out")

    async def end_all(self, customer_id: int, why: str) -> None:
        """Log out everywhere: no refresh token counts, and no access token of before."""
        values = {"customer_id": customer_id, "now": self.now(), "why": why}
        await self.session.execute(END_ALL, values)

    async def _end(self, session_id: int, why: str) -> None:
        values = {"session_id": session_id, "now": self.now(), "why": why}
        await self.session.execute(END, values)


def refused() -> UnauthorisedProblem:
    """Return the one answer to every refresh token that does not count."""
    return UnauthorisedProblem("The refresh token counts no more. Log in at POST /api/v1/tokens.")


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
