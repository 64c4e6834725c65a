"""What is deleted, and what stays (transactional.housekeeping)."""

import datetime as dt

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from transactional.housekeeping import Housekeeping

pytestmark = pytest.mark.live
NOW = dt.datetime(2026, 11, 23, 12, tzinfo=dt.UTC)
HISTORY = """
insert into accounts (email, password_hash, role, registered_at)
    values ('ann@example.com', '', 'shopper', '2020-01-01Z');
insert into idempotency_keys (customer_id, key, fingerprint, created_at)
    values (1, 'old', '', '2026-11-21T11:59Z'), (1, 'young', '', '2026-11-21T12:01Z');
insert into sessions (customer_id, began_at, expires_at, ended_at, ended_why) values
    (1, '2026-09-01Z', '2026-10-01Z', null, null),
    (1, '2026-09-20Z', '2026-12-20Z', '2026-10-02Z', 'logged out'),
    (1, '2026-09-20Z', '2026-12-20Z', null, null),
    (1, '2026-10-20Z', '2026-11-20Z', null, null);
insert into refresh_tokens select sha256(session_id::text::bytea), session_id from sessions;
insert into proofs (customer_id, purpose, email, created_at, expires_at) values
    (1, 'confirm_email', '', '2026-10-01Z', '2026-10-08Z'),
    (1, 'confirm_email', '', '2026-11-01Z', '2026-11-08Z');
insert into mails (event_id, kind, facts, created_at, next_try_at) values
    ('sent long ago', 'x', '{}', '2025-11-01Z', null), ('sent', 'x', '{}', '2026-11-01Z', null),
    ('never sent', 'x', '{}', '2025-11-01Z', '2025-11-01Z');
"""


@pytest.fixture
async def housekeeping(migrated):
    engine = create_async_engine(migrated.replace("postgresql:", "postgresql+asyncpg:"))
    yield lambda now=NOW: Housekeeping(engine, lambda: now)
    await engine.dispose()


async def test_what_counts_no_more_is_deleted_and_the_rest_stays(housekeeping, database, rows):
    database.exec_driver_sql(HISTORY)

    n_forgotten = await housekeeping().forget_old()
    again = await housekeeping().forget_old()

    assert (n_forgotten, again) == (5, 0)
    assert rows("select key from idempotency_keys") == [{"key": "young"}]
    assert rows("select session_id as id from sessions order by 1") == [{"id": 3}, {"id": 4}]
    assert len(rows("select from refresh_tokens")) == 2
    assert rows("select proof_id as id from proofs") == [{"id": 2}]
    assert [row["event_id"] for row in rows("select event_id from mails order by 1")] == [
        "never sent",
        "sent",
    ]


async def test_orders_have_partitions_for_the_next_two_years(housekeeping, rows):
    in_2030 = housekeeping(NOW.replace(year=2030, month=2))
    await in_2030.make_partitions()
    await in_2030.make_partitions()

    made = rows("select relname from pg_class where relname ~ '^shipments_203[0-9]_q.$' order by 1")
    assert [row["relname"].removeprefix("shipments_") for row in made] == [
        f"{year}_q{quarter}" for year in (2030, 2031) for quarter in (1, 2, 3, 4)
    ]
