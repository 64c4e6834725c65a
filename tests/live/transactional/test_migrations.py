"""The database's versions with data in them, up and down (transactional.migrations)."""

import json

import pytest
import sqlalchemy as sa

from transactional.migrations import downgrade, upgrade

pytestmark = pytest.mark.live

FIRST_SHOP = """
insert into accounts (email, password_hash, role, region, registered_at)
    values ('ann@example.com', 'hash', 'shopper', 'Bavaria', '2026-01-01Z');
insert into categories values (7, 'Home > Lamps');
insert into sellers values (3, 'Lights');
insert into products (title, description, category_id, seller_id, price_cents, attributes, status,
                      updated_at)
    values ('Lamp', 'bright', 7, 3, 250, '{"colour": "red"}', 'published', '2026-01-02Z'),
           ('Bulb', '', 7, 3, 100, '{}', 'archived', '2026-01-02Z');
insert into stock values (1, 5, '2026-01-03Z'), (2, 0, '2026-01-03Z');
insert into orders (customer_id, status, total_cents, currency, region, placed_at, cancelled_at)
    values (1, 'confirmed', 600, 'EUR', 'Bavaria', '2026-01-04Z', null),
           (1, 'cancelled', 250, 'EUR', 'Bavaria', '2026-01-05Z', '2026-01-06Z');
insert into order_lines values (1, 1, 1, 2, 250), (1, 2, 2, 1, 100), (2, 1, 1, 1, 250);
insert into idempotency_keys values
    (1, 'k', 'print', 201, 'application/json', '{}', '2026-01-04Z');
insert into outbox (event_id, topic, key, body) values ('e', 'order_lines', '1', '{}');
"""
TABLES = (
    "accounts", "categories", "sellers", "products", "stock", "orders", "order_lines",
    "idempotency_keys", "outbox",
)  # fmt: skip


@pytest.fixture
def shop_of_version_1(database_url):
    upgrade(database_url, "0001")
    engine = sa.create_engine(
        database_url.replace("postgresql:", "postgresql+psycopg2:"), isolation_level="AUTOCOMMIT"
    )
    with engine.connect() as connection:
        connection.exec_driver_sql(FIRST_SHOP)
        yield connection
    engine.dispose()


def read(connection, query):
    return [tuple(row) for row in connection.execute(sa.text(query))]


def contents(connection):
    return {table: read(connection, f"select * from {table} order by 1, 2") for table in TABLES}


def test_units_of_old_orders_become_reserved_and_the_ledger_opens_with_them(
    shop_of_version_1, database_url
):
    upgrade(database_url)

    assert read(
        shop_of_version_1,
        "select product_id, warehouse_id, n_on_hand, n_reserved, n_on_hand - n_reserved from stock"
        " order by 1",
    ) == [(1, 1, 7, 2, 5), (2, 1, 1, 1, 0)]
    assert read(
        shop_of_version_1,
        "select product_id, delta_on_hand, delta_reserved, reason from stock_ledger order by 1",
    ) == [(1, 7, 2, "opening"), (2, 1, 1, "opening")]


def test_old_orders_keep_their_lines_and_sums(shop_of_version_1, database_url):
    upgrade(database_url)

    assert read(
        shop_of_version_1,
        "select order_id, status, items_cents, total_cents, expires_at from orders order by 1",
    ) == [(1, "confirmed", 600, 600, None), (2, "cancelled", 250, 250, None)]
    assert read(
        shop_of_version_1,
        "select order_id, line_number, title, seller_id, quantity, unit_price_cents"
        " from order_lines order by 1, 2",
    ) == [(1, 1, "Lamp", 3, 2, 250), (1, 2, "Bulb", 3, 1, 100), (2, 1, "Lamp", 3, 1, 250)]
    assert read(shop_of_version_1, "select order_id, line_number, quantity from allocations") == [
        (1, 1, 2),
        (1, 2, 1),
    ]


def test_up_and_down_again_gives_back_every_row(shop_of_version_1, database_url):
    before = contents(shop_of_version_1)

    upgrade(database_url)
    downgrade(database_url, "0001")

    assert contents(shop_of_version_1) == before


def test_after_up_and_down_and_up_ids_go_on_where_they_were(shop_of_version_1, database_url):
    upgrade(database_url)
    downgrade(database_url, "0001")
    upgrade(database_url)

    new_id = (
        "insert into products (title, description, price_cents, attributes, status, updated_at)"
        " values ('New', '', 1, '{}', 'published', now()) returning product_id"
    )
    assert read(shop_of_version_1, new_id) == [(3,)]


