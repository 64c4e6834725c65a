"""What mails say (transactional.notifications.letters)."""

from typing import get_args

import pytest

from transactional.notifications.choosing import Kind
from transactional.notifications.letters import LETTERS, letter


def test_every_kind_of_mail_has_its_letter():
    assert set(LETTERS) == set(get_args(Kind))


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
