"""All SQL of promotions as operators run them, and of tariffs; checkout reads both in its own way."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.promotions.models import PromotionRow

LOCK_CODE = text("select pg_advisory_xact_lock(hashtextextended('promotion ' || lower(:code), 0))")
SAME_CODE = text("""
select promotion_id from promotions
where lower(code) = lower(:code) and promotion_id <> :promotion_id
  and tstzrange(starts_at, case when ends_at is not null then greatest(starts_at, ends_at) end) && tstzrange(:starts_at, :ends_at)
order by promotion_id limit 1
""")
TARIFFS = text("""
select region, tax_basis_points, latitude, longitude, (
    select coalesce(jsonb_agg(jsonb_build_object('from_cents', from_cents, 'shipping_cents', shipping_cents)
                     order by from_cents), '[]')
    from shipping_steps where shipping_steps.region = regions.region) as shipping_steps
from regions where region collate "C" > :after order by region collate "C" limit :limit
""")
PUT_REGION = text("""
insert into regions (region, tax_basis_points, latitude, longitude)
values (:region, :tax_basis_points, :latitude, :longitude)
on conflict (region) do update set
    tax_basis_points = excluded.tax_basis_points, latitude = excluded.latitude,
    longitude = excluded.longitude
""")
DROP_STEPS = text("delete from shipping_steps where region = :region")
PUT_STEP = text("insert into shipping_steps values (:region, :from_cents, :shipping_cents)")


@dataclass(frozen=True)
class PromotionRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def page(self, below: int | None, limit: int) -> Sequence[PromotionRow]:
        """Return the newest promotions, those with ids below `below` if given."""
        query = select(PromotionRow)
        if below is not None:
            query = query.where(PromotionRow.promotion_id < below)
        query = query.order_by(PromotionRow.promotion_id.desc()).limit(limit)
        return (await self.session.scalars(query)).all()

    async def promotion(self, promotion_id: int) -> PromotionRow | None:
        """Return a promotion."""
        return await self.session.get(PromotionRow, promotion_id)

    async def held(self, promotion_id: int) -> PromotionRow | None:
        """Return a promotion, held until the transaction ends: nobody uses it meanwhile."""
        return await self.session.get(
            PromotionRow, promotion_id, with_for_update=True, populate_existing=True
        )

    async def add(self, values: Mapping[str, object]) -> PromotionRow:
        """Make a promotion."""
        promotion = PromotionRow(**values)
        self.session.add(promotion)
        await self.session.flush()
        return promotion

    async def with_code(
        self, code: str, starts_at: dt.datetime, ends_at: dt.datetime | None, besides: int
    ) -> int | None:
        """Return another promotion with that code that runs in that time.

        Whoever asks for the same code waits until this transaction ends.
        """
        await self.session.execute(LOCK_CODE, {"code": code})
        time = {"starts_at": starts_at, "ends_at": ends_at}
        values = {"code": code, "promotion_id": besides, **time}
        found: int | None = await self.session.scalar(SAME_CODE, values)
        return found

    async def tariffs(self, after: str, limit: int) -> Sequence[Row[Any]]:
        """Return regions with their tariffs, by name, those after `after`."""
        return (await self.session.execute(TARIFFS, {"after": after, "limit": limit})).all()

    async def put_tariff(
        self, region: Mapping[str, object], steps: Sequence[Mapping[str, object]]
    ) -> None:
        """Set what a region adds; its earlier shipping steps are replaced."""
        await self.session.execute(PUT_REGION, region)
        await self.session.execute(DROP_STEPS, {"region": region["region"]})
        await self.session.execute(
            PUT_STEP, [{**step, "region": region["region"]} for step in steps]
        )
