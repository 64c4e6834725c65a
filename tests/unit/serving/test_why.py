"""Why a customer does, or does not, get a product (serving.recommendations.why)."""

import numpy as np
import pytest

from models.live import live_recommender
from serving.recommendations.schemas import WhyQuery
from serving.recommendations.why import why
from tests.unit.models.recommender_by_hand import taught
from tests.unit.serving.shop_by_hand import (
    OUT_OF_STOCK,
    Features,
    index_of,
    links,
    model,
    service,
)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def by_hand():
    """Customer 1 has had 8 and is offered 1, 9, 2, 3."""
    return model({1: [1, OUT_OF_STOCK, 2, 3]}, {1: [8]}, links(_6=[4]), links())


async def told(index, by_hand, product_id, features=None, rules=(), **options):
    asked = WhyQuery(customer_id=1, product_id=product_id, slot="home", **options)
    return await why(service(index, by_hand, features, rules), asked)


@pytest.mark.parametrize(
    ("product_id", "options", "verdict"),
    [
        (2, {}, "It is shown at place 2."),
        (3, {"limit": 2}, "It is not shown: others stand higher."),
        (7, {"limit": 2}, "It is not shown: no model found it for this customer."),
        (OUT_OF_STOCK, {}, "It is not shown: it is out of stock."),
        (99, {}, "It is not shown: the index does not list it."),
    ],
)
async def test_the_verdict_says_what_happened(index, by_hand, product_id, options, verdict):
    assert (await told(index, by_hand, product_id, **options)).verdict == verdict


async def test_rules_that_speak_against_it_are_all_told(index, by_hand):
    rules = [{"kind": "hide", "product_id": OUT_OF_STOCK}]

    found = await told(index, by_hand, OUT_OF_STOCK, Features(bought={1: [OUT_OF_STOCK]}), rules)

    assert found.rules == [
        "it is out of stock",
        "operators hide it in this slot",
        "the customer bought it lately",
    ]


async def test_what_moves_it_is_told(index, by_hand):
    features = Features(products={2: {"return_ratio": 0.25}})
    rules = [{"kind": "weigh", "product_id": 2, "factor": 2}]

    found = await told(index, by_hand, 2, features, rules)

    assert found.rules == [
        "returns and reviews leave 0.75 of its relevance",
        "operators weigh it 2 times in this slot",
    ]


async def test_what_is_bought_again_and_again_is_not_held_against_it(index, by_hand):
    features = Features(bought={1: [2]}, products={2: {"rebuy_ratio": 0.5}})

    assert (await told(index, by_hand, 2, features)).verdict == "It is shown at place 2."


async def test_the_models_opinion_and_rank_are_told(index, by_hand):
    found = await told(index, by_hand, 2)

    assert (found.candidate, found.model_rank) == (True, 3)  # after 1 and 9, before any rule
    assert [(one.model, one.place) for one in found.opinions] == [("ByHand", 1)]


async def test_what_follows_the_session_is_told(index, by_hand):
    found = await told(index, by_hand, 4, Features(viewed={1: [6]}))

    assert (found.candidate, found.session_rank) == (False, 1)


async def test_the_rankers_features_add_up(index):
    known, stages = taught()
    made = live_recommender(known, stages, "ranker", {})
    customer_id, product_id = int(known.user_ids[3]), int(made.shortlist(35).item_ids[0])

    found = await why(
        service(index, made), WhyQuery(customer_id=customer_id, product_id=product_id)
    )

    names = [one.feature for one in found.contributions]
    assert {"score of ALS", "place of Content", "log_popularity", "mean_rating"} <= set(names)
    sizes = np.abs([one.contribution for one in found.contributions])
    assert (np.diff(sizes) <= 0).all()
