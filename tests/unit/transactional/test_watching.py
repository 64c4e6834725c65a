"""What turns with a new stock level (transactional.stock.watching)."""

import datetime as dt

import pytest

from transactional.stock.watching import Alert, Level, follow

NOON = dt.datetime(2026, 5, 1, 12, tzinfo=dt.UTC)


def levels(*units, product_id=1):
    return [Level(f"e{n}", product_id, units_, NOON) for n, units_ in enumerate(units)]


@pytest.mark.parametrize(
    ("units", "turns"),
    [
        # told once when it falls to the threshold, not again while it stays there
        ((5, 3, 2, 1), ["e1 low"]),
        ((3, 4, 3), ["e0 low", "e1 enough", "e2 low"]),
        # nothing left is low and out; a delivery may end both
        ((0, 9), ["e0 low", "e0 out", "e1 enough", "e1 back"]),
        ((0, 0, 1, 0), ["e0 low", "e0 out", "e2 back", "e3 out"]),
        ((9, 8), []),
    ],
)
def test_levels_turn_an_alert_at_three(units, turns):
    turned = follow(levels(*units), {1: Alert(3, is_low=False)}, set())

    assert [f"{turn.level.event_id} {turn.kind}" for turn in turned] == turns


def test_what_was_low_and_out_before_is_not_told_again():
    assert follow(levels(0), {1: Alert(3, is_low=True)}, {1}) == []


def test_a_product_without_an_alert_has_stock_outs_all_the_same():
    assert [turn.kind for turn in follow(levels(0, 2), {}, set())] == ["out", "back"]


def test_products_do_not_meet():
    both = [*levels(0), *levels(7, product_id=2)]

    turned = follow(both, {2: Alert(3, is_low=False)}, {2})

    assert [(turn.level.product_id, turn.kind) for turn in turned] == [(1, "out"), (2, "back")]
