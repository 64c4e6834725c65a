"""How an order's lines are told to the log `order_lines`: one statement for sales and returns."""

from typing import Literal


def tell_lines(kind: Literal["sale", "return"], rows: str) -> str:
    """Return SQL that writes log rows to the outbox; it takes `:now`.

    Parameters
    ----------
    rows
        A relation of `event_id` and the log row's own columns; what is no constant of ours has no
        place in it.
    """
    return f"""
    insert into outbox (event_id, topic, key, body, recorded_at)
    select event_id, 'order_lines', order_id::text,
           jsonb_build_object('event_id', event_id, 'occurred_at', cast(:now as timestamptz),
                              'recorded_at', cast(:now as timestamptz), 'order_id', order_id,
                              'line_number', line_number, 'customer_id', customer_id,
                              'product_id', product_id, 'kind', '{kind}', 'quantity', quantity,
                              'unit_price_cents', unit_price_cents, 'currency', currency,
                              'region', region), :now
    from {rows} order by order_id, line_number"""  # noqa: S608 - constants of ours
