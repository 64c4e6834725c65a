"""What mails say (transactional.notifications.letters)."""

from typing import get_args

import pytest

from transactional.notifications.choosing import Kind
from transactional.notifications.letters import LETTERS, letter


def test_every_kind_of_mail_has_its_letter():
    assert set(LETTERS) == set(get_args(Kind))


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
