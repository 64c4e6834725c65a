"""What goes back for units that come back (transactional.fulfilment.amounts)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.fulfilment.amounts import PaidLine, refund_cents

LINES = (PaidLine(1, 3, 1000), PaidLine(2, 1, 500))
TOTAL = 1990  # 4.90 of shipping with its tax


@pytest.mark.parametrize(
    ("before", "now", "cents"),
    [
        pytest.param({}, {1: 1}, 333, id="a third of 10.00, rounded down"),
        pytest.param({1: 1}, {1: 1}, 333, id="the second: 666 - 333"),
        pytest.param({1: 2}, {1: 1}, 334, id="the third makes the line whole"),
        pytest.param({}, {2: 1}, 500, id="another line"),
        pytest.param({}, {1: 3, 2: 1}, TOTAL, id="everything: shipping too"),
        pytest.param({1: 3}, {2: 1}, 990, id="the last unit brings shipping back"),
    ],
)
def test_units_are_worth_their_share_of_the_line(before, now, cents):
    assert refund_cents(LINES, TOTAL, before, now) == cents


@given(st.data())
def test_an_order_that_comes_back_in_any_parts_is_refunded_to_the_cent(data):
    quantities = data.draw(st.lists(st.integers(1, 5), min_size=1, max_size=4))
    lines = [
        PaidLine(n, quantity, data.draw(st.integers(0, 10_000)))
        for n, quantity in enumerate(quantities, start=1)
    ]
    total = sum(line.paid_cents for line in lines) + data.draw(st.integers(0, 1000))
    units = data.draw(
        st.permutations([line.line_number for line in lines for _ in range(line.quantity)])
    )

    refunds, back = [], {}
    for line_number in units:
        refunds.append(refund_cents(lines, total, back, {line_number: 1}))
        back[line_number] = back.get(line_number, 0) + 1

    assert sum(refunds) == total
    assert min(refunds) >= 0
