"""Answers kept by idempotency key, in the transaction of what they tell of."""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.orders.models import IdempotencyKey
from web.problems import Problem

KEPT = dt.timedelta(hours=24)


class KeyReusedProblem(Problem):
    """The key came with another body before."""

    type, title, status = "/problems/idempotency-key-reused", "Idempotency key reused", 422


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, ready to send."""

    status: int
    media_type: str
    body: bytes


@dataclass(frozen=True)
class AnswerRepository:
    """Keys of one customer never meet another's."""

    session: AsyncSession
    customer_id: int

    async def claim(self, key: str, fingerprint: str, now: dt.datetime) -> Answer | None:
        """Take the key for this transaction, or return the answer it already got.

        Waits for a transaction that holds the key: its answer is ours, and if it fails the key is.

        Raises
        ------
        KeyReusedProblem
            If the key was used with another body in the last 24 hours.
        """
        fresh = {"fingerprint": fingerprint, "created_at": now, "status": None, "body": None}
        statement = (
            insert(IdempotencyKey)
            .values(customer_id=self.customer_id, key=key, **fresh)
            .on_conflict_do_update(
                index_elements=["customer_id", "key"],
                set_=fresh,
                where=IdempotencyKey.created_at <= now - KEPT,
            )
            .returning(IdempotencyKey.key)
        )
        if await self.session.scalar(statement) is not None:
            return None
        return await self._earlier(key, fingerprint)

    async def keep(self, key: str, answer: Answer) -> None:
        """Store the answer for the claimed key."""
        statement = (
            update(IdempotencyKey)
            .where(IdempotencyKey.customer_id == self.customer_id, IdempotencyKey.key == key)
            .values(status=answer.status, media_type=answer.media_type, body=answer.body)
        )
        await self.session.execute(statement)

    async def _earlier(self, key: str, fingerprint: str) -> Answer:
        query = select(IdempotencyKey).where(
            IdempotencyKey.customer_id == self.customer_id, IdempotencyKey.key == key
        )
        kept = (await self.session.scalars(query)).one()
        if kept.fingerprint != fingerprint:
            raise KeyReusedProblem(
                "This Idempotency-Key came with another body before. Use a new key."
            )
        if kept.status is None or kept.media_type is None or kept.body is None:
            raise RuntimeError(f"key {key} was committed without an answer")
        return Answer(kept.status, kept.media_type, kept.body)
