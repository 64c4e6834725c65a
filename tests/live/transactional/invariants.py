"""What must hold of the shop's database and the bank's books after every step, whatever happened."""

from transactional.orders.states import TRANSITIONS

STOCK = {
    "stock is the sum of its ledger": """
        select product_id, warehouse_id, n_on_hand, on_hand, n_reserved, reserved
        from stock full join (
            select product_id, warehouse_id, sum(delta_on_hand) as on_hand,
                   sum(delta_reserved) as reserved
            from stock_ledger group by 1, 2) as ledger using (product_id, warehouse_id)
        where coalesce(n_on_hand, 0) is distinct from coalesce(on_hand, 0)
           or coalesce(n_reserved, 0) is distinct from coalesce(reserved, 0)""",
    "no unit is promised twice": """
        select * from stock where n_reserved < 0 or n_reserved > n_on_hand""",
    "what is reserved are the units of orders that have not left": """
        select product_id, warehouse_id, n_reserved, n from stock left join (
            select a.product_id, a.warehouse_id, sum(a.quantity) as n
            from allocations as a join orders using (order_id)
                 join order_lines as l using (order_id, line_number)
                 left join shipments as s on s.order_id = a.order_id
                     and s.warehouse_id = a.warehouse_id
                     and s.seller_id is not distinct from l.seller_id
            where orders.status in ('pending', 'confirmed', 'processing')
              and coalesce(s.status, 'packing') = 'packing'
            group by 1, 2) as held using (product_id, warehouse_id)
        where n_reserved <> coalesce(n, 0)""",
    "an order's lines are allocated to the unit": """
        select l.order_id, l.line_number from order_lines as l left join allocations as a
            using (order_id, line_number)
        group by l.order_id, l.line_number, l.quantity
        having l.quantity <> coalesce(sum(a.quantity), 0)""",
}
MONEY = {
    "an order's total is what its lines, shipping and tax come to": """
        select order_id from orders join (
            select order_id, sum(quantity * unit_price_cents) as items from order_lines group by 1
            ) as l using (order_id)
        where items_cents <> items
           or total_cents <> (select sum((c->>'cents')::bigint) from jsonb_array_elements(charges) as c)""",
    "a promotion's uses are counted exactly and bounded": """
        select promotion_id from promotions left join (
            select promotion_id, count(*) as n from promotion_uses group by 1) as u using (promotion_id)
        where n_uses <> coalesce(n, 0) or n_uses > max_uses""",
    "cancelled orders use no promotion": """
        select order_id from promotion_uses join orders using (order_id) where status = 'cancelled'""",
    "no more goes back than came in": """
        select order_id from orders join (
            select order_id, sum(cents) as owed from refunds group by 1) as r using (order_id)
        where owed > total_cents""",
}
LOG = {
    "a confirmed order's lines are in the log once": """
        select l.order_id, l.line_number, count(event_id) as n
        from order_lines as l left join outbox
             on event_id = 'sale-' || l.order_id || '-' || l.line_number
        where exists (select from order_history as h
                      where h.order_id = l.order_id and h.to_status = 'confirmed')
        group by 1, 2 having count(event_id) <> 1""",
    "a change of an order is told once": """
        select h.order_id, to_status, count(event_id) as n
        from order_history as h left join outbox
             on event_id = 'order-' || h.order_id || '-' || to_status
        where to_status <> 'pending' group by 1, 2 having count(event_id) <> 1""",
    "a shipment that left is told once": """
        select s.order_id, number, status, count(event_id) as n
        from shipments as s left join outbox
             on event_id = 'shipment-' || s.order_id || '-' || number || '-' || status
        where status <> 'packing' group by 1, 2, 3 having count(event_id) <> 1""",
    "a refund that was given is told once": """
        select r.order_id, number, count(event_id) as n
        from refunds as r left join outbox on event_id = 'refund-' || r.order_id || '-' || number
        where status = 'given' group by 1, 2 having count(event_id) <> 1""",
    "no sale is logged of an order that was never confirmed": """
        select event_id from outbox where topic = 'order_lines' and body->>'kind' = 'sale'
            and not exists (select from order_history as h
                            where h.order_id = (body->>'order_id')::bigint
                              and h.to_status = 'confirmed')""",
    "the log's last level of a product is what can be sold": """
        select product_id, n_available, n from (
            select product_id, sum(n_on_hand - n_reserved) as n from stock group by 1) as now_
        join (select distinct on (key) key::bigint as product_id,
                     (body->>'n_available')::bigint as n_available
              from outbox where topic = 'stock_levels' order by key, position desc
             ) as told using (product_id)
        where n <> n_available""",
    "the log's last level of a warehouse is what can be sold from there": """
        select product_id, warehouse_id, n_there, n_on_hand - n_reserved as n from stock
        join (select distinct on (key, body->'warehouse_id') key::bigint as product_id,
                     (body->>'warehouse_id')::bigint as warehouse_id,
                     (body->>'n_available_there')::bigint as n_there
              from outbox where topic = 'stock_levels'
              order by key, body->'warehouse_id', position desc
             ) as told using (product_id, warehouse_id)
        where n_on_hand - n_reserved <> n_there""",
    "a received return is in the log": """
        select order_id, number from returns join return_lines using (order_id, number)
        where status = 'received' and not exists (
            select from outbox where event_id = 'return-' || order_id || '-' || line_number
                                                 || '-' || number)""",
}
ORDERS_AND_REFUNDS = """
select orders.*, coalesce(given_cents, 0) as given_cents from orders left join (
    select order_id, sum(cents)::bigint as given_cents from refunds where status = 'given' group by 1
    ) as given using (order_id)"""
