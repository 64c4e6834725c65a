"""What a session, a browser or a customer did lately (features.live.shoppers, features.live.intent)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.live.intent import HALF_LIFE_SECONDS, N_KEPT, Facts, Intent
from features.live.products import Interest, Offer, ProductAct
from features.live.shoppers import (
    N_QUERIES,
    N_SEEN,
    Shopper,
    ShopperAct,
    names_of,
    seen_last,
    wanted_category,
)

NOON = 1_769_860_800.0
LAMP = Facts(category_id=10, brand="Lumo", price_cents=1_000)
CHAIR = Facts(category_id=20, brand=None, price_cents=4_000)


def shopper(*acts):
    made = Shopper()
    for act in acts:
        made.take(act)
    return made


def look(product_id, seconds=0, facts=LAMP, kind="view"):
    return ShopperAct(NOON + seconds, kind, product_id, None, facts)


def search(query, seconds=0):
    return ShopperAct(NOON + seconds, "search", None, query)


def test_what_was_looked_at_last_comes_first_and_once():
    made = shopper(look(1), look(2, 1), look(1, 2), look(3, 3, kind="cart"), search("lamp", 4))

    assert list(made.seen) == [3, 1, 2]
    assert list(made.queries) == ["lamp"]
    assert made.at == NOON + 4


def test_of_events_that_came_together_the_last_is_the_latest():
    made = shopper(look(3), look(1), look(2), look(1))

    assert list(made.seen) == seen_last([made]) == [1, 2, 3]


def test_little_is_kept_of_much():
    acts = [each for n in range(50) for each in (look(n + 1, n), search(f"query {n}", n))]

    made = shopper(*acts)

    assert list(made.seen) == list(range(50, 50 - N_SEEN, -1))
    assert list(made.queries) == [f"query {n}" for n in range(49, 49 - N_QUERIES, -1)]


def test_a_cart_tells_three_times_as_much_as_a_view():
    made = shopper(look(1), look(2, facts=CHAIR, kind="cart"))

    assert made.intent.category_shares == pytest.approx({20: 0.75, 10: 0.25})
    assert made.intent.brand_shares == {"Lumo": 1.0}


def test_what_was_looked_at_half_an_hour_ago_counts_half():
    made = shopper(look(1), look(2, HALF_LIFE_SECONDS, CHAIR))

    assert made.intent.category_shares == pytest.approx({20: 2 / 3, 10: 1 / 3})
    assert made.intent.weight(NOON + 2 * HALF_LIFE_SECONDS) == pytest.approx(0.5 + 0.25)


def test_prices_have_a_mean_and_a_spread_of_their_logarithms():
    made = shopper(look(1), look(2, facts=CHAIR))

    mean, spread = made.intent.log_price
    assert mean == pytest.approx(math.log(2_000))
    assert spread == pytest.approx(math.log(2))


def test_nothing_known_of_a_product_is_no_intent():
    made = shopper(look(1, facts=Facts()))

    assert (made.intent.category_shares, made.intent.log_price) == ({}, None)
    assert list(made.seen) == [1]


@given(st.lists(st.tuples(st.integers(1, 60), st.floats(0, 10_000)), min_size=1, max_size=40))
def test_intent_does_not_ask_in_which_order_looks_come_in(looks):
    def after(some):
        intent = Intent()
        for category_id, seconds in some:
            intent.look(NOON + seconds, 1.0, Facts(category_id, None, 100 * category_id))
        return intent

    few = looks[:N_KEPT]
    there, back = after(few), after(few[::-1])
    assert there.category_shares == pytest.approx(back.category_shares)
    assert there.log_price == pytest.approx(back.log_price, abs=1e-5)
    assert len(after(looks).categories) <= N_KEPT


def test_a_state_is_read_as_it_was_written():
    made = shopper(look(1), search("lamp ü"), look(2, 1, CHAIR, "cart"))

    assert Shopper.of_json(made.json()) == made


def test_views_carts_and_searches_are_counted_apart():
    made = shopper(look(1), look(2), look(2, kind="cart"), search("lamp"))

    counts = made.counts(NOON)
    assert {name: counts[name] for name in ("n_views_5m", "n_carts_1h", "n_searches_24h")} == {
        "n_views_5m": 2,
        "n_carts_1h": 1,
        "n_searches_24h": 1,
    }
    assert set(made.counts(NOON + 90_000).values()) == {0}


def test_states_of_one_who_asks_with_several_names_are_told_as_one():
    session, customer = shopper(look(1, 5), look(2, 1)), shopper(look(3, 3), look(2, 6, CHAIR))

    assert seen_last([session, customer]) == [2, 1, 3]
    assert wanted_category([session, customer]) == 20  # the customer acted last
    assert wanted_category([]) is None


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ({"session_id": "1"}, ("s1",)),
        ({"session_id": "1", "visitor_id": "1", "customer_id": 1}, ("s1", "v1", "c1")),
        ({}, ()),
    ],
)
def test_a_session_a_browser_and_a_customer_of_one_id_are_three(who, names):
    assert names_of(**who) == names


def test_a_product_is_counted_and_its_price_and_units_are_the_last_told():
    interest, offer = Interest(), Offer()
    for kind in ("view", "view", "cart"):
        interest.take(ProductAct(NOON, kind))
    for kind, n in (("price", 900), ("stock", 4), ("purchase", 1), ("price", 800), ("stock", 0)):
        offer.take(ProductAct(NOON, kind, n))

    assert (interest.counts(NOON)["n_views_1h"], interest.counts(NOON)["n_carts_1h"]) == (2, 1)
    assert (offer.price_cents, offer.n_available, offer.counts(NOON)["n_purchases_5m"]) == (
        800,
        0,
        1,
    )
    assert Interest.of_json(interest.json()) == interest
    assert Offer.of_json(offer.json()) == offer
