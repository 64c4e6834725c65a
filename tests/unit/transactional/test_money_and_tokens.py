"""Totals of carts and orders, and tokens: pure rules of the shop."""

import datetime as dt
import hashlib

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.carts.lines import locked
from transactional.carts.service import view
from transactional.catalogue.listings import Listing
from transactional.orders.checkout import fingerprint
from transactional.tokens import LIFETIME, Caller, TokenSigner

NOON = dt.datetime(2025, 5, 3, 12, tzinfo=dt.UTC)
SECRET = "a secret of the tests, long enough"
PRICES_AND_UNITS = st.lists(
    st.tuples(st.integers(1, 10**9), st.integers(1, 100)), min_size=1, max_size=100
)


@given(PRICES_AND_UNITS)
def test_what_is_archived_costs_nothing(prices_and_units):
    lines = {id_: locked(n, cents, NOON) for id_, (cents, n) in enumerate(prices_and_units)}
    archived = {id_: Listing(id_, "", "archived", line.shown_cents) for id_, line in lines.items()}

    assert view(lines, archived, "EUR", []).total_cents == 0


def test_the_same_wish_has_the_same_fingerprint_however_it_is_ordered():
    assert fingerprint({1: 2, 3: 4}, ["A", "B"], "visa") == fingerprint(
        {3: 4, 1: 2}, ["B", "A"], "visa"
    )


def test_a_fingerprint_stays_what_it_was_for_keys_that_are_kept():
    """A new release that spells wishes otherwise would refuse every retry of the day before."""
    spelt = b'[[[1, 2], [3, 1]], ["A"], "pm_card_visa", null]'

    found = fingerprint({3: 1, 1: 2}, ["A"], "pm_card_visa")

    assert found == hashlib.sha256(spelt).hexdigest()


def test_different_wishes_have_different_fingerprints():
    wishes = [
        (quantities, codes, method)
        for quantities in (None, {}, {1: 2}, {1: 3}, {2: 1})
        for codes in ([], ["A"])
        for method in ("visa", "other")
    ]

    assert len({fingerprint(*wish) for wish in wishes}) == len(wishes)


def signer(now=NOON, secret=SECRET):
    return TokenSigner(secret, lambda: now)


def test_a_token_speaks_for_its_caller_until_it_expires():
    token = signer().issue(Caller(7, "ops"))

    assert signer(NOON + LIFETIME - dt.timedelta(seconds=1)).read(token).caller == Caller(7, "ops")
    assert signer(NOON + LIFETIME).read(token) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b.c",
        signer(secret="another secret that is long enough").issue(Caller(7, "ops")),
        jwt.encode({"sub": "7", "role": "ops", "exp": 4e9, "iss": "emporium-shop"}, None, "none"),
        jwt.encode({"sub": "7", "role": "ops", "exp": 4e9, "iss": "other"}, SECRET, "HS256"),
        jwt.encode({"sub": "x", "role": "ops", "exp": 4e9, "iss": "emporium-shop"}, SECRET),
    ],
)
def test_a_forged_token_speaks_for_nobody(token):
    assert signer().read(token) is None


@given(st.text())
def test_any_text_is_read_without_an_error(text):
    assert signer().read(text) is None
