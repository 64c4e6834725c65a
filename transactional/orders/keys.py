"""Idempotency keys of a batch: taken in the transaction of what they stand for."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from web.problems import Problem

KEPT = dt.timedelta(hours=24)

CLAIM = text("""
insert into idempotency_keys (customer_id, key, fingerprint, created_at)
select customer_id, key, fingerprint, :now
from unnest(cast(:customer_ids as bigint[]), cast(:keys as text[]), cast(:fingerprints as text[]))
     as wanted (customer_id, key, fingerprint)
order by customer_id, key
on conflict (customer_id, key) do update set
    fingerprint = excluded.fingerprint, created_at = excluded.created_at,
    status = null, media_type = null, body = null, order_id = null
    where idempotency_keys.created_at <= :long_ago
returning customer_id, key
""")
EARLIER = text("""
select k.customer_id, k.key, fingerprint, status, media_type, body, order_id
from idempotency_keys as k join
     unnest(cast(:customer_ids as bigint[]), cast(:keys as text[])) as wanted (customer_id, key)
     using (customer_id, key)
""")
KEEP = text("""
update idempotency_keys as k
set status = kept.status, media_type = kept.media_type, body = kept.body, order_id = kept.order_id
from unnest(cast(:customer_ids as bigint[]), cast(:keys as text[]), cast(:statuses as integer[]),
            cast(:media_types as text[]), cast(:bodies as bytea[]), cast(:order_ids as bigint[]))
     as kept (customer_id, key, status, media_type, body, order_id)
where k.customer_id = kept.customer_id and k.key = kept.key and k.body is null
returning k.customer_id, k.key
""")

Key = tuple[int, str]
"""A customer's id and the key they sent: keys of one customer never meet another's."""


class KeyReusedProblem(Problem):
    """The key came with another body before."""

    type, title, status = "/problems/idempotency-key-reused", "Idempotency key reused", 422


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, ready to send."""

    status: int
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Earlier:
    """What a key stood for before: an answer, or an order whose answer is still being made."""

    fingerprint: str
    answer: Answer | None
    order_id: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What to remember of a key: its answer, its order, or both."""

    answer: Answer | None = None
    order_id: int | None = None


async def claim(
    connection: AsyncConnection, fingerprints: Mapping[Key, str], now: dt.datetime
) -> dict[Key, Earlier]:
    """Take the keys for this transaction; return those that were taken before, with what they got.

    Waits for a transaction that holds a key: what it commits is then the earlier, and if it fails
    the key is ours. A key older than 24 hours is as good as new.
    """
    keys = sorted(fingerprints)
    values = {
        "customer_ids": [customer_id for customer_id, _ in keys],
        "keys": [key for _, key in keys],
        "fingerprints": [fingerprints[key] for key in keys],
        "now": now,
        "long_ago": now - KEPT,
    }
    claimed = {(row.customer_id, row.key) for row in await connection.execute(CLAIM, values)}
    taken = [key for key in keys if key not in claimed]
    return await read_earlier(connection, taken) if taken else {}


async def read_earlier(connection: AsyncConnection, keys: Sequence[Key]) -> dict[Key, Earlier]:
    """Return what the keys stand for by now."""
    values = {"customer_ids": [customer for customer, _ in keys], "keys": [key for _, key in keys]}
    return {
        (row.customer_id, row.key): Earlier(
            row.fingerprint,
            Answer(row.status, row.media_type, row.body) if row.body is not None else None,
            row.order_id,
        )
        for row in await connection.execute(EARLIER, values)
    }


async def keep(connection: AsyncConnection, kept: Mapping[Key, Kept]) -> dict[Key, Answer]:
    """Remember answers and orders for claimed keys; return the answers that hold for them.

    An answer that was kept before stays: whoever comes second gives that one.
    """
    if not kept:
        return {}
    answers = [each.answer for each in kept.values()]
    values = {
        "customer_ids": [customer_id for customer_id, _ in kept],
        "keys": [key for _, key in kept],
        "statuses": [answer and answer.status for answer in answers],
        "media_types": [answer and answer.media_type for answer in answers],
        "bodies": [answer and answer.body for answer in answers],
        "order_ids": [each.order_id for each in kept.values()],
    }
    written = {(row.customer_id, row.key) for row in await connection.execute(KEEP, values)}
    second = [key for key in kept if key not in written]
    earlier = await read_earlier(connection, second) if second else {}
    found = {key: each.answer for key, each in earlier.items()}
    found |= {key: each.answer for key, each in kept.items() if key not in found}
    return {key: answer for key, answer in found.items() if answer is not None}
