"""Hits of the words put into another order by what shoppers made of them (models.search.second_stage)."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.schemas.lake import SearchDocument
from models.search.features import NAMES, Hits, features
from models.search.formula import EXPONENTS, MOST_LIFT, FormulaOrder
from models.search.query import Search
from models.search.second_stage import BY_HAND, SecondStage
from models.search.signals import COLUMNS, NO_SIGNALS, Signals
from models.search.taste import PRIOR_ACTS, Acts, taste
from models.search.wishes import Pin, Weights, Wishes
from tests.tables import arrow
from tests.unit.models.search.products import document, documents, index_of

# Means: looked at .2, bought .05, 100 views, 10 carts; 400 of demand: 100 views, 10 carts of 3, 54 units of 5.
MADE_OF_THEM = """
    product_id | category_id | brand | look_ratio | conversion_ratio | n_views_28d | n_carts_28d | n_units_28d | mean_rating | n_reviews | category_price_ratio | in_stock
    -----------+-------------+-------+------------+------------------+-------------+-------------+-------------+-------------+-----------+----------------------+---------
    1          | 10          | Lumo  | 0.1        | 0.05             | 0           | 0           | 0           | 4.0         | 0         | 2.0                  | true
    2          | 10          | Holz  | 0.3        | 0.05             | 200         | 20          | 108         | 4.0         | 8         | 0.5                  | false
    3          | 20          |       |            |                  |             |             |             | 2.0         | 1         |                      | true