def test_what_only_the_new_version_knows_goes_down_as_the_old_one_would_say_it(
    shop_of_version_1, database_url
):
    upgrade(database_url)
    shop_of_version_1.exec_driver_sql("""
        insert into orders (order_id, customer_id, status, items_cents, total_cents, currency,
                            placed_at, expires_at)
            values (9, 1, 'pending', 250, 250, 'EUR', '2026-02-01Z', '2026-02-02Z');
        insert into order_lines values (9, 1, 1, 3, 'Lamp', 1, 250);
        insert into allocations values (9, 1, 1, 1, 1);
        update stock set n_reserved = 3 where product_id = 1;
    """)

    downgrade(database_url, "0001")

    assert read(shop_of_version_1, "select status from orders where order_id = 9") == [
        ("cancelled",)
    ]
    assert read(shop_of_version_1, "select n_available from stock where product_id = 1") == [(5,)]


def test_the_tree_and_the_first_prices_come_from_what_is_there(shop_of_version_1, database_url):
    upgrade(database_url)

    tree = read(
        shop_of_version_1, "select path, category_id, parent_id, ancestor_ids from categories"
    )
    by_path = {path: rest for path, *rest in tree}
    home, _, _ = by_path["Home"]
    assert by_path == {"Home": [home, None, []], "Home > Lamps": [7, home, [home]]}
    assert read(
        shop_of_version_1, "select product_id, price_cents, changed_at::text from price_history"
    ) == [(1, 250, "2026-01-02 00:00:00+00"), (2, 100, "2026-01-02 00:00:00+00")]


def test_sellers_names_become_one_each_and_what_they_sold_is_theirs_without_commission(
    shop_of_version_1, database_url
):
    shop_of_version_1.exec_driver_sql("insert into sellers values (4, 'LIGHTS'), (5, null)")

    upgrade(database_url)

    assert read(shop_of_version_1, "select seller_id, name, name_key from sellers order by 1") == [
        (3, "Lights", "lights"),
        (4, "LIGHTS 4", "lights 4"),
        (5, None, None),
    ]
    assert read(shop_of_version_1, "select * from sold_lines order by 1, 2") == [
        (1, 1, 3, 0),
        (1, 2, 3, 0),
    ]


def test_a_code_that_came_back_goes_down_as_the_last_promotions_own(
    shop_of_version_1, database_url
):
    upgrade(database_url)
    partitions = "select count(*) from pg_inherits where inhparent = 'orders'::regclass"
    before = read(shop_of_version_1, partitions)
    shop_of_version_1.exec_driver_sql("""
        insert into promotions (label, kind, code, starts_at)
            values ('May', 'free_shipping', 'SHIP', now()), ('June', 'free_shipping', 'SHIP', now());
    """)

    downgrade(database_url, "0009")
    shop_of_version_1.exec_driver_sql("select add_order_partitions('2026-10-01', 8)")

    assert read(shop_of_version_1, "select label, code from promotions order by 1") == [
        ("June", "SHIP"),
        ("May", "SHIP-1"),
    ]
    assert read(shop_of_version_1, partitions) == before


def test_rules_of_slots_go_down_with_their_table_and_their_events_stay(
    shop_of_version_1, database_url
):
    told = "select event_id, key, body ->> 'note' from outbox where topic = 'slot_rules' order by 1"
    upgrade(database_url)
    shop_of_version_1.exec_driver_sql("""
        insert into slot_rules (slot, kind, product_id, position, note, key, version, created_by,
                                created_at, changed_by, changed_at)
            values ('home', 'pin', 1, 3, 'new lamp', 'k', 1, 1, now(), 1, now());
        update slot_rules set version = 2, note = 'old lamp', removed_at = now();
    """)

    downgrade(database_url, "0010")
    after_down = read(shop_of_version_1, told)
    upgrade(database_url)

    assert after_down == [
        ("slot-rule-1-1", "home", "new lamp"),
        ("slot-rule-1-2", "home", "old lamp"),
    ]
    assert read(shop_of_version_1, "select count(*) from slot_rules") == [(0,)]


