"""Lists that follow what was done a moment ago (serving.recommendations, features.live)."""

import pytest

from features.live.intent import Facts
from features.live.shoppers import Shopper, ShopperAct
from features.store.packed_lists import TRENDING
from serving.recommendations.schemas import RecommendationQuery, WhyQuery
from serving.recommendations.why import why
from serving.search.personal import Searcher, personal
from tests.unit.serving.shop_by_hand import (
    CATEGORY,
    NOW,
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
    """Customer 1 has had 8 and is offered 1, 2, 3; 6 leads to 4, and 8 to 7."""
    return model({1: [1, 2, 3]}, {1: [8]}, links(_6=[4], _8=[7]), links())


def looked_at(*product_ids, category_id=CATEGORY, seconds_ago=60.0):
    shopper = Shopper()
    for n, product_id in enumerate(product_ids):
        at = NOW.timestamp() - seconds_ago + n
        shopper.take(ShopperAct(at, "view", product_id, None, Facts(category_id)))
    return shopper


async def listed(index, by_hand, features, **query):
    found = await service(index, by_hand, features).recommend(RecommendationQuery(**query))
    return [(item["product_id"], item["source"]) for item in found["items"]]


async def test_a_guests_list_follows_the_session_without_the_client_telling(index, by_hand):
    features = Features(shoppers={"sabc": looked_at(6)})

    found = await listed(index, by_hand, features, type="for_you", session_id="abc", limit=2)

    assert found == [(4, "session"), (10, "popular")]


async def test_a_customers_list_follows_the_session_too(index, by_hand):
    features = Features(shoppers={"sabc": looked_at(6)})
    who = {"type": "for_you", "customer_id": 1, "limit": 4}

    before = await listed(index, by_hand, features, **who)
    after = await listed(index, by_hand, features, **who, session_id="abc")

    assert [product_id for product_id, _ in before] == [1, 2, 3, 10]
    assert (4, "session") in after


async def test_to_look_again_at_what_the_model_knew_is_news(index, by_hand):
    features = Features(viewed={1: [8]}, shoppers={"c1": looked_at(8)})

    found = await listed(index, by_hand, features, type="for_you", customer_id=1, limit=4)

    assert (7, "session") in found


async def test_a_guest_gets_what_is_wanted_in_the_category_they_are_after(index, by_hand):
    lists = {(TRENDING, 77): [5], (TRENDING, 0): [2]}
    features = Features(lists=lists, shoppers={"sabc": looked_at(1, category_id=77)})

    found = await listed(index, by_hand, features, type="for_you", session_id="abc", limit=2)

    assert found == [(5, "trending_category"), (2, "trending")]
    assert features.n_reads == 2


async def test_what_a_guest_looked_at_is_recently_viewed_the_last_first(index, by_hand):
    features = Features(
        shoppers={"sabc": looked_at(3, 5), "vbrowser": looked_at(2, seconds_ago=59.5)}
    )

    found = await listed(
        index, by_hand, features,
        type="recently_viewed", session_id="abc", visitor_id="browser", limit=3,
    )  # fmt: skip

    assert found == [
        (5, "recently_viewed"),
        (2, "recently_viewed"),
        (3, "recently_viewed"),
    ]


@pytest.mark.parametrize("kind", ["for_you", "for_session", "recently_viewed", "trending"])
async def test_where_nothing_was_done_lists_are_those_of_before(index, by_hand, kind):
    lists = {(TRENDING, CATEGORY): [3], (TRENDING, 0): [2]}
    told = {"customer_id": 1, "category_id": CATEGORY, "type": kind}

    named = await listed(index, by_hand, Features(lists=lists), **told, session_id="new")
    unnamed = await listed(index, by_hand, Features(lists=lists), **told)

    assert named == unnamed
    assert ((3, "trending_category") in unnamed) == (kind in ("for_session", "trending"))


async def test_why_tells_what_the_session_led_to(index, by_hand):
    features = Features(shoppers={"sabc": looked_at(2, 6)})

    found = await why(service(index, by_hand, features), WhyQuery(session_id="abc", product_id=4))

    assert (found.rank, found.session_rank) == (1, 1)
    assert found.session.looked_at == [6, 2]
    assert found.session.because_product_id == 6
    assert [(each.category_id, each.share) for each in found.session.categories] == [(CATEGORY, 1)]
    assert found.session.seconds_ago == pytest.approx(59)


async def test_why_tells_of_no_session_where_none_is_known(index, by_hand):
    found = await why(service(index, by_hand), WhyQuery(customer_id=1, product_id=1))

    assert found.session is None


async def test_a_personal_search_goes_by_the_session_then_by_what_was_before():
    features = Features(viewed={1: [9, 5]}, bought={1: [8]}, shoppers={"sabc": looked_at(3, 5)})

    guest = await personal(features, Searcher(session_id="abc"))
    customer = await personal(features, Searcher(session_id="abc", customer_id=1))

    assert (guest.acts.looked_at, guest.acts.bought) == ((5, 3), ())
    assert (customer.acts.looked_at, customer.acts.bought) == ((5, 3, 9), (8,))
    assert (guest.owner, customer.owner) == ("sabc", "1")
