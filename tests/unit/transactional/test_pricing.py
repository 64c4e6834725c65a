"""What an order costs (transactional.promotions), worked out by hand."""

import dataclasses
import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transactional.money import ratio_of, share_out
from transactional.promotions.rules import BasketLine, Promotion, Scope
from transactional.promotions.total import RegionRates, price

MAY = dt.datetime(2026, 5, 1, tzinfo=dt.UTC)
LAMPS, TABLES = 10, 20


def line(product_id, quantity, unit_price_cents, category_id=LAMPS, seller_id=3):
    return BasketLine(product_id, seller_id, frozenset({category_id}), quantity, unit_price_cents)


def promotion(promotion_id, kind, **fields):
    return Promotion(promotion_id, f"promotion {promotion_id}", kind, MAY, **fields)


def percentage(promotion_id, percent, **fields):
    return promotion(promotion_id, "percentage", percent_basis_points=percent * 100, **fields)


def amount(promotion_id, cents, **fields):
    return promotion(promotion_id, "amount", amount_cents=cents, **fields)


def buy_get(promotion_id, n_buy, n_get, **fields):
    return promotion(promotion_id, "buy_x_get_y", n_buy=n_buy, n_get=n_get, **fields)


FREE_SHIPPING = promotion(90, "free_shipping")
# Three lamps at 10.00 and a table at 25.50: 55.50.
BASKET = [line(1, 3, 1000), line(2, 1, 2550, category_id=TABLES, seller_id=4)]


@pytest.mark.parametrize(
    ("promotions", "off_by_line"),
    [
        pytest.param([], (0, 0), id="nothing"),
        pytest.param([percentage(1, 10)], (300, 255), id="10 % of all"),
        pytest.param(
            [percentage(1, 10, scope=Scope(category_ids=frozenset({TABLES})))],
            (0, 255),
            id="10 % of the tables",
        ),
        pytest.param(
            [percentage(1, 10, scope=Scope(seller_ids=frozenset({3})))],
            (300, 0),
            id="10 % of one seller",
        ),
        pytest.param([amount(1, 500)], (270, 230), id="5.00 shared 3000 : 2550"),
        pytest.param([amount(1, 9999)], (3000, 2550), id="never more than there is"),
        pytest.param([buy_get(1, 2, 1)], (1000, 0), id="of four units, one of the cheapest"),
        pytest.param(
            [percentage(1, 10, priority=1), amount(2, 100, priority=2)],
            (354, 301),
            id="in order: 10 %, then 1.00 shared 2700 : 2295",
        ),
        pytest.param(
            [percentage(1, 10, priority=1), amount(2, 100, priority=2, exclusive=True)],
            (300, 255),
            id="an exclusive one is passed over after another",
        ),
        pytest.param(
            [percentage(1, 10, priority=2), amount(2, 111, priority=1, exclusive=True)],
            (60, 51),
            id="an exclusive one that comes first stays alone",
        ),
        pytest.param([percentage(1, 10, minimum_spend_cents=5550)], (300, 255), id="just enough"),
        pytest.param([percentage(1, 10, minimum_spend_cents=5551)], (0, 0), id="a cent too little"),
    ],
)
def test_what_promotions_take_off_each_line(promotions, off_by_line):
    assert price(BASKET, promotions, RegionRates()).line_discount_cents == off_by_line


def test_a_total_is_items_minus_discounts_plus_shipping_plus_tax():
    rates = RegionRates(shipping_steps=((0, 490), (5000, 0)), tax_basis_points=1900)

    total = price(BASKET, [percentage(1, 10)], rates)

    # 5550 - 555 = 4995, below 5000: shipping 490; tax .19 of 5485 = 1042.15
    assert [(charge["kind"], charge["cents"]) for charge in total.charges()] == [
        ("item", 3000),
        ("item", 2550),
        ("discount", -555),
        ("shipping", 490),
        ("tax", 1042),
    ]
    assert total.total_cents == 6527
    # 1042 over 2700 : 2295 : 490 is 512.92, 435.99, 93.09
    assert (total.line_tax_cents, total.shipping_tax_cents) == ((513, 436), 93)


