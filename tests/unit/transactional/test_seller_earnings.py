"""What a seller earns with a line and gives back of it (transactional.sellers.earnings)."""

import dataclasses
import datetime as dt
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.sellers.earnings import SoldUnits, earnings
from transactional.sellers.names import name_key
from transactional.sellers.states import DecisionProblem, status_after

MAY, JUNE = dt.datetime(2026, 5, 1, tzinfo=dt.UTC), dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


def line(quantity, paid_cents, rate_basis_points, delivered=0, returned=0, **booked):
    return SoldUnits(
        9, 1, 3, quantity, paid_cents, rate_basis_points, delivered, returned, **booked
    )


def money(entries):
    return [(entry.kind, entry.n_units, entry.cents) for entry in entries]


@pytest.mark.parametrize(
    ("sold", "expected"),
    [
        # 1000 for 3 units at 15 %: a unit is worth 333, two 666, three 1000; .15 of 1000 is 150
        pytest.param(
            line(3, 1000, 1500, delivered=3), [("sale", 3, 1000), ("commission", 3, -150)], id="all"
        ),
        # .15 of 333 is 49.95
        pytest.param(
            line(3, 1000, 1500, delivered=1),
            [("sale", 1, 333), ("commission", 1, -50)],
            id="a part",
        ),
        # the rest of 1000 - 333 and of 150 - 50
        pytest.param(
            line(3, 1000, 1500, delivered=3, n_booked_sold=1),
            [("sale", 2, 667), ("commission", 2, -100)],
            id="the rest of it",
        ),
        # two units are worth 666, .15 of that is 99.9
        pytest.param(
            line(3, 1000, 1500, delivered=3, returned=2, n_booked_sold=3, earned_at=MAY),
            [("refund", 2, -666), ("commission_refund", 2, 100)],
            id="two come back",
        ),
        pytest.param(line(3, 1000, 1500, returned=2), [], id="back before it arrived"),
        pytest.param(
            line(2, 1000, 0, delivered=2, returned=1),
            [("sale", 2, 1000), ("refund", 1, -500)],
            id="no commission",
        ),
        pytest.param(line(1, 0, 1500, delivered=1), [("sale", 1, 0)], id="given away"),
        pytest.param(line(3, 1000, 1500, delivered=3, n_booked_sold=3), [], id="all is booked"),
    ],
)
def test_what_is_missing_in_the_ledger_is_booked(sold, expected):
    assert money(earnings(sold, JUNE)) == expected


def test_what_is_taken_back_counts_from_when_it_was_earned():
    back = line(1, 100, 1000, delivered=1, returned=1, n_booked_sold=1, earned_at=MAY)

    assert {(e.occurred_at, e.earned_at) for e in earnings(back, JUNE)} == {(JUNE, MAY)}


def worth(paid_cents, n, quantity):
    return floor(Fraction(paid_cents * n, quantity))


def half_up(cents, basis_points):
    return floor(Fraction(cents * basis_points, 10_000) + Fraction(1, 2))


@given(
    quantity=st.integers(1, 12),
    paid_cents=st.integers(0, 5000),
    rate=st.integers(0, 10_000),
    steps=st.lists(st.tuples(st.sampled_from(("deliver", "return")), st.integers(1, 12))),
)
def test_whatever_is_delivered_and_comes_back_the_line_says_what_the_formula_says(
    quantity, paid_cents, rate, steps
):
    sold = line(quantity, paid_cents, rate)
    entries = []
    for what, n in steps:
        grows = "n_delivered" if what == "deliver" else "n_returned"
        sold = dataclasses.replace(sold, **{grows: min(quantity, getattr(sold, grows) + n)})
        new = earnings(sold, MAY)
        entries += new
        booked = {
            name: sum(e.n_units for e in entries if e.kind == kind)
            for name, kind in (("n_booked_sold", "sale"), ("n_booked_back", "refund"))
        }
        sold = dataclasses.replace(sold, **booked)

        back = min(sold.n_delivered, sold.n_returned)
        kept = worth(paid_cents, sold.n_delivered, quantity) - worth(paid_cents, back, quantity)
        commission = half_up(worth(paid_cents, sold.n_delivered, quantity), rate) - half_up(
            worth(paid_cents, back, quantity), rate
        )
        balance = sum(e.cents for e in entries)
        assert balance == kept - commission >= 0
        assert back < quantity or balance == 0
    assert len({e.event_key for e in entries}) == len(entries)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Ann's Lamps", "ANN'S  LAMPS", True),
        ("Straße", "STRASSE", True),
        ("\uff21nn", "ann", True),  # a full-width A
        ("Ann", "Anne", False),
    ],
)
def test_names_that_look_alike_are_the_same(one, other, same):
    assert (name_key(one) == name_key(other)) is same


@pytest.mark.parametrize(
    ("current", "decision", "after"),
    [
        ("applied", "approve", "approved"),
        ("applied", "refuse", "refused"),
        ("approved", "suspend", "suspended"),
        ("suspended", "reinstate", "approved"),
    ],
)
def test_a_decision_leads_on(current, decision, after):
    assert status_after(1, current, decision) == after


@pytest.mark.parametrize(
    ("current", "decision"),
    [
        ("approved", "approve"),
        ("refused", "approve"),
        ("applied", "suspend"),
        ("approved", "reinstate"),
    ],
)
def test_every_other_decision_is_refused(current, decision):
    with pytest.raises(DecisionProblem, match=current):
        status_after(1, current, decision)