"""
SIGNALS = Signals.of_table(arrow(SearchDocument, MADE_OF_THEM).select(COLUMNS))


def known(product_id, **measures):
    """Return a product with what shoppers made of it."""
    usual = {"look_ratio": 0.2, "conversion_ratio": 0.05, "category_price_ratio": 1.0}
    counts = {"n_views_28d": 100, "n_carts_28d": 10, "n_units_28d": 5}
    return document(product_id, "Lamp", **{**usual, **counts, **measures})


def ids(found):
    return [each["product_id"] for each in found.documents]


def test_a_lift_is_the_logarithm_of_a_measure_over_the_shops_mean_of_it():
    found = dict(zip(NAMES, features(Hits.of([2, 1], [3.0, 1.5]), SIGNALS).T, strict=True))

    approx = lambda *values: pytest.approx(np.array(values), rel=1e-5)  # noqa: E731
    assert found["text_ratio"] == approx(1, 0.5)
    assert found["place"] == approx(0, np.log(2))
    assert found["look_lift"] == approx(np.log(1.5), np.log(0.5))
    assert found["conversion_lift"] == approx(0, 0)
    # Both are put in the cart at one view in ten: product 1 because nobody looked at it.
    assert found["cart_lift"] == approx(0, 0)
    assert found["demand_lift"] == approx(np.log(801 / 401), np.log(1 / 401))
    assert found["views"] == approx(np.log(201), 0)
    assert found["rating_lift"][0] == pytest.approx(
        np.log(4 / 3), rel=1e-5
    )  # mean of those reviewed
    assert np.isnan(found["rating_lift"][1])
    assert found["price_lift"] == approx(np.log(0.5), np.log(2))
    assert found["in_stock"] == approx(0, 1)


def test_of_a_product_that_is_not_known_or_not_told_of_only_the_text_is_known():
    found = features(Hits.of([3, 99], [2.0, 2.0]), SIGNALS)

    told = {NAMES[at] for at in np.nonzero(~np.isnan(found[0]))[0]}
    assert told == {"text_ratio", "place", "rating_lift", "reviews", "in_stock"}
    assert np.isnan(found[1, 2:]).all()


def test_what_is_sold_out_since_the_build_is_so_in_the_signals():
    changed = SIGNALS.changed({1: None, 2: {"in_stock": True}, 99: {"in_stock": True}})

    assert changed.in_stock[:-1].tolist() == [0, 1, 1]


def test_the_formula_multiplies_the_text_by_powers_of_the_lifts():
    [worth] = FormulaOrder().logarithms(features(Hits.of([2], [3.0]), SIGNALS))

    lifts = {"look_lift": 1.5, "demand_lift": 801 / 401, "rating_lift": 4 / 3, "price_lift": 0.5}
    by_hand = sum(EXPONENTS[name] * np.log(lift) for name, lift in lifts.items())
    assert worth == pytest.approx(by_hand, rel=1e-5)


@pytest.mark.parametrize(("lift", "most"), [(100.0, MOST_LIFT), (-100.0, -MOST_LIFT)])
def test_behaviour_is_worth_the_factor_three_at_most(lift, most):
    features = np.full((1, len(NAMES)), np.nan, np.float32)
    features[0, NAMES.index("text_ratio")] = 0.5
    features[0, NAMES.index("look_lift")] = lift

    [worth] = FormulaOrder().logarithms(features)

    assert worth == pytest.approx(np.log(0.5) + most)


def test_what_each_feature_adds_makes_up_the_worth():
    found = features(Hits.of([2, 1], [3.0, 1.5]), SIGNALS)

    added = FormulaOrder().contributions(found, 0)

    assert added.sum() == pytest.approx(FormulaOrder().logarithms(found)[0])
    assert {name for name, each in zip(NAMES, added, strict=True) if each} == {
        "look_lift",
        "demand_lift",
        "rating_lift",
        "price_lift",
    }


HITS = st.lists(st.integers(1, 5), unique=True, max_size=5).flatmap(
    lambda ids: st.tuples(
        st.just(ids), st.lists(st.floats(0.01, 50), min_size=len(ids), max_size=len(ids))
    )
)
STAGES = st.sampled_from([BY_HAND, SecondStage(FormulaOrder(), Acts((1, 2), (3,)))])


@given(HITS, STAGES)
def test_the_second_stage_turns_hits_over_and_loses_none(hits, stage):
    product_ids, values = hits

    found = stage.reordered(product_ids, sorted(values, reverse=True), SIGNALS)

    assert sorted(place for place, _ in found) == list(range(len(product_ids)))
    worth = [value for _, value in found]
    assert worth == sorted(worth, reverse=True)
    assert all(value > 0 for value in worth)


@given(HITS)
def test_where_nothing_is_known_of_products_the_text_alone_decides(hits):
    product_ids, values = hits

    found = BY_HAND.reordered(product_ids, sorted(values, reverse=True), NO_SIGNALS)

    assert [place for place, _ in found] == list(range(len(product_ids)))


@pytest.mark.parametrize(("n_parts", "order"), [(1, [1, 0]), (2, [1, 0]), (7, [0, 1])])
def test_the_longer_the_query_the_more_the_text_counts(n_parts, order):
    """1 has all of the words and 2 half of them: of seven words that is worth 2 ** 3 less, and behaviour 4 more."""
    stage = SecondStage(FormulaOrder(), n_parts=n_parts)

    found = stage.reordered([1, 2], [2.0, 1.0], SIGNALS)

    assert [place for place, _ in found] == order


def test_hits_that_are_worth_the_same_stay_as_they_were():
    found = BY_HAND.reordered([98, 99, 97], [2.0, 2.0, 2.0], SIGNALS)

    assert [place for place, _ in found] == [0, 1, 2]


@pytest.mark.parametrize(
    ("acts", "product_ids", "own"),
    [
        # One look at 1 among PRIOR_ACTS of others: its brand, category, and price, from which 2 is log 4 away.
        (Acts((1,)), [1, 2], [(1, 1, 0), (0, 1, -np.log(4))]),
        # A purchase is five looks; 3 has no brand and no price.
        (Acts((), (2,)), [2, 3], [(5, 5, 0), (0, 0, 0)]),
        (Acts((3,), ()), [3], [(0, 1, 0)]),
        (Acts(), [1], [(0, 0, 0)]),
        (Acts((99,)), [1], [(0, 0, 0)]),
    ],
)
def test_taste_is_the_share_of_own_acts_with_the_brand_and_category(acts, product_ids, own):
    n_acts = {(1,): 1, (3,): 1}.get(acts.looked_at, 0) + 5 * len(acts.bought)

    found = taste(acts, np.array(product_ids), SIGNALS)

    assert found == pytest.approx(np.array(own) / (n_acts + PRIOR_ACTS), rel=1e-5)


@pytest.fixture(scope="module", params=[1, 2], ids=lambda n: f"{n} shards")
def shop(request, tmp_path_factory):
    """Lamps 1 to 8 alike in words: 5 is looked at most, 3 least; 7 is of a brand of its own."""
    looked = {5: 0.6, 3: 0.05}
    products = [
        known(n, look_ratio=looked.get(n, 0.2), brand="Own" if n == 7 else "Lumo")
        for n in range(1, 9)
    ]
    return index_of(tmp_path_factory.mktemp("shop"), products, request.param)


def test_of_what_has_the_same_words_what_is_looked_at_comes_first(shop):
    plain, found = (
        shop.search(Search("lamp"), 0, 8, w) for w in (Wishes(), Wishes(second_stage=BY_HAND))
    )

    rest = [each for each in ids(plain) if each not in (5, 3)]
    assert ids(found) == [5, *rest, 3]
    assert (found.n_total, found.n_full, found.facets) == (
        plain.n_total,
        plain.n_full,
        plain.facets,
    )


def test_pages_of_a_customers_list_are_the_whole_list(shop):
    wishes = Wishes(second_stage=SecondStage(FormulaOrder(), Acts((7,), ())))

    paged = [
        id_
        for start in range(0, 8, 3)
        for id_ in ids(shop.search(Search("lamp"), start, 3, wishes))
    ]

    assert paged == ids(shop.search(Search("lamp"), 0, 8, wishes))
    assert sorted(paged) == list(range(1, 9))
    everybodys = ids(shop.search(Search("lamp"), 0, 8, Wishes(second_stage=BY_HAND)))
    assert paged.index(7) < everybodys.index(7)


@pytest.mark.parametrize(
    ("options", "text"),
    [({"sort": "price_asc"}, "lamp"), ({"sort": "popularity"}, "lamp"), ({}, "")],
)
def test_other_orders_have_no_second_stage(shop, options, text):
    search = Search(text, **options)

    assert shop.search(search, wishes=Wishes(second_stage=BY_HAND)) == shop.search(search)


def test_operators_have_the_last_word(shop):
    weights = Weights({"product_id": {3: (10.0, (7,))}})
    wishes = Wishes(pins=(Pin(2, 4, 8),), weights=(weights,), second_stage=BY_HAND)

    found = shop.search(Search("lamp"), 0, 8, wishes)

    assert ids(found)[:3] == [3, 4, 5]
    assert found.applied_rules == [7, 8]


@pytest.mark.parametrize("n_of_each", [None, 0])
def test_without_behaviour_every_list_is_that_of_the_words(tmp_path, n_of_each):
    nothing = dict.fromkeys(["n_views_28d", "n_carts_28d", "n_units_28d", "n_reviews"], n_of_each)
    untouched = [each | nothing | {"mean_rating": None} for each in documents()]
    index = index_of(tmp_path, untouched)

    for text in ("lamp", "desk lamp", "lamp desk shoes torch"):
        plain = index.search(Search(text), 0, 10)
        assert ids(index.search(Search(text), 0, 10, Wishes(second_stage=BY_HAND))) == ids(plain)
