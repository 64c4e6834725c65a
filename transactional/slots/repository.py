"""All SQL of slots as operators run them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.rules.states import NOT_OVER_SQL, STATE_SQL
from transactional.slots.models import SlotRuleRow

LOCK_SLOT = text("select pg_advisory_xact_lock(hashtextextended('slot ' || :slot, 0))")
SLOTS = text(f"""
select slot, count(*) filter (where state = 'in_force') as n_in_force,
       count(*) filter (where state = 'later') as n_later,
       count(*) filter (where state = 'over') as n_over,
       count(*) filter (where state = 'removed') as n_removed
from (select slot, {STATE_SQL} as state from slot_rules where slot collate "C" > :after) as known
group by slot order by slot collate "C" limit :limit
""")  # noqa: S608 - a constant of ours
PAGE = text(f"""
select *, state from (select *, {STATE_SQL} as state from slot_rules) as known
where slot = :slot and (cast(:below as bigint) is null or rule_id < :below)
  and (cast(:state as text) is null or state = :state)
order by rule_id desc limit :limit
""")  # noqa: S608 - a constant of ours
N_NOT_OVER = text(f"""
select count(*) from slot_rules where slot = :slot and {NOT_OVER_SQL}
""")  # noqa: S608 - a constant of ours
SAME_PIN = text("""
select rule_id from slot_rules
where slot = :slot and kind = 'pin' and removed_at is null and rule_id <> :rule_id
  and (position = :position or product_id = :product_id)
  and tstzrange(starts_at, ends_at) && tstzrange(:starts_at, :ends_at)
order by rule_id limit 1
""")


@dataclass(frozen=True)
class SlotRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def slots(self, after: str, now: dt.datetime, limit: int) -> Sequence[Row[Any]]:
        """Return slots with their numbers of rules, by name, those after `after`."""
        values = {"after": after, "now": now, "limit": limit}
        return (await self.session.execute(SLOTS, values)).all()

    async def page(self, values: Mapping[str, object]) -> Sequence[Row[Any]]:
        """Return the newest rules of a slot, each with its state at `now`.

        `values`: `slot`, `now`, `limit`; `below` (ids) and `state`, or None.
        """
        return (await self.session.execute(PAGE, values)).all()

    async def hold(self, slot: str) -> None:
        """Let nobody else change the slot until the transaction ends."""
        await self.session.execute(LOCK_SLOT, {"slot": slot})

    async def rule(self, slot: str, rule_id: int) -> SlotRuleRow | None:
        """Return a slot's rule."""
        found = await self.session.get(SlotRuleRow, rule_id, populate_existing=True)
        return found if found is not None and found.slot == slot else None

    async def add(self, values: Mapping[str, object]) -> SlotRuleRow | None:
        """Make a rule; None if the operator's key made one before."""
        new = insert(SlotRuleRow).values(**values).on_conflict_do_nothing().returning(SlotRuleRow)
        made: SlotRuleRow | None = await self.session.scalar(new)
        return made

    async def of_key(self, created_by: int, key: str) -> SlotRuleRow | None:
        """Return what an operator's key made."""
        query = select(SlotRuleRow).where(
            SlotRuleRow.created_by == created_by, SlotRuleRow.key == key
        )
        found: SlotRuleRow | None = await self.session.scalar(query)
        return found

    async def n_not_over(self, slot: str, now: dt.datetime) -> int:
        """Return how many rules of a slot count now or later."""
        values = {"slot": slot, "now": now}
        n_rules: int = (await self.session.execute(N_NOT_OVER, values)).scalar_one()
        return n_rules

    async def same_pin(self, rule: SlotRuleRow) -> int | None:
        """Return another rule that pins at the same place, or the same product, in that time."""
        names = ("slot", "rule_id", "position", "product_id", "starts_at", "ends_at")
        values = {name: getattr(rule, name) for name in names}
        found: int | None = await self.session.scalar(SAME_PIN, values)
        return found
