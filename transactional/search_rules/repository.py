"""All SQL of search rules as operators run them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.rules.states import NOT_OVER_SQL, STATE_SQL
from transactional.search_rules.models import SearchRuleRow

LOCK = text("select pg_advisory_xact_lock(hashtextextended('search rules', 0))")
PAGE = text(f"""
select *, state from (select *, {STATE_SQL} as state from search_rules) as known
where (cast(:below as bigint) is null or rule_id < :below)
  and (cast(:kind as text) is null or kind = :kind)
  and (cast(:state as text) is null or state = :state)
  and (cast(:query_key as text) is null or :query_key = any(query_keys))
order by rule_id desc limit :limit
""")  # noqa: S608 - a constant of ours
N_OTHERS_NOT_OVER = text(f"""
select count(*) from search_rules where rule_id <> :rule_id and {NOT_OVER_SQL}
""")  # noqa: S608 - a constant of ours
SAME_PLACE = text("""
select rule_id from search_rules
where kind = :kind and removed_at is null and rule_id <> :rule_id
  and query_keys && cast(:query_keys as text[])
  and (kind = 'redirect' or position = :position or product_id = :product_id)
  and tstzrange(starts_at, ends_at) && tstzrange(:starts_at, :ends_at)
order by rule_id limit 1
""")


@dataclass(frozen=True)
class SearchRuleRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def page(self, values: Mapping[str, object]) -> Sequence[Row[Any]]:
        """Return the newest rules, each with its state at `now`.

        `values`: `now`, `limit`; `below` (ids), `kind`, `state` and `query_key`, or None.
        """
        return (await self.session.execute(PAGE, values)).all()

    async def hold(self) -> None:
        """Let nobody else change a rule until the transaction ends."""
        await self.session.execute(LOCK)

    async def rule(self, rule_id: int) -> SearchRuleRow | None:
        """Return a rule."""
        return await self.session.get(SearchRuleRow, rule_id, populate_existing=True)

    async def add(self, values: Mapping[str, object]) -> SearchRuleRow:
        """Make a rule."""
        new = insert(SearchRuleRow).values(**values).returning(SearchRuleRow)
        made: SearchRuleRow = (await self.session.scalars(new)).one()
        return made

    async def of_key(self, created_by: int, key: str) -> SearchRuleRow | None:
        """Return what an operator's key made."""
        query = select(SearchRuleRow).where(
            SearchRuleRow.created_by == created_by, SearchRuleRow.key == key
        )
        found: SearchRuleRow | None = await self.session.scalar(query)
        return found

    async def n_others_not_over(self, rule_id: int, now: dt.datetime) -> int:
        """Return how many rules beside one count now or later."""
        values = {"rule_id": rule_id, "now": now}
        n_rules: int = (await self.session.execute(N_OTHERS_NOT_OVER, values)).scalar_one()
        return n_rules

    async def same_place(self, rule: SearchRuleRow) -> int | None:
        """Return another pin or redirect that a rule has no room beside."""
        names = ("kind", "rule_id", "query_keys", "position", "product_id", "starts_at", "ends_at")
        values = {name: getattr(rule, name) for name in names}
        found: int | None = await self.session.scalar(SAME_PLACE, values)
        return found
