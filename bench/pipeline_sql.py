"""The pipeline's tables as DuckDB computes them: the reference for time and for every row.

Each query is written from the table's meaning in docs/data-dictionary.md, not from the transform.
"""

import datetime as dt
import time
from pathlib import Path

import duckdb

EVENTS = """
create or replace temp table events as
with clicks as (
  select date, product_id, occurred_at::date as occurred_on,
    count(*) filter (kind = 'view') as n_views, count(*) filter (kind = 'cart') as n_carts
  from clickstream
  where kind in ('view', 'cart') and date > date '{last}' - {window_days} group by all)
select coalesce(c.date, d.date) as date, coalesce(c.product_id, d.product_id) as product_id,
  coalesce(c.occurred_on, d.demand_date) as occurred_on, coalesce(n_views, 0) as n_views,
  coalesce(n_carts, 0) as n_carts, coalesce(n_units_sold, 0) as n_units,
  coalesce(n_units_returned, 0) as n_returns, coalesce(n_orders, 0) as n_orders
from clicks c full join (from daily_demand where date > date '{last}' - {window_days}) d
  on c.date = d.date and c.product_id = d.product_id and c.occurred_on = d.demand_date
"""

CATALOGUE = """
create or replace temp table catalogue as
select * from products where date <= date '{last}'
qualify row_number() over (partition by product_id order by occurred_at desc, event_id desc) = 1
"""

INTERACTIONS = """
with acts as (
  select date, customer_id, product_id, kind, occurred_at from order_lines
  union all
  select date, customer_id, product_id, kind, occurred_at from clickstream
  where kind in ('view', 'cart', 'purchase'))
select customer_id as user_id, product_id as item_id, occurred_at::date as occurred_on,
  count(*) filter (kind = 'view') as n_views, count(*) filter (kind = 'cart') as n_carts,
  count(*) filter (kind in ('purchase', 'sale')) as n_purchases,
  count(*) filter (kind = 'return') as n_returns, max(occurred_at) as last_at, date
from acts where customer_id is not null group by all
"""

DAILY_DEMAND = """
with lines as (
  select date, product_id, occurred_at, kind, order_id::varchar as basket, quantity,
    unit_price_cents as cents
  from order_lines
  union all
  select date, product_id, occurred_at, 'sale', session_id || '@' || occurred_at, 1,
    coalesce(price_shown_cents, 0)
  from clickstream where kind = 'purchase')
select product_id, occurred_at::date as demand_date,
  coalesce(sum(quantity) filter (kind = 'sale'), 0)::bigint as n_units_sold,
  coalesce(sum(quantity) filter (kind = 'return'), 0)::bigint as n_units_returned,
  count(distinct basket) filter (kind = 'sale') as n_orders,
  coalesce(sum(quantity * cents) filter (kind = 'sale'), 0)::bigint as revenue_cents, date
from lines group by date, product_id, demand_date
"""

SESSIONS = """
with events as (
  select date, coalesce('c' || customer_id, 's' || session_id) as visitor_id, customer_id, kind,
    occurred_at, event_id from clickstream),
marked as (
  select *, coalesce(occurred_at - lag(occurred_at) over visitor >= interval 30 minutes, true)
    as begins from events window visitor as (
    partition by date, visitor_id order by occurred_at, event_id)),
numbered as (
  select *, count(*) filter (begins) over (
    partition by date, visitor_id order by occurred_at, event_id rows between unbounded preceding and current row) as visit from marked)
select visitor_id || '-' || epoch(min(occurred_at))::bigint as session_key, visitor_id,
  any_value(customer_id) as user_id, min(occurred_at) as started_at, max(occurred_at) as ended_at,
  count(*) as n_events, count(*) filter (kind = 'search') as n_searches,
  count(*) filter (kind = 'impression') as n_impressions,
  count(*) filter (kind = 'view') as n_views, count(*) filter (kind = 'cart') as n_carts, date
from numbered group by date, visitor_id, visit
"""

USER_ITEMS = """
select user_id, item_id, round(sum((n_views + 3 * n_carts + 5 * n_purchases - 5 * n_returns)
    * 0.5 ** ((date '{last}' - occurred_on) / 30.0)), 9) as weight,
  sum(n_purchases)::bigint as n_purchases, max(last_at) as last_at, date '{last}' as date
from interactions where date <= date '{last}' group by user_id, item_id
"""

