"""Low-stock alerts and stock-outs as operators read and set them; `watching` keeps them."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.errors import UnknownProductProblem
from transactional.stock.models import StockAlert, StockOut

# Set where it is low already, it tells nobody: whoever sets it sees the stock.
SET = text("""
insert into stock_alerts (product_id, threshold, days_of_cover, is_low, changed_at)
select product_id, cast(:threshold as bigint), cast(:days_of_cover as double precision), coalesce((
           select sum(n_on_hand - n_reserved) filter (where is_open)
           from stock join warehouses using (warehouse_id)
           where stock.product_id = products.product_id), 0)
       <= coalesce(cast(:threshold as bigint), floor(cast(:days_of_cover as double precision) * coalesce((
           select units_per_day from demand_rates
           where demand_rates.product_id = products.product_id), 0))), :now
from products where product_id = :product_id
on conflict (product_id) do update set
    threshold = excluded.threshold, days_of_cover = excluded.days_of_cover,
    is_low = excluded.is_low, changed_at = excluded.changed_at
returning is_low
""")
HOURS_OUT = text("""
select coalesce(sum(extract(epoch from coalesce(ended_at, :now) - greatest(began_at, :since))), 0)
from stock_outs where product_id = :product_id and (ended_at is null or ended_at > :since)
""")
MAX_SHOWN = 200


@dataclass(frozen=True)
class Alerts:
    """All alerts, inside the request's transaction."""

    session: AsyncSession
    now: Callable[[], dt.datetime]

    async def set(
        self, product_id: int, threshold: int | None, days_of_cover: float | None
    ) -> bool:
        """Tell the operators once too few units can be sold; return whether they are too few now.

        Too few are at most `threshold` units, or the demand of `days_of_cover` days: one of both.
        The demand is that of `demand_rates`; of a product that has none, 0 units are too few.

        Raises
        ------
        UnknownProductProblem
            If there is no such product.
        """
        values = {"product_id": product_id, "threshold": threshold, "now": self.now()}
        found: bool | None = await self.session.scalar(
            SET, {**values, "days_of_cover": days_of_cover}
        )
        if found is None:
            raise UnknownProductProblem(product_id)
        return found

    async def remove(self, product_id: int) -> None:
        """Tell nobody any more."""
        await self.session.execute(delete(StockAlert).where(StockAlert.product_id == product_id))

    async def low(self, after: int, limit: int) -> Sequence[StockAlert]:
        """Return the alerts of products that are low, by product id above `after`."""
        query = select(StockAlert).where(StockAlert.is_low, StockAlert.product_id > after)
        return (
            await self.session.scalars(query.order_by(StockAlert.product_id).limit(limit))
        ).all()

    async def stock_outs(self, product_id: int, since: dt.datetime) -> Sequence[StockOut]:
        """Return the newest times without stock that lasted into what is after `since`."""
        query = select(StockOut).where(
            StockOut.product_id == product_id,
            StockOut.ended_at.is_(None) | (StockOut.ended_at > since),
        )
        newest = query.order_by(StockOut.began_at.desc()).limit(MAX_SHOWN)
        return (await self.session.scalars(newest)).all()

    async def n_hours_out(self, product_id: int, since: dt.datetime) -> float:
        """Return for how many hours since then nothing could be sold."""
        values = {"product_id": product_id, "since": since, "now": self.now()}
        return float(await self.session.scalar(HOURS_OUT, values)) / 3600
