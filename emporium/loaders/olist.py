"""Olist: a Brazilian marketplace's orders, products, customers and sellers, as the raw layer.

Source: Olist and Sionek, "Brazilian E-Commerce Public Dataset by Olist" (2018). The files name
neither titles nor prices of products: the English category stands for the title, the price of the
first sale for the price. A `customer_unique_id` is the customer.
"""

from pathlib import Path

from emporium.loaders.raw import LoadReport, open_files
from features.schemas.logs import Customer, OrderLine, ProductVersion, Review

FILES = {
    "orders": (
        "olist/sample_orders.parquet",
        "order_id customer_id order_status order_purchase_timestamp",
    ),
    "items": (
        "olist/sample_order_items.parquet",
        "order_id order_item_id product_id seller_id price",
    ),
    "buyers": (
        "olist/sample_customers.parquet",
        "customer_id customer_unique_id customer_state",
    ),
    "goods": (
        "olist/full_products.parquet",
        "product_id product_category_name product_photos_qty product_weight_g",
    ),
    "sellers": ("olist/full_sellers.parquet", "seller_id seller_state"),
    "opinions": (
        "olist/sample_order_reviews.parquet",
        "review_id order_id review_score review_creation_date",
    ),
    "translation": (
        "olist/product_category_name_translation.parquet",
        "product_category_name product_category_name_english",
    ),
}

SALES = """
create temp table sales as
select o.order_id, o.line as order_line, i.line, i.order_item_id, i.product_id, i.seller_id,
  o.order_status, o.order_purchase_timestamp at time zone 'America/Sao_Paulo' as happened_at, cents.cents,
  b.customer_unique_id, b.customer_state
from orders o full join items i using (order_id) left join buyers b using (customer_id)
left join cents on cents.price = i.price
"""

# Lines without an order keep the file's last moment: they were known by then.
ORDER_LINES = """
select 'olist-' || coalesce('i' || line, 'o' || order_line) as event_id,
  coalesce(happened_at, max(happened_at) over ()) as occurred_at, coalesce(happened_at, max(happened_at) over ()) as recorded_at,
  o.id as order_id, order_item_id as line_number, c.id as customer_id, p.id as product_id,
  'sale' as kind, 1 as quantity, cents as unit_price_cents, 'BRL' as currency,
  customer_state as region,
  case when happened_at is null then 'line without an order'
    when line is null then 'order without items: status ' || order_status
    when order_status in ('canceled', 'unavailable') then 'not sold: status ' || order_status
  end as reject_reason
from sales left join ids o on o.code = sales.order_id left join ids c on c.code = customer_unique_id
left join ids p on p.code = sales.product_id
"""

PRODUCTS = """
with first_sales as (
  select product_id, min(happened_at) as happened_at, arg_min(cents, (happened_at, line)) as cents,
    arg_min(seller_id, (happened_at, line)) as seller_id
  from sales where product_id is not null and cents > 0 group by 1),
named as (
  select goods.*, coalesce(replace(product_category_name_english, '_', ' '),
    replace(product_category_name, '_', ' ')) as category
  from goods left join translation using (product_category_name)),
categories as (
  select category, row_number() over (order by category) as category_id
  from (select distinct category from named where category is not null))
select 'olist-p' || line as event_id, coalesce(f.happened_at, (select min(happened_at) from sales)) as occurred_at,
  coalesce(f.happened_at, (select min(happened_at) from sales)) as recorded_at, p.id as product_id,
  named.product_id as external_id,
  coalesce(category, 'product') || ' ' || named.product_id[:6] as title,
  concat_ws(', ', 'Category: ' || category, product_weight_g::int || ' g',
    product_photos_qty::int || ' photos') as description,
  category_id, category as category_path, null as brand, s.id as seller_id,
  f.cents as price_cents,
  json_merge_patch(
    if(product_weight_g is null, '{}',
      json_object('weight', if(product_weight_g < 500, 'light', if(product_weight_g < 3000, 'medium', 'heavy')))),
    if(product_photos_qty is null, '{}', json_object('photos', product_photos_qty::int::varchar))
  ) as attributes,
  'published' as status,
  if(f.cents is null, 'no price: the product is in no order', null) as reject_reason
from named left join first_sales f using (product_id) left join categories using (category)
left join ids p on p.code = named.product_id left join ids s on s.code = f.seller_id
"""

CUSTOMERS = """
select 'olist-u' || b.line as event_id,
  coalesce(happened_at, (select min(happened_at) from sales)) as occurred_at,
  coalesce(happened_at, (select min(happened_at) from sales)) as recorded_at,
  c.id as customer_id, b.customer_state as region,
  if(row_number() over (partition by customer_unique_id order by happened_at nulls last, b.line) > 1,
    'double row: the customer is known already', null) as reject_reason
from buyers b left join ids c on c.code = customer_unique_id
left join (
  select customer_id, min(order_purchase_timestamp) at time zone 'America/Sao_Paulo' as happened_at
  from orders group by 1) using (customer_id)
"""

# A review is of an order; it is its product's if the order has one only.
REVIEWS = """
with baskets as (
  select order_id, count(distinct product_id) as n_products, min(product_id) as product_id
  from items group by 1),
said as (
  select *, review_creation_date at time zone 'America/Sao_Paulo' as happened_at from opinions)
select 'olist-r' || said.line as event_id, happened_at as occurred_at, happened_at as recorded_at,
  r.id as review_id, p.id as product_id, review_score as rating, 'published' as status,
  case when n_products is null then 'review of an order without items'
    when n_products > 1 then 'review of an order of several products' end as reject_reason
from said left join baskets using (order_id)
left join ids r on r.code = said.review_id || said.order_id left join ids p on p.code = product_id
"""

CODES = """
select review_id || order_id from opinions union
select order_id from orders union select order_id from items
union select product_id from goods union select product_id from items
union select customer_unique_id from buyers
union select seller_id from sellers union select seller_id from items
"""


def load(data_dir: Path, out: Path) -> LoadReport:
    """Write every order item, product, customer and review as a row of its log.

    An order without items becomes one rejected row of order_lines. Sellers and translations have
    no log of their own: they are read into the products. Times are taken as Sao Paulo's.

    Raises
    ------
    MissingInputError
        If a file or a column is missing.
    """
    loading = open_files(data_dir, out, FILES)
    loading.define_cents("cents", loading.floats("select distinct price from items"))
    loading.define_ids("ids", [code for code in loading.column(CODES) if code is not None])
    loading.sql.execute(SALES)
    loading.write(ProductVersion, PRODUCTS)
    loading.write(Customer, CUSTOMERS)
    loading.write(OrderLine, ORDER_LINES)
    loading.write(Review, REVIEWS)
    return loading.report
