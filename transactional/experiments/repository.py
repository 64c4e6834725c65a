"""All SQL of experiments as operators run them."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.experiments.models import ExperimentRow

LOCK = text("select pg_advisory_xact_lock(hashtextextended('experiments', 0))")


@dataclass(frozen=True)
class ExperimentRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def hold(self) -> None:
        """Let nobody else change an experiment until the transaction ends."""
        await self.session.execute(LOCK)

    async def page(self, after: str, limit: int) -> Sequence[ExperimentRow]:
        """Return experiments by name, those after `after`."""
        by_name = ExperimentRow.name.collate("C")
        query = select(ExperimentRow).where(by_name > after).order_by(by_name).limit(limit)
        return (await self.session.scalars(query)).all()

    async def experiment(self, name: str) -> ExperimentRow | None:
        """Return an experiment."""
        return await self.session.get(ExperimentRow, name, populate_existing=True)

    async def running(self, now: dt.datetime) -> Sequence[ExperimentRow]:
        """Return those that run, or will once their time comes."""
        query = select(ExperimentRow).where(
            ExperimentRow.state == "running",
            or_(ExperimentRow.ends_at.is_(None), ExperimentRow.ends_at > now),
        )
        return (await self.session.scalars(query)).all()

    async def add(self, values: Mapping[str, object]) -> ExperimentRow:
        """Make an experiment."""
        new = insert(ExperimentRow).values(**values).returning(ExperimentRow)
        made: ExperimentRow = (await self.session.scalars(new)).one()
        return made

    async def of_key(self, created_by: int, key: str) -> ExperimentRow | None:
        """Return what an operator's key made."""
        query = select(ExperimentRow).where(
            ExperimentRow.created_by == created_by, ExperimentRow.key == key
        )
        found: ExperimentRow | None = await self.session.scalar(query)
        return found
