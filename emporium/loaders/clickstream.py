"""RetailRocket's views, carts and purchases of numbered users and items, as the raw layer.

Source: "Retailrocket recommender system dataset" (2016), in the cut that names user, item,
behavior and unix seconds. It knows neither titles nor prices nor categories: an item is called
'Product N' and costs one cent.
"""

from pathlib import Path

from emporium.loaders.raw import LoadReport, open_files
from features.schemas.logs import ClickstreamEvent, Customer, ProductVersion

FILES = {"file": ("clickstream/retailrocket_multibehavior.parquet", "user item behavior value")}

EVENTS = """
create temp table events as
select line, "user" + 1 as customer_id, item + 1 as product_id, behavior,
  behavior in ('view', 'cart', 'buy') as is_timed,
  if(behavior in ('view', 'cart', 'buy'), to_timestamp(value), null) as happened_at
from file
"""

# What has no time of its own keeps the file's last moment: it was known by then.
CLICKS = """
select 'retailrocket-' || line as event_id,
  coalesce(happened_at, max(happened_at) over ()) as occurred_at, coalesce(happened_at, max(happened_at) over ()) as recorded_at,
  'u' || customer_id as session_id, null as visitor_id, customer_id, if(behavior = 'buy', 'purchase', behavior) as kind,
  product_id, null as query, null as surface, null as slot, null as position, null as answer_id, null as price_shown_cents,
  case when behavior = 'buy_test' then 'held-out purchase: has no time'
    when not is_timed then 'unknown behaviour' end as reject_reason
from events
"""

PRODUCTS = """
select 'retailrocket-p' || product_id as event_id, min(happened_at) as occurred_at, min(happened_at) as recorded_at,
  product_id, (product_id - 1)::varchar as external_id, 'Product ' || (product_id - 1) as title,
  '' as description, null as category_id, null as category_path, null as brand,
  null as seller_id, 1 as price_cents, '{}' as attributes, 'published' as status
from events where happened_at is not null group by product_id
"""

CUSTOMERS = """
select 'retailrocket-u' || customer_id as event_id, min(happened_at) as occurred_at,
  min(happened_at) as recorded_at, customer_id, null as region
from events where happened_at is not null group by customer_id
"""


def load(data_dir: Path, out: Path) -> LoadReport:
    """Write every line of the file as a row of the clickstream; derive products and customers.

    Raises
    ------
    MissingInputError
        If the file or a column is missing.
    """
    loading = open_files(data_dir, out, FILES)
    loading.sql.execute(EVENTS)
    loading.write(ProductVersion, PRODUCTS, derived=True)
    loading.write(Customer, CUSTOMERS, derived=True)
    loading.write(ClickstreamEvent, CLICKS)
    return loading.report
