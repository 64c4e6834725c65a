"""How fast products sell, as the plan foresees it; alerts in days of cover follow."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SET = text("""
insert into demand_rates (product_id, units_per_day, told_at)
select product_id, units_per_day, :now
from unnest(cast(:product_ids as bigint[]), cast(:rates as double precision[]))
     as told (product_id, units_per_day) join products using (product_id)
order by product_id
on conflict (product_id) do update set
    units_per_day = excluded.units_per_day, told_at = excluded.told_at
""")
HOLD = text("""
select from stock_alerts
where days_of_cover is not null and product_id = any(cast(:product_ids as bigint[]))
order by product_id for update
""")
# What a level did not turn, a rate may: the watch (`transactional.stock.watching`) sees levels only.
TURN = text("""
with judged as (
    select product_id, days_of_cover, floor(days_of_cover * units_per_day)::bigint as threshold,
           coalesce((select sum(n_on_hand - n_reserved) filter (where is_open)
                     from stock join warehouses using (warehouse_id)
                     where stock.product_id = stock_alerts.product_id), 0) as n_available
    from stock_alerts join demand_rates using (product_id)
    where days_of_cover is not null and product_id = any(cast(:product_ids as bigint[]))
), turned as (
    update stock_alerts set is_low = n_available <= judged.threshold, changed_at = :now
    from judged where stock_alerts.product_id = judged.product_id
                  and is_low <> (n_available <= judged.threshold)
    returning stock_alerts.product_id, is_low
)
insert into mails (event_id, kind, facts, created_at, next_try_at)
select 'low-stock-' || product_id || '-' || extract(epoch from cast(:now as timestamptz)), 'low_stock',
       jsonb_build_object('product_id', product_id, 'n_available', n_available,
                          'threshold', threshold, 'days_of_cover', days_of_cover), :now, :now
from turned join judged using (product_id) where is_low
on conflict do nothing
""")


@dataclass(frozen=True)
class Rates:
    """All rates, inside the request's transaction."""

    session: AsyncSession
    now: Callable[[], dt.datetime]

    async def put(self, units_per_day: Mapping[int, float]) -> None:
        """Set rates by product id; alerts in days of cover turn, and tell, as these say.

        Whoever foresees demand may know products that the shop does not have; these are left out.
        """
        ids = sorted(units_per_day)
        rates = [units_per_day[id_] for id_ in ids]
        values = {"product_ids": ids, "now": self.now()}
        await self.session.execute(SET, {**values, "rates": rates})
        await self.session.execute(HOLD, {"product_ids": ids})
        await self.session.execute(TURN, values)