PRODUCT_FEATURES = """
with sums as (
  select product_id,
    sum(n_views) filter (occurred_on > date '{last}' - 7) as v7, sum(n_views) as v28,
    sum(n_carts) as c28, sum(n_units) filter (occurred_on > date '{last}' - 7) as u7,
    sum(n_units) as u28, sum(n_returns) as r28, sum(n_orders) as o28
  from events where occurred_on > date '{last}' - 28 group by product_id),
buyers as (
  select item_id as product_id, user_id, count(distinct occurred_on) as n_days from interactions
  where n_purchases > 0 and occurred_on > date '{last}' - 365 group by all),
rebought as (
  select product_id, count(*) as n_buyers, count(*) filter (n_days > 1) as n_rebuyers
  from buyers group by product_id),
year as (
  select product_id, sum(n_units_sold) as n_sold, sum(n_units_returned) as n_returned
  from daily_demand where demand_date > date '{last}' - 365 group by product_id),
standing as (
  select max_by(product_id, (occurred_at, event_id)) as product_id,
    max_by(rating, (occurred_at, event_id)) as rating,
    max_by(status, (occurred_at, event_id)) as status
  from reviews where date <= date '{last}' group by review_id),
rated as (
  select product_id, count(*) as n_reviews, sum(rating) as n_stars
  from standing where status = 'published' group by product_id),
shop as (
  select (coalesce(sum(n_stars), 0) + 3) / (coalesce(sum(n_reviews), 0) + 1) as rating from rated),
places as (
  select product_id, coalesce(surface, '') as surface, position,
    count(*) filter (kind = 'impression') as n_shown, count(*) filter (kind = 'view') as n_looked
  from clickstream
  where kind in ('impression', 'view') and position between 1 and 100
    and date > date '{last}' - 28 and occurred_at::date > date '{last}' - 28
  group by all having n_shown > 0),
pairs as (
  select surface, position as here, lead(position) over below as position,
    1 / (1 / n_shown + 1 / lead(n_shown) over below) as weight, n_looked / n_shown as looked,
    lead(n_looked / n_shown) over below as looked_next
  from places window below as (partition by surface, product_id order by position)),
steps as (
  select surface, position, (sum(weight * looked_next) + 5) / (sum(weight * looked) + 5) as step
  from pairs where position = here + 1 group by all),
examined as (
  select surface, position,
    exp(sum(ln(coalesce(step, 1))) over (partition by surface order by position)) as share
  from (select distinct surface, position from places) left join steps using (surface, position)),
looks as (
  select product_id, sum(n_looked) as n_looked, sum(n_shown * share) as n_examined
  from places join examined using (surface, position) group by product_id),
levels as (
  select product_id, max_by(n_available, (occurred_at, recorded_at, event_id)) as n_available
  from stock_levels where date <= date '{last}' group by product_id)
select product_id, coalesce(v7, 0)::bigint as n_views_7d, coalesce(v28, 0)::bigint as n_views_28d,
  coalesce(c28, 0)::bigint as n_carts_28d, coalesce(u7, 0)::bigint as n_units_7d,
  coalesce(u28, 0)::bigint as n_units_28d, coalesce(r28, 0)::bigint as n_returns_28d,
  round((coalesce(o28, 0) + 1) / (coalesce(v28, 0) + 20), 6) as conversion_ratio,
  round((coalesce(n_rebuyers, 0) + 1) / (coalesce(n_buyers, 0) + 20), 6) as rebuy_ratio,
  round((coalesce(n_returned, 0) + 1) / (coalesce(n_sold, 0) + 20), 6) as return_ratio,
  coalesce(n_reviews, 0) as n_reviews,
  round((coalesce(n_stars, 0) + 5 * shop.rating) / (coalesce(n_reviews, 0) + 5), 6) as mean_rating,
  (coalesce(n_looked, 0) + 20 * sum(n_looked) over () / sum(n_examined) over ())
    / (coalesce(n_examined, 0) + 20) as look_ratio,
  price_cents, price_cents / median(price_cents) over (partition by category_id)
    as category_price_ratio, n_available, category_id,
  timestamptz '{last} 00:00:00+00' + interval 1 day as available_at, date '{last}' as date
from catalogue left join sums using (product_id) left join rebought using (product_id)
left join year using (product_id) left join rated using (product_id)
left join looks using (product_id) left join levels using (product_id), shop
"""

