"""What mails say (transactional.notifications.letters)."""

from typing import get_args

import pytest

from transactional.notifications.choosing import Kind
from transactional.notifications.letters import LETTERS, letter


def test_every_kind_of_mail_has_its_letter():
    assert set(LETTERS) == set(get_args(Kind))


def test_a_confirmed_order_names_what_was_bought_and_what_it_comes_to():
    facts = {
        "order_id": 7,
        "currency": "EUR",
        "lines": [
            {"title": "Desk lamp", "quantity": 2, "cents": 4_000},
            {"title": "Wall clock", "quantity": 1, "cents": 2_500},
        ],
        "charges": [
            {"kind": "item", "label": "2 units", "cents": 4_000},
            {"kind": "item", "label": "1 unit", "cents": 2_500},
            {"kind": "discount", "label": "spring", "cents": -500},
            {"kind": "shipping", "label": "shipping", "cents": 490},
        ],
        "total_cents": 6_490,
    }

    _, _, *lines = letter("order_confirmed", facts).text.splitlines()

    assert [line.split("  ")[0] for line in lines] == [
        "2 x Desk lamp",
        "1 x Wall clock",
        "spring",
        "shipping",
        "Total",
    ]
    amounts = [line.rsplit("  ", 1)[1] for line in lines]
    assert amounts == ["40.00 EUR", "25.00 EUR", "-5.00 EUR", "4.90 EUR", "64.90 EUR"]


@pytest.mark.parametrize(
    ("bound", "words"),
    [
        ({"threshold": 3}, "at 3."),
        ({"threshold": 3, "days_of_cover": None}, "at 3."),
        ({"threshold": 10, "days_of_cover": 8.0}, "at 8 days of demand, now 10 units."),
    ],
)
def test_low_stock_says_what_was_asked_for(bound, words):
    facts = {"product_id": 1, "title": "Lamp", "n_available": 3, **bound}

    assert letter("low_stock", facts).text.endswith(f"3 can be sold; you asked to be told {words}")


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("seller_approved", "You can sell as Ann's Lamps"),
        ("seller_refused", "Your application"),
        ("seller_suspended", "Ann's Lamps is suspended"),
        ("seller_reinstated", "Ann's Lamps may sell again"),
    ],
)
def test_a_seller_reads_what_was_decided_and_why(kind, subject):
    written = letter(kind, {"name": "Ann's Lamps", "note": "We saw the papers."})

    assert written.subject == subject
    assert "Ann's Lamps" in written.subject + written.text
    assert written.text.endswith("\n\nWe saw the papers.")
