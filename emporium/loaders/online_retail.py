"""Online Retail II: two years of a British gift shop's invoices, as the raw layer of the lake.

Source: Chen, "Online Retail II", UCI Machine Learning Repository (2019), doi 10.24432/C5CG6D.
The file knows products only by the lines that name them. A product's version is what its lines of
the day it first had a price say, and what those of a month say, known from the next month on,
where that is something else: nothing is known before it was recorded.
"""

from pathlib import Path

from emporium.loaders.raw import Loading, LoadReport, open_files
from features.schemas.logs import Customer, OrderLine, ProductVersion

FILES = {
    "file": (
        "online_retail/online_retail_II.parquet",
        "InvoiceNo StockCode Description Quantity InvoiceDate UnitPrice CustomerID Country "
        "also_in_2010_2011",
    )
}

LINES = """
create temp table lines as
select line, InvoiceNo as invoice, upper(trim(StockCode)) as code,
  nullif(nullif(trim(regexp_replace(Description, '\\s+', ' ', 'g')), ''), 'nan') as title,
  Quantity as units, InvoiceDate at time zone 'Europe/London' as happened_at, cents.cents,
  CustomerID as customer_id, Country as region, also_in_2010_2011 as is_double,
  invoice like 'C%' as is_return,
  try_cast(regexp_replace(InvoiceNo, '^C', '') as bigint) as order_id,
  regexp_matches(upper(trim(StockCode)), '^([0-9]{5}|DCGS[0-9]|PADS$|SP[0-9]{4}$)') as is_product
from file left join cents on cents.price = UnitPrice
"""

ORDER_LINES = """
select 'online-retail-' || line as event_id, happened_at as occurred_at, happened_at as recorded_at, order_id,
  row_number() over (partition by invoice order by line) as line_number, customer_id,
  ids.id as product_id, if(is_return, 'return', 'sale') as kind,
  if(is_return, -units, units) as quantity, cents as unit_price_cents, 'GBP' as currency, region,
  case when is_double then 'double row: also in the 2010-2011 sheet'
    when order_id is null then 'adjustment: invoice number is not a number'
    when not is_product then 'not a product: ' || if(length(code) > 12, 'other code', 'stock code ' || code)
    when is_return and units >= 0 then 'adjustment: positive quantity in a return'
    when not is_return and units <= 0 then 'adjustment: negative quantity outside a return'
  end as reject_reason
from lines left join ids using (code)
"""

PRODUCTS = """
with good as (
  select *, happened_at::date as day from lines
  where not is_double and is_product and cents > 0 and units > 0 and order_id is not null),
first_days as (select code, min(day) as day from good group by 1),
opening as (
  select code, min(happened_at) as happened_at, mode(title order by title) as title, median(cents) as cents
  from good join first_days using (code, day) group by 1),
months as (
  select code, (date_trunc('month', day) + interval 1 month)::timestamptz as happened_at,
    mode(title order by title) as title, median(cents) as cents
  from good group by code, date_trunc('month', day)),
versions as (
  from opening union all
  from months where happened_at < (select max(happened_at) from good)),
filled as (
  select code, happened_at, coalesce(last_value(title ignore nulls) over in_time, 'Product ' || code) as title,
    round_even(cents, 0)::bigint as cents
  from versions
  window in_time as (partition by code order by happened_at rows unbounded preceding)),
changed as (
  select *, lag((title, cents)) over (partition by code order by happened_at) as before from filled)
select 'online-retail-p-' || code || '-' || happened_at::date as event_id, happened_at as occurred_at,
  happened_at as recorded_at, ids.id as product_id, code as external_id, title, title as description,
  null as category_id, null as category_path, null as brand, null as seller_id,
  cents as price_cents, '{}' as attributes, 'published' as status
from changed join ids using (code)
where before is null or before != (title, cents)
"""

CUSTOMERS = """
select 'online-retail-u-' || customer_id as event_id, min(happened_at) as occurred_at,
  min(happened_at) as recorded_at, customer_id, arg_min(region, (happened_at, line)) as region
from lines where customer_id is not null and not is_double group by customer_id
"""


def load(data_dir: Path, out: Path) -> LoadReport:
    """Write every line of the file as a row of order_lines; derive products and customers.

    A line is recorded when it happened. Invoice times are taken as London's.

    Raises
    ------
    MissingInputError
        If the file or a column is missing.
    """
    loading: Loading = open_files(data_dir, out, FILES)
    loading.define_cents("cents", loading.floats("select distinct UnitPrice from file"))
    loading.define_ids("ids", loading.column("select distinct upper(trim(StockCode)) from file"))
    loading.sql.execute(LINES)
    loading.write(ProductVersion, PRODUCTS, derived=True)
    loading.write(Customer, CUSTOMERS, derived=True)
    loading.write(OrderLine, ORDER_LINES)
    return loading.report
