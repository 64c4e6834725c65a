"""Idempotency keys of a batch: taken in the transaction of what they stand for."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from transactional.database import Connection
from transactional.orders.ids import N_SERIALS, order_id_at
from web.problems import Problem
from web.shortcuts import Answer

KEPT = dt.timedelta(hours=24)

CLAIM = text("""
insert into idempotency_keys (customer_id, key, fingerprint, created_at, order_id)
select customer_id, key, fingerprint, :now, cast(:first_id as bigint) + nextval('order_serial') % :n_serials
from unnest(cast(:customer_ids as bigint[]), cast(:keys as text[]), cast(:fingerprints as text[]))
     as wanted (customer_id, key, fingerprint)
order by customer_id, key
on conflict (customer_id, key) do update set
    fingerprint = excluded.fingerprint, created_at = excluded.created_at,
    status = null, media_type = null, body = null, order_id = excluded.order_id
    where idempotency_keys.created_at <= :long_ago
returning customer_id, key, order_id
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
class Earlier:
    """What a key stood for before: an answer, or an order whose answer is still being made."""

    fingerprint: str
    answer: Answer | None
    order_id: int | None


@dataclass(frozen=True, slots=True)
class Kept:
    """What to remember of a key: its answer, and its order unless it was refused."""

    answer: Answer
    order_id: int | None = None


async def claim(
    connection: Connection, fingerprints: Mapping[Key, str], now: dt.datetime
) -> tuple[dict[Key, int], dict[Key, Earlier]]:
    """Take the keys for this transaction.

    Return the order ids of those that are ours, and what those got that were taken before.
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
        "first_id": order_id_at(now, 0),
        "n_serials": N_SERIALS,
    }
    rows = await connection.execute(CLAIM, values)
    claimed = {(customer_id, key): order_id for customer_id, key, order_id in rows}
    taken = [key for key in keys if key not in claimed]
    return claimed, await read_earlier(connection, taken) if taken else {}


async def read_earlier(connection: Connection, keys: Sequence[Key]) -> dict[Key, Earlier]:
    """Return what the keys stand for by now."""
    values = {"customer_ids": [customer for customer, _ in keys], "keys": [key for _, key in keys]}
    return {
        (customer_id, key): Earlier(
            fingerprint, Answer(status, media_type, body) if body is not None else None, order_id
        )
        for customer_id, key, fingerprint, status, media_type, body, order_id in (
            await connection.execute(EARLIER, values)
        )
    }


async def keep(connection: Connection, kept: Mapping[Key, Kept]) -> dict[Key, Answer]:
    """Remember answers and orders for claimed keys; return the answers that hold for them.

    An answer that was kept before stays: whoever comes second gives that one.
    """
    if not kept:
        return {}
    answers = [each.answer for each in kept.values()]
    values = {
        "customer_ids": [customer_id for customer_id, _ in kept],
        "keys": [key for _, key in kept],
        "statuses": [answer.status for answer in answers],
        "media_types": [answer.media_type for answer in answers],
        "bodies": [answer.body for answer in answers],
        "order_ids": [each.order_id for each in kept.values()],
    }
    written = {tuple(row) for row in await connection.execute(KEEP, values)}
    second = [key for key in kept if key not in written]
    earlier = await read_earlier(connection, second) if second else {}
    found = {key: each.answer for key, each in earlier.items() if each.answer is not None}
    return {key: found.get(key, each.answer) for key, each in kept.items()}
