"""What customers bought last, out of the shop's event stream (serving.events.bought)."""

import datetime as dt

import pytest

from features.schemas.logs import OrderLine
from serving.events.bought import latest_purchases
from serving.events.entries import SHOP_EVENTS
from transactional.outbox import stream
from transactional.outbox.reading import Event

NOON = dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC)


def line(product_id, customer_id=1, topic="order_lines", recorded_at=NOON, **changes):
    """An entry as the shop's worker writes it."""
    row = OrderLine(
        event_id=f"sale-{product_id}",
        occurred_at=recorded_at,
        recorded_at=recorded_at,
        order_id=1,
        line_number=1,
        customer_id=customer_id,
        product_id=product_id,
        kind="sale",
        quantity=1,
        unit_price_cents=100,
        currency="EUR",
        region=None,
        date=recorded_at.date(),
    )
    body = row.model_dump(mode="json", exclude={"date"}) | changes
    return stream._fields(Event((1, 1), row.event_id, topic, "1", body, recorded_at))


def test_the_latest_line_comes_first_for_each_customer():
    later = NOON + dt.timedelta(seconds=1)

    found = latest_purchases([line(5), line(6, recorded_at=later), line(7, customer_id=2)])

    assert found == {1: [(6, later), (5, NOON)], 2: [(7, NOON)]}


@pytest.mark.parametrize(
    "other",
    [
        line(9, kind="return"),
        line(9, customer_id=None),
        line(9, topic="orders"),
        line(9, quantity=0),
        {"topic": "order_lines", "body": "no json"},
        {"topic": "order_lines"},
        {},
    ],
)
def test_what_no_known_customer_bought_is_passed_over(other):
    assert latest_purchases([other, line(5)]) == {1: [(5, NOON)]}


def test_the_stream_is_the_one_that_the_shop_writes():
    assert SHOP_EVENTS == stream.STREAM
