"""What is wanted this hour (serving.live.trending): a view counts 1, a cart 3, an order line 5."""

from features.live.products import Interest, Offer, ProductAct
from features.schemas.weights import CART_WEIGHT, PURCHASE_WEIGHT, VIEW_WEIGHT
from serving.live.trending import wanted_most

NOW = 1_700_000_000.0
MINUTE, HOUR = 60.0, 3_600.0


def happened(state, *acts):
    for kind, ago, n in acts:
        state.take(ProductAct(NOW - ago, kind, n))
    return state


def test_views_carts_and_orders_of_the_hour_decide_as_in_the_batchs_lists():
    interests = {
        1: happened(Interest(), ("view", MINUTE, 4)),
        2: happened(Interest(), ("view", MINUTE, 1), ("cart", MINUTE, 2)),
        3: happened(Interest(), ("view", MINUTE, 2)),
    }
    offers = {3: happened(Offer(), ("purchase", MINUTE, 1)), 4: happened(Offer(), ("stock", 0, 9))}

    assert (VIEW_WEIGHT, CART_WEIGHT, PURCHASE_WEIGHT) == (1.0, 3.0, 5.0)
    assert wanted_most(interests, offers, NOW) == [2, 3, 1]  # both 7, then 4; 4 was not wanted


def test_what_happened_hours_ago_is_over():
    interests = {
        1: happened(Interest(), ("view", 3 * HOUR, 100)),
        2: happened(Interest(), ("view", 10 * MINUTE, 1)),
    }

    assert wanted_most(interests, {}, NOW) == [2]


def test_only_the_best_are_kept():
    interests = {n: happened(Interest(), ("view", MINUTE, n)) for n in range(1, 9)}

    assert wanted_most(interests, {}, NOW, n_best=3) == [8, 7, 6]
