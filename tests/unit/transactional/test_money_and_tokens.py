"""Totals of carts and orders, and tokens: pure rules of the shop."""

import datetime as dt

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.accounts.tokens import LIFETIME, Caller, TokenSigner
from transactional.carts.service import priced
from transactional.catalogue.models import Product
from transactional.orders.checkout import fingerprint
from transactional.orders.service import new_order

NOON = dt.datetime(2025, 5, 3, 12, tzinfo=dt.UTC)
SECRET = "a secret of the tests, long enough"
PRICES_AND_UNITS = st.lists(
    st.tuples(st.integers(1, 10**9), st.integers(1, 100)), min_size=1, max_size=100
)


def products(prices_and_units, status="published"):
    return [
        (Product(product_id=id_, title="", price_cents=price, status=status), quantity)
        for id_, (price, quantity) in enumerate(prices_and_units, start=1)
    ]


def test_a_total_worked_by_hand():
    order = new_order(1, None, products([(1999, 3), (5, 7)]), "EUR", NOON)

    assert order.total_cents == 6032
    assert [line.line_number for line in order.lines] == [1, 2]


@given(PRICES_AND_UNITS)
def test_an_order_costs_what_the_cart_said(prices_and_units):
    wanted = products(prices_and_units)
    cart = priced(
        {product.product_id: quantity for product, quantity in wanted},
        {product.product_id: product for product, _ in wanted},
        "EUR",
    )

    order = new_order(1, None, wanted, "EUR", NOON)

    assert order.total_cents == cart.total_cents
    assert order.total_cents == sum(line.line_total_cents for line in cart.lines)
    assert isinstance(order.total_cents, int)


@given(PRICES_AND_UNITS, st.randoms())
def test_a_total_does_not_depend_on_the_order_of_lines(prices_and_units, random):
    wanted = products(prices_and_units)
    shuffled = random.sample(wanted, len(wanted))

    totals = {new_order(1, None, lines, "EUR", NOON).total_cents for lines in (wanted, shuffled)}

    assert len(totals) == 1


@given(PRICES_AND_UNITS)
def test_what_is_archived_costs_nothing(prices_and_units):
    wanted = products(prices_and_units, status="archived")
    by_id = {product.product_id: product for product, _ in wanted}

    cart = priced(dict.fromkeys(by_id, 1), by_id, "EUR")

    assert cart.total_cents == 0


def test_the_same_wish_has_the_same_fingerprint_however_it_is_ordered():
    assert fingerprint({1: 2, 3: 4}) == fingerprint({3: 4, 1: 2})
    assert len({fingerprint(wish) for wish in (None, {}, {1: 2}, {1: 3}, {2: 1})}) == 5


def signer(now=NOON, secret=SECRET):
    return TokenSigner(secret, lambda: now)


def test_a_token_speaks_for_its_caller_until_it_expires():
    token = signer().issue(Caller(7, "ops"))

    assert signer(NOON + LIFETIME - dt.timedelta(seconds=1)).read(token) == Caller(7, "ops")
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
