"""The chains of recommendation sources, and the rules after them (serving.recommendations)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.store.packed_lists import ALSO_BOUGHT, BOUGHT_TOGETHER, TRENDING
from serving.recommendations.chains import CHAINS
from serving.recommendations.schemas import RecommendationQuery, Recommendations
from tests.unit.serving.shop_by_hand import (
    CATEGORY,
    OUT_OF_STOCK,
    SELLER,
    Features,
    index_of,
    links,
    model,
    service,
)

LISTS = {
    (ALSO_BOUGHT, 1): [2, 1, 999],
    (BOUGHT_TOGETHER, 1): [3],
    (BOUGHT_TOGETHER, 6): [7, 3],
    (TRENDING, 0): [7, 8],
    (TRENDING, CATEGORY): [4],
}


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def by_hand():
    """Customer 1 has had 8 and is offered 1, 9, 2; customer 3 has had 8 and is offered 4, 5, 6, 7."""
    return model(
        shortlists={1: [1, OUT_OF_STOCK, 2], 3: [4, 5, 6, 7]},
        had={1: [8], 3: [8]},
        following=links(_6=[3, 4], _8=[2], _1=[5]),
        alike=links(_1=[5], _4=[5]),
    )


async def recommend(index, kind, model=None, features=None, rules=(), **options):
    query = RecommendationQuery(type=kind, **options)
    document = await service(index, model, features or Features(lists=LISTS), rules).recommend(
        query
    )
    return Recommendations.model_validate(document)


async def chosen(*arguments, **options):
    answer = await recommend(*arguments, **options)
    return [(item.product_id, item.source) for item in answer.items]


@pytest.mark.parametrize(
    ("kind", "options", "expected"),
    [
        ("for_you", {"customer_id": 1}, [(1, "model"), (2, "model"), (7, "trending")]),
        (
            "for_you",
            {"customer_id": 2, "viewed": [6]},
            [(3, "session"), (4, "session"), (7, "trending")],
        ),
        ("for_you", {"customer_id": 99}, [(7, "trending"), (8, "trending"), (10, "popular")]),
        ("for_you", {}, [(7, "trending"), (8, "trending"), (10, "popular")]),
        ("for_session", {"viewed": [6]}, [(3, "session"), (4, "session"), (7, "trending")]),
        (
            "for_session",
            {"viewed": [999], "category_id": CATEGORY},
            [(4, "trending_category"), (7, "trending"), (8, "trending")],
        ),
        ("for_cart", {"cart": [6]}, [(7, "cart"), (3, "cart"), (4, "cart")]),
        ("for_cart", {}, [(7, "trending"), (8, "trending"), (10, "popular")]),
        (
            "also_bought",
            {"product_id": 1},
            [(2, "also_bought"), (5, "similar"), (4, "trending_category")],
        ),
        (
            "bought_together",
            {"product_id": 1},
            [(3, "bought_together"), (2, "also_bought"), (5, "similar")],
        ),
        (
            "similar",
            {"product_id": 4},
            [(5, "similar"), (7, "trending"), (8, "trending")],
        ),
        ("similar", {"product_id": 999}, [(7, "trending"), (8, "trending"), (10, "popular")]),
        (
            "trending",
            {"category_id": CATEGORY},
            [(4, "trending_category"), (7, "trending"), (8, "trending")],
        ),
        (
            "recently_viewed",
            {"customer_id": 2, "viewed": [6, 7]},
            [(6, "recently_viewed"), (7, "recently_viewed"), (8, "trending")],
        ),
    ],
)
async def test_each_type_is_filled_along_its_chain(index, by_hand, kind, options, expected):
    assert await chosen(index, kind, by_hand, limit=3, **options) == expected


@pytest.mark.parametrize("kind", CHAINS)
async def test_every_type_answers_before_there_is_a_model_or_a_list(index, kind):
    assert await chosen(index, kind, None, Features(), limit=2) == [(10, "popular"), (8, "popular")]


async def test_what_was_looked_at_since_the_model_was_made_changes_the_list(index, by_hand):
    # The model says 4, 5, 6, 7; product 6, looked at since, leads to 3 and 4. By damped places:
    # 4: 1/11 + 1/12, 3: 1/11, 5: 1/12
    found = await chosen(index, "for_you", by_hand, customer_id=3, viewed=[6], limit=3)

    assert found == [(4, "model"), (3, "session"), (5, "model")]


async def test_views_out_of_the_feature_store_count_like_those_the_client_tells(index, by_hand):
    features = Features(lists=LISTS, viewed={3: [6]})

    assert await chosen(index, "for_you", by_hand, features, customer_id=3, limit=2) == [
        (4, "model"),
        (3, "session"),
    ]


async def test_items_are_ranked_from_one_and_say_why(index, by_hand):
    answer = await recommend(index, "for_you", by_hand, customer_id=1, limit=3)

    assert [(item.rank, item.reason, item.because_product_id) for item in answer.items] == [
        (1, "Chosen for you", None),
        (2, "Because of your interest in Product 8", 8),
        (3, "Wanted now", None),
    ]
    assert (answer.model_version, answer.index_date) == ("3", "2026-01-31")


@pytest.mark.parametrize(
    ("kind", "options", "reason", "because"),
    [
        ("for_session", {"viewed": [6]}, "Because you looked at Product 6", 6),
        ("for_cart", {"cart": [6]}, "Goes with Product 6 in your cart", 6),
        ("also_bought", {"product_id": 1}, "Bought by buyers of Product 1", 1),
        ("bought_together", {"product_id": 1}, "Often bought with Product 1", 1),
        ("similar", {"product_id": 1}, "Similar to Product 1", 1),
    ],
)
async def test_reasons_name_the_product_that_led_there(
    index, by_hand, kind, options, reason, because
):
    [item] = (await recommend(index, kind, by_hand, limit=1, **options)).items

    assert (item.reason, item.because_product_id) == (reason, because)


async def test_what_goes_together_is_priced_together(index, by_hand):
    answer = await recommend(index, "bought_together", by_hand, product_id=6, limit=5)

    assert answer.bundle is not None
    assert answer.bundle.product_ids == [6, 7, 3]
    assert answer.bundle.price_cents == [600, 700, 300]
    assert answer.bundle.total_cents == 1_600


@pytest.mark.parametrize("product_id", [OUT_OF_STOCK, 4, 999])
async def test_what_can_not_be_bought_together_has_no_price(index, by_hand, product_id):
    lists = LISTS | {(BOUGHT_TOGETHER, OUT_OF_STOCK): [3]}

    answer = await recommend(
        index, "bought_together", by_hand, Features(lists=lists), product_id=product_id
    )

    assert answer.bundle is None


@pytest.mark.parametrize(
    "experience",
    [
        {"return_ratio": 0.3},  # .7 / 10 against 1 / 11
        {"mean_rating": 2.0},  # 2 of 4 stars
        {"return_ratio": 0.05, "mean_rating": 3.5},  # .95 * 3.5 / 4 = .83
    ],
)
async def test_returns_and_bad_reviews_move_a_product_down(index, by_hand, experience):
    features = Features(lists=LISTS, products={1: experience})

    found = await chosen(index, "for_you", by_hand, features, customer_id=1, limit=2)

    assert found == [(2, "model"), (1, "model")]


@pytest.mark.parametrize(
    ("rebuy_ratio", "expected"), [(0.1, [5, 6]), (None, [5, 6]), (0.2, [4, 5])]
)
async def test_what_was_just_bought_is_left_out_unless_it_is_bought_again_and_again(
    index, by_hand, rebuy_ratio, expected
):
    known = {} if rebuy_ratio is None else {4: {"rebuy_ratio": rebuy_ratio}}
    features = Features(lists=LISTS, bought={3: [4]}, products=known)

    found = await chosen(index, "for_you", by_hand, features, customer_id=3, limit=2)

    assert [product_id for product_id, _ in found] == expected


RULES = {
    "pins it": ({"kind": "pin", "product_id": 10, "position": 2}, [4, 10, 5]),
    "pins what is out of stock": (
        {"kind": "pin", "product_id": OUT_OF_STOCK, "position": 1},
        [4, 5, 6],
    ),
    "pins what is on the list": ({"kind": "pin", "product_id": 6, "position": 1}, [6, 4, 5]),
    "hides a product": ({"kind": "hide", "product_id": 4}, [5, 6, 7]),
    "hides a seller": ({"kind": "hide", "seller_id": SELLER}, [5, 7, 1]),
    "moves a product up": ({"kind": "weigh", "product_id": 7, "factor": 3}, [7, 4, 5]),
    "moves a seller down": ({"kind": "weigh", "seller_id": SELLER, "factor": 0.2}, [5, 7, 4]),
    "is over": (
        {"kind": "hide", "product_id": 4, "ends_at": "2026-01-31T12:00:00Z"},
        [4, 5, 6],
    ),
    "is still to come": (
        {"kind": "hide", "product_id": 4, "starts_at": "2026-01-31T12:00:01Z"},
        [4, 5, 6],
    ),
}


@pytest.mark.parametrize(("rule", "expected"), RULES.values(), ids=RULES)
async def test_operators_have_the_last_word_in_their_slot(index, by_hand, rule, expected):
    lists = {(TRENDING, 0): [1]}

    async def shown(slot):
        options = {"customer_id": 3, "slot": slot, "limit": 3}
        found = await chosen(index, "for_you", by_hand, Features(lists=lists), [rule], **options)
        return [product_id for product_id, _ in found]

    assert await shown("home") == expected
    assert await shown("elsewhere") == [4, 5, 6]


async def test_one_product_in_ten_is_one_nobody_knows(tmp_path, by_hand):
    index = index_of(tmp_path, n_products=30)  # the model knows nothing of those above 10

    found = await chosen(index, "for_you", by_hand, customer_id=3, limit=10)

    new = [place for place, (_, source) in enumerate(found) if source == "new"]
    assert len(new) == 1
    assert new[0] >= 3
    assert found == await chosen(index, "for_you", by_hand, customer_id=3, limit=10)


@given(
    kind=st.sampled_from(list(CHAINS)),
    customer_id=st.none() | st.integers(1, 4),
    product_id=st.none() | st.integers(1, 12),
    viewed=st.lists(st.integers(1, 12), max_size=3),
    cart=st.lists(st.integers(1, 12), max_size=2),
    limit=st.integers(1, 12),
    with_model=st.booleans(),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
async def test_nothing_twice_nothing_out_of_stock_never_itself_and_no_short_list(
    index, by_hand, kind, customer_id, product_id, viewed, cart, limit, with_model
):
    found = await chosen(
        index,
        kind,
        by_hand if with_model else None,
        customer_id=customer_id,
        product_id=product_id,
        viewed=viewed,
        cart=cart,
        limit=limit,
    )

    ids = [id_ for id_, _ in found]
    sellable = set(range(1, 11)) - {OUT_OF_STOCK, product_id, *cart}
    assert len(set(ids)) == len(ids)
    assert set(ids) <= sellable
    assert len(ids) == min(limit, len(sellable))
