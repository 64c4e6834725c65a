"""Reading the outbox, whole and in order per key, by readers that each keep their own place.

A position is taken before its transaction commits, so rows become visible out of order, and the highest
position read tells nothing about the lower ones. A reader therefore notes the positions it did not see,
its gaps, and looks for them again with every batch, in the same snapshot as for what is new. Two events
of one key are written under the key's lock: whoever sees the later one sees the earlier one as well, at
a lower position, so a batch in order of position is in order per key, and so are batches.

A batch is written down before it is delivered: delivered again after a crash, it is the same one.
"""

import datetime as dt
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from transactional.database import direct_connection

# One statement, in one snapshot: a reader with nothing to do, and that is most rounds, asks no more.
IS_DUE = text("""
select positions <> '{}'
    or exists (select from outbox where outbox.position > reader.position)
    or exists (select from outbox join outbox_gaps using (position) where outbox_gaps.name = reader.name)
from outbox_readers as reader where name = :name
""")
# A new reader begins at the oldest event; what took a lower position and is still open is a gap.
REGISTER = text("""
insert into outbox_readers (name, position)
select :name, greatest(0, coalesce(min(position), 0) - 1000) from outbox
having not exists (select from outbox_readers where name = :name)
on conflict do nothing
""")
PLACE = text("""
select position, batch, positions from outbox_readers where name = :name for update skip locked
""")
FRESH = text("""
select position from outbox
where position in (select position from outbox_gaps where name = :name)
union all
(select position from outbox where position > :position order by position limit :limit)
""")
OPEN = text("""
with filled as (
    delete from outbox_gaps where name = :name and position = any(cast(:positions as bigint[]))
), missing as (
    insert into outbox_gaps (name, position, below_transaction, noted_at)
    select :name, position, pg_snapshot_xmax(pg_current_snapshot()), clock_timestamp()
    from generate_series(cast(:position as bigint) + 1, cast(:highest as bigint)) as position
    where position <> all(cast(:positions as bigint[]))
)
update outbox_readers
set position = :highest, batch = batch + 1, positions = cast(:positions as bigint[])
where name = :name
""")
# Whatever could have filled it has ended without. The minute is for who has a position, but no
# transaction id yet: that lasts from one column's default to the next.
CLOSE_GAPS = text("""
delete from outbox_gaps
where name = :name and noted_at < clock_timestamp() - interval '1 minute'
  and below_transaction <= pg_snapshot_xmin(pg_current_snapshot())
  and not exists (select from outbox where outbox.position = outbox_gaps.position)
""")
EVENTS = text("""
select position, event_id, topic, key, body, recorded_at from outbox
where position = any(cast(:positions as bigint[])) order by position
""")
DONE = text("update outbox_readers set positions = '{}' where name = :name")


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the outbox; `place` (batch, position) grows with every event a reader is given."""

    place: tuple[int, int]
    event_id: str
    topic: str
    key: str
    body: dict[str, Any]
    recorded_at: dt.datetime


Deliver = Callable[[AsyncConnection, Sequence[Event]], Awaitable[None]]
"""Takes events over, within the transaction that notes that they are delivered."""


async def _nothing() -> None:
    """Do nothing."""


@dataclass(frozen=True)
class OutboxReader:
    """Gives one consumer every event, at least once: again after a failure, none left out.

    What `deliver` writes through the connection it is given is done exactly once. Of several
    processes, one reads at a time. `at_end` is awaited whenever it finds nothing left to deliver.
    """

    engine: AsyncEngine
    name: str
    deliver: Deliver
    max_size: int = 500
    at_end: Callable[[], Awaitable[None]] = _nothing

    async def read_outbox(self) -> int:
        """Deliver what is new, and return how much; nothing while another process reads."""
        n_read = 0
        while await self._open_batch():
            n_read += await self._deliver_batch()
        return n_read

    async def _open_batch(self) -> bool:
        """Write down what is to be delivered next; false if nothing is, or another process reads."""
        name = {"name": self.name}
        if not await self._is_due():
            await self.at_end()
            return False
        async with self.engine.begin() as connection:
            await connection.execute(REGISTER, name)
            place = (await connection.execute(PLACE, name)).first()
            if place is None or place.positions:
                return place is not None
            values = {**name, "position": place.position}
            found = await connection.scalars(FRESH, {**values, "limit": self.max_size})
            positions = found.all()
            if positions:
                fresh = {"positions": positions, "highest": max(place.position, *positions)}
                await connection.execute(OPEN, {**values, **fresh})
                await connection.execute(CLOSE_GAPS, name)
            else:
                await self.at_end()
            return bool(positions)

    async def _is_due(self) -> bool:
        """Tell whether anything is to be delivered, or nobody knows this reader yet."""
        async with direct_connection(self.engine) as connection:
            rows = [*await connection.execute(IS_DUE, {"name": self.name})]
        return not rows or bool(rows[0][0])

    async def _deliver_batch(self) -> int:
        async with self.engine.begin() as connection:
            place = (await connection.execute(PLACE, {"name": self.name})).first()
            if place is None or not place.positions:
                return 0
            found = await connection.execute(EVENTS, {"positions": place.positions})
            events = [Event((place.batch, row.position), *row[1:]) for row in found]
            await self.deliver(connection, events)
            await connection.execute(DONE, {"name": self.name})
            return len(events)