USER_FEATURES = """
with bought as (
  select customer_id as user_id,
    count(distinct (date, order_id, occurred_at::date))
      filter (date '{last}' - occurred_at::date < 28) as n_orders_28d,
    count(distinct (date, order_id, occurred_at::date)) as n_orders_all,
    sum(quantity * unit_price_cents)::bigint as spend, sum(quantity) as n_units,
    max(occurred_at::date) as last_on
  from order_lines where kind = 'sale' and customer_id is not null group by 1),
acted as (
  select user_id, item_id, max(last_at) as last_at,
    coalesce(sum(n_views) filter (date '{last}' - occurred_on < 28), 0) as n_views
  from interactions group by all),
recent as (
  select user_id, sum(n_views)::bigint as n_views_28d,
    list(item_id order by last_at desc, item_id)[:20] as recent_item_ids
  from acted group by user_id),
given_back as (
  select customer_id as user_id, product_id as item_id from order_lines
  where customer_id is not null group by all
  having sum(case kind when 'sale' then quantity else -quantity end) <= 0),
purchases as (
  select user_id, item_id, max(last_at) as last_at from interactions
  anti join given_back using (user_id, item_id) where n_purchases > 0 group by all),
owned as (
  select user_id, list(item_id order by last_at desc, item_id)[:20] as bought_item_ids
  from purchases group by user_id),
by_category as (
  select user_id, category_id, sum(n_views + 5 * n_purchases) as n
  from interactions join catalogue on product_id = item_id
  where category_id is not null group by all),
favourite as (
  select user_id, category_id from by_category
  qualify row_number() over (partition by user_id order by n desc, category_id desc) = 1)
select user_id, coalesce(n_orders_28d, 0) as n_orders_28d, coalesce(n_orders_all, 0) as n_orders_all,
  n_views_28d, coalesce(spend, 0) as spend_cents_all,
  round(coalesce(spend / n_units, 0), 6) as mean_price_cents,
  coalesce(date '{last}' - last_on, -1) as days_since_last_order,
  favourite.category_id as favourite_category_id, recent_item_ids,
  coalesce(bought_item_ids, []::bigint[]) as bought_item_ids,
  timestamptz '{last} 00:00:00+00' + interval 1 day as available_at, date '{last}' as date
from recent left join bought using (user_id) left join favourite using (user_id)
left join owned using (user_id)
"""

CO_PURCHASES = """
with cells as (
  select distinct order_id::varchar as basket, product_id from order_lines
  where kind = 'sale' and date > date '{last}' - 90
  union
  select 's' || session_id, product_id from clickstream
  where kind = 'purchase' and date > date '{last}' - 90),
small as (select basket from cells group by basket having count(*) <= 500),
baskets as (from cells semi join small using (basket)),
items as (select product_id, count(*) as n from baskets group by 1),
pairs as (
  select a.product_id as item_id, b.product_id as other_item_id, count(*) as n_baskets
  from baskets a join baskets b on a.basket = b.basket and a.product_id != b.product_id
  group by all having count(*) >= 2),
ranked as (
  select *, row_number() over (partition by item_id order by n_baskets desc, other_item_id) as rank
  from pairs qualify rank <= 50)
select item_id, other_item_id, n_baskets, round(n_baskets / total, 9) as support_ratio,
  round(n_baskets / one.n, 6) as confidence_ratio,
  round(n_baskets / one.n * (total / other.n), 6) as lift, rank, date '{last}' as date
from ranked join items one on one.product_id = item_id
join items other on other.product_id = other_item_id, (select count(*) as total from small)
"""

TRENDING = """
with scores as (
  select product_id, round(sum((n_views + 3 * n_carts + 5 * n_units)
      * 0.5 ** ((date '{last}' - occurred_on) / 2.0)), 9) as score
  from events where occurred_on > date '{last}' - 14 group by 1 having score > 0),
listed as (
  select product_id, category_id, score from scores join catalogue using (product_id)
  where status = 'published'),
placed as (
  select 0::bigint as category_id, product_id, score from listed
  union all select category_id, product_id, score from listed where category_id is not null)
select category_id, product_id as item_id, score,
  row_number() over (partition by category_id order by score desc, product_id) as rank,
  date '{last}' as date
from placed qualify rank <= 50
"""