HELD_BY_STATUS = {
    "pending": {"authorised", "action_required", "declined"},
    "confirmed": {"authorised"},
    "processing": {"authorised", "captured"},
    "shipped": {"authorised", "captured"},
    "delivered": {"authorised", "captured"},
    "returned": {"authorised", "captured"},
    "refunded": {"captured"},
    "cancelled": {"authorised", "action_required", "voided", "declined"},
}


def violations(rows, entries):
    """Return what does not hold; `rows` queries the database, `entries` are the bank's books."""
    found = [
        f"{name}: {broken}"
        for name, query in {**STOCK, **MONEY, **LOG}.items()
        if (broken := rows(query))
    ]
    return found + history_violations(rows) + book_violations(rows, entries)


def history_violations(rows):
    """Every change is one that the table of transitions has, from where the last one led."""
    found, at = [], {}
    for entry in rows("select * from order_history order by order_id, entry_id"):
        order_id, before, after = entry["order_id"], entry["from_status"], entry["to_status"]
        allowed = after == "pending" if before is None else after in TRANSITIONS[before]
        if before != at.get(order_id) or not allowed:
            found.append(f"order {order_id} went from {before} to {after}")
        at[order_id] = after
    now = {row["order_id"]: row["status"] for row in rows("select order_id, status from orders")}
    return found + [
        f"order {id_} is {s}, not {at.get(id_)}" for id_, s in now.items() if at.get(id_) != s
    ]


def book_violations(rows, entries):
    """No charge without an order, none twice, none of another sum; no order without its money."""
    orders = {row["order_id"]: row for row in rows(ORDERS_AND_REFUNDS)}
    found, seen = [], set()
    for entry in entries:
        order = orders.get(int(entry.key.removeprefix("order-")))
        if order is None:
            found.append(f"the bank holds money for no order: {entry}")
            continue
        if order["order_id"] in seen or entry.amount_cents != order["total_cents"]:
            found.append(f"the bank holds another sum than the order's: {entry}")
        if entry.refunded_cents != order["given_cents"]:
            found.append(f"the bank gave back another sum than {order['given_cents']}: {entry}")
        if entry.status not in HELD_BY_STATUS[order["status"]]:
            found.append(f"an order is {order['status']} and its payment {entry.status}")
        seen.add(order["order_id"])
    paid = {"confirmed", "processing", "shipped", "delivered", "returned", "refunded"}
    return found + [
        f"order {id_} is {order['status']} and nothing is held for it"
        for id_, order in orders.items()
        if order["status"] in paid and order["total_cents"] and id_ not in seen
    ]