def test_free_shipping_takes_the_shipping_off_and_its_tax():
    rates = RegionRates(shipping_steps=((0, 490),), tax_basis_points=1000)

    total = price(BASKET, [FREE_SHIPPING], rates)

    assert (total.shipping_cents, total.discount_cents, total.tax_cents) == (490, 490, 555)
    assert total.total_cents == 5550 + 555


def test_free_shipping_that_frees_nothing_is_not_used_up():
    assert price(BASKET, [FREE_SHIPPING], RegionRates()).discounts == ()


@pytest.mark.parametrize(("n_lamps", "n_free"), [(2, 0), (3, 1), (5, 1), (6, 2), (9, 3)], ids=str)
def test_buy_two_get_one_counts_whole_groups(n_lamps, n_free):
    total = price([line(1, n_lamps, 1000)], [buy_get(1, 2, 1)], RegionRates())

    assert total.discount_cents == n_free * 1000


@pytest.mark.parametrize(
    ("cents", "basis_points", "expected"),
    [(5485, 1900, 1042), (50, 100, 1), (49, 100, 0), (150, 100, 2), (0, 9999, 0)],
)
def test_half_a_cent_is_rounded_up(cents, basis_points, expected):
    assert ratio_of(cents, basis_points) == expected


@given(st.integers(0, 10**9), st.lists(st.integers(0, 10**9), min_size=1).filter(any))
def test_shares_add_up_and_are_off_by_less_than_a_cent(cents, weights):
    parts = share_out(cents, weights)

    assert sum(parts) == cents
    exact = [cents * weight / sum(weights) for weight in weights]
    assert all(
        abs(part - share) < 1 + 1e-6 * share for part, share in zip(parts, exact, strict=True)
    )


lines_of_a_basket = st.lists(
    st.builds(
        line,
        st.integers(1, 9),
        st.integers(1, 9),
        st.integers(1, 99_999),
        st.sampled_from([LAMPS, TABLES]),
    ),
    min_size=1,
    max_size=6,
)
scopes = st.sampled_from([Scope(), Scope(category_ids=frozenset({TABLES}))])
any_promotion = st.one_of(
    st.builds(percentage, st.integers(1, 99), st.integers(1, 100), scope=scopes),
    st.builds(amount, st.integers(1, 99), st.integers(1, 99_999), scope=scopes),
    st.builds(buy_get, st.integers(1, 99), st.integers(1, 3), st.integers(1, 3), scope=scopes),
    st.just(FREE_SHIPPING),
)
any_rates = st.builds(
    RegionRates, st.sampled_from([((0, 0),), ((0, 490), (5000, 0))]), st.integers(0, 2500)
)


@given(lines_of_a_basket, st.lists(any_promotion, max_size=4), any_rates)
def test_every_total_explains_itself_to_the_cent_and_is_never_negative(lines, promotions, rates):
    promotions = [
        dataclasses.replace(each, promotion_id=n) for n, each in enumerate(promotions, start=1)
    ]

    total = price(lines, promotions, rates)

    assert sum(charge["cents"] for charge in total.charges()) == total.total_cents >= 0
    assert all(
        0 <= off <= line.items_cents
        for off, line in zip(total.line_discount_cents, lines, strict=True)
    )
    paid_for_lines = [
        line.items_cents - off + tax
        for line, off, tax in zip(
            lines, total.line_discount_cents, total.line_tax_cents, strict=True
        )
    ]
    freed_cents = sum(discount.shipping_cents for discount in total.discounts)
    shipping_paid = total.shipping_cents - freed_cents + total.shipping_tax_cents
    assert sum(paid_for_lines) + shipping_paid == total.total_cents