JOBS: dict[str, dict[str, str]] = {
    "build_daily_facts": {
        "interactions": INTERACTIONS,
        "daily_demand": DAILY_DEMAND,
        "sessions": SESSIONS,
    },
    "build_features": {
        "user_items": USER_ITEMS,
        "product_features": PRODUCT_FEATURES,
        "user_features": USER_FEATURES,
    },
    "build_lists": {"co_purchases": CO_PURCHASES, "trending": TRENDING},
}
BEFORE = {
    "product_features": (EVENTS, 28),
    "trending": (EVENTS, 14),
    "user_features": (CATALOGUE, 0),
}
MEASURED = (
    "weight",
    "conversion_ratio",
    "rebuy_ratio",
    "return_ratio",
    "mean_rating",
    "look_ratio",
    "category_price_ratio",
    "mean_price_cents",
    "support_ratio",
    "confidence_ratio",
    "lift",
    "score",
)
TOLERANCE = 1e-6
"""Of fractions and their sums: the two add up in other orders before they round."""


class DuckPipeline:
    """Computes the tables from a lake's validated rows into Parquet files of its own."""

    def __init__(self, lake: Path, out: Path, last: dt.date, memory: str) -> None:
        self.lake, self.out, self.last = lake, out, last
        self.sql = duckdb.connect()
        self.sql.execute("set timezone = 'UTC'")
        self.sql.execute("set threads = 2")
        self.sql.execute(f"set memory_limit = '{memory}'")
        self.sql.execute(f"set temp_directory = '{out}/spill'")
        out.mkdir()
        for log in ("order_lines", "clickstream", "products", "reviews", "stock_levels"):
            self.sql.execute(f"create view {log} as from {self._published('validated', log)}")

    def seconds(self, table: str, query: str) -> float:
        """Compute one table, write it, and return how long that took."""
        start = time.monotonic()
        if table in ("product_features", "trending"):
            self.sql.execute(CATALOGUE.format(last=self.last))
        if table in BEFORE:
            before, days = BEFORE[table]
            self.sql.execute(before.format(last=self.last, window_days=days))
        file = self.out / f"{table}.parquet"
        self.sql.execute(f"copy ({query.format(last=self.last)}) to '{file}' (compression zstd)")
        self.sql.execute(f"create or replace view {table} as from read_parquet('{file}')")
        return time.monotonic() - start

    def n_differences(self, table: str, derived: str = "derived") -> tuple[int, int]:
        """Return how many rows DuckDB has, and how many differ: a pair apart, a row without partner."""
        file = f"read_parquet('{self.out}/{table}.parquet')"
        names = [row[0] for row in self.sql.execute(f"describe from {file}").fetchall()]
        columns = ", ".join(_comparable(name) for name in names)
        ours = f"select {columns} from {self._published(derived, table)} {self._of_last(table)}"  # noqa: S608 - our own names
        theirs = f"select {columns} from {file}"  # noqa: S608 - our own names
        same = " and ".join(
            f"ours.{name} is not distinct from theirs.{name}"
            for name in names
            if name not in MEASURED
        )
        near = " and ".join(
            [
                "true",
                *(f"abs(ours.{n} - theirs.{n}) <= {TOLERANCE}" for n in names if n in MEASURED),
            ]
        )
        # A row without a partner compares as null with its measures, or has no `date`.
        differ = f"not coalesce({near}, false) or ours.date is null or theirs.date is null"
        [[n_rows]] = self.sql.execute(f"select count(*) from {file}").fetchall()  # noqa: S608
        [[n_differ]] = self.sql.execute(
            f"select count(*) from ({ours}) ours full join ({theirs}) theirs on {same} where {differ}"  # noqa: S608
        ).fetchall()
        return int(n_rows), int(n_differ)

    def _of_last(self, table: str) -> str:
        whole = table in JOBS["build_daily_facts"]
        return "" if whole else f"where date = date '{self.last}'"

    def _published(self, layer: str, table: str) -> str:
        files = f"{self.lake}/{layer}/{table}/date=*/*.parquet"
        return f"read_parquet('{files}', hive_partitioning = true, union_by_name = true)"


def _comparable(name: str) -> str:
    return f"{name}::varchar as {name}" if name.endswith("_ids") else name
