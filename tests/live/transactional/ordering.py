"""Orders as the tests place them."""

import uuid

from transactional.payments.test_provider.cards import SUCCESS

ORDERS = "/api/v1/orders"
LEDGER_DIFFERS = """
select * from stock full join (
    select product_id, warehouse_id, sum(delta_on_hand) as on_hand, sum(delta_reserved) as reserved
    from stock_ledger group by 1, 2
) as ledger using (product_id, warehouse_id)
where n_on_hand is distinct from on_hand or n_reserved is distinct from reserved
"""


async def place(client, shopper, lines, key=None, method=SUCCESS, codes=()):
    """Order `{product_id: quantity}` and return the answer."""
    body = {
        "payment_method": method,
        "codes": list(codes),
        "lines": [{"product_id": id_, "quantity": n} for id_, n in lines.items()],
    }
    headers = {**shopper, "Idempotency-Key": key or uuid.uuid4().hex}
    return await client.post(ORDERS, json=body, headers=headers)


def ledger_differs(rows):
    """Rows of stock that are not the sum of their ledger."""
    return rows(LEDGER_DIFFERS)