def test_rules_of_searches_go_down_with_their_table_and_their_events_stay(
    shop_of_version_1, database_url
):
    told = """select event_id, key, body ->> 'note', body ? 'request_digest' from outbox
              where topic = 'search_rules' order by 1"""
    upgrade(database_url)
    shop_of_version_1.exec_driver_sql("""
        insert into search_rules (kind, queries, query_keys, words, from_words, url, note, key,
                                  request_digest, version, created_by, created_at, changed_by,
                                  changed_at)
            values ('redirect', '{sale}', '{sale}', '{}', '{}', '/sale', 'in May', 'k', 'd', 1, 1,
                    now(), 1, now());
        update search_rules set version = 2, note = 'in June', removed_at = now();
    """)

    downgrade(database_url, "0011")
    after_down = read(shop_of_version_1, told)
    upgrade(database_url)

    assert after_down == [
        ("search-rule-1-1", "1", "in May", False),
        ("search-rule-1-2", "1", "in June", False),
    ]
    assert read(shop_of_version_1, "select count(*) from search_rules") == [(0,)]


def test_experiments_go_down_with_their_table_and_their_events_stay(
    shop_of_version_1, database_url
):
    told = """select event_id, body ->> 'state', body ->> 'definition' from outbox
              where topic = 'experiments' order by 1"""
    upgrade(database_url)
    shop_of_version_1.exec_driver_sql("""
        insert into experiments (name, experiment_version, layer, traffic_basis_points, design, state,
                                 stopped_arms, note, key, request_digest, version, created_by,
                                 created_at, changed_by, changed_at)
            values ('home', 1, 'main', 10000, '{"surfaces": ["for_you"]}', 'draft', '{}', '', 'k', 'd',
                    1, 1, now(), 1, now());
        update experiments set version = 2, state = 'running', first_bucket = 0;
    """)

    downgrade(database_url, "0013")
    after_down = read(shop_of_version_1, told)
    upgrade(database_url)

    assert [each[:2] for each in after_down] == [
        ("experiment-home-1", "draft"),
        ("experiment-home-2", "running"),
    ]
    assert json.loads(after_down[0][2])["surfaces"] == ["for_you"]
    assert read(shop_of_version_1, "select count(*) from experiments") == [(0,)]


def test_a_draft_goes_down_as_archived_and_an_operators_category_stays(
    shop_of_version_1, database_url
):
    upgrade(database_url)
    shop_of_version_1.exec_driver_sql("""
        update products set status = 'draft', group_id = null where product_id = 1;
        insert into categories (path, parent_id, ancestor_ids, changed_at)
            values ('Home > Lamps > Desk', 7, array[1000000000, 7], now());
    """)

    downgrade(database_url, "0008")

    assert read(shop_of_version_1, "select status from products where product_id = 1") == [
        ("archived",)
    ]
    assert read(
        shop_of_version_1, "select path, parent_id, ancestor_ids from categories order by path"
    ) == [("Home > Lamps", None, []), ("Home > Lamps > Desk", 7, [7])]


def test_drafts_and_alerts_in_days_go_down_with_planning_and_what_was_approved_stays_on_order(
    shop_of_version_1, database_url
):
    upgrade(database_url)
    shop_of_version_1.exec_driver_sql("""
        insert into purchase_orders (supplier, warehouse_id, status, created_at, created_by, run_day,
                                     ended_at, reason)
            values ('A', 1, 'draft', now(), 1, '2026-05-01', null, null),
                   ('B', 1, 'rejected', now(), 1, '2026-05-01', now(), 'no room'),
                   ('C', 1, 'open', now(), 1, '2026-05-01', null, null);
        insert into purchase_order_lines (purchase_order_id, line_number, product_id, n_ordered, n_proposed)
            values (1, 1, 1, 5, 5), (2, 1, 1, 5, 5), (3, 1, 1, 5, 6), (3, 2, 2, 0, 4);
        insert into stock_alerts values (1, 3, false, now(), null), (2, null, false, now(), 4);
    """)

    downgrade(database_url, "0012")

    assert read(shop_of_version_1, "select supplier, status from purchase_orders") == [
        ("C", "open")
    ]
    assert read(
        shop_of_version_1,
        "select purchase_order_id, line_number, n_ordered from purchase_order_lines",
    ) == [(3, 1, 5)]
    assert read(shop_of_version_1, "select product_id, threshold from stock_alerts") == [(1, 3)]
