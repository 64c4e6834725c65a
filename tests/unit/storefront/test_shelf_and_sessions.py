"""What is kept of the catalogue between pages, and how sessions go on (storefront.shelf, .sessions)."""

from urllib.parse import parse_qs

import httpx2
import pytest

from storefront.apis import Api, make_client
from storefront.sessions import Sessions
from storefront.shelf import CARD_SECONDS, TREE_SECONDS, Shelf
from storefront.visits import Visit


class Clock:
    def __init__(self):
        self.seconds = 0.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def shop(fake):
    async with make_client("http://shop", httpx2.ASGITransport(fake.app)) as client:
        yield Api(client)


def queries(fake):
    """The ids of each time that cards were asked for."""
    path = "/catalogue/products/by-ids"
    asked = [parse_qs(query) for each, query in fake.queries if each == path]
    return [ids for query in asked for ids in query["product_ids"]]


async def test_a_card_is_asked_for_once_in_half_a_minute(fake, shop, clock):
    shelf = Shelf(shop, clock)

    await shelf.cards([1, 2, 1])
    await shelf.cards([1, 2])
    assert queries(fake) == ["1,2"]

    clock.seconds = CARD_SECONDS + 1
    await shelf.cards([1])
    assert queries(fake) == ["1,2", "1"]


async def test_of_more_cards_than_can_be_asked_for_at_once_each_is_asked_for_once(
    fake, shop, clock
):
    ids = [*range(1, 251)]

    await Shelf(shop, clock).cards(ids)

    n_each = [len(each.split(",")) for each in queries(fake)]
    assert n_each == [100, 100, 50]
    assert sorted(int(n) for each in queries(fake) for n in each.split(",")) == ids


async def test_what_the_catalogue_does_not_have_is_left_out_and_not_asked_for_again(
    fake, shop, clock
):
    shelf = Shelf(shop, clock)

    assert set(await shelf.cards([1, 500])) == {1}
    await shelf.cards([500])

    assert queries(fake) == ["1,500"]


async def test_what_could_not_be_read_is_asked_for_anew(fake, shop, clock):
    shelf, fake.unread_ids = Shelf(shop, clock), [500]

    assert set(await shelf.cards([1, 500])) == {1}
    await shelf.cards([1, 500])

    assert queries(fake) == ["1,500", "500"]


async def test_while_the_catalogue_is_down_known_cards_are_shown_and_others_asked_for_anew(
    fake, shop, clock
):
    shelf = Shelf(shop, clock)
    await shelf.cards([1])
    fake.down = ("/catalogue",)

    assert set(await shelf.cards([1, 2])) == {1}

    fake.down = ()
    assert set(await shelf.cards([1, 2])) == {1, 2}


async def test_the_tree_of_before_is_shown_while_there_is_no_newer_one(fake, shop, clock):
    shelf = Shelf(shop, clock)
    tree = await shelf.tree()
    fake.down, clock.seconds = ("/catalogue",), TREE_SECONDS + 1

    assert await shelf.tree() == tree
    assert [each.name for each in tree.way_to(3)] == ["Living", "Lamps"]
    assert [each.category_id for each in tree.below(None)] == [1, 2]


async def test_a_session_goes_on_later_if_the_shop_is_down_now(fake, shop, clock):
    sessions, visit = Sessions(clock), Visit({"refresh": "r" * 43})
    fake.down = ("/tokens",)

    await sessions.go_on(visit, shop)
    assert visit.customer is None
    assert visit.changes == {}

    fake.down = ()
    await sessions.go_on(visit, shop)
    assert visit.customer is not None
    assert visit.get("refresh") != "r" * 43


async def test_who_brings_the_same_refresh_token_within_a_minute_gets_the_same_session(
    fake, shop, clock
):
    sessions = Sessions(clock)
    first, late, too_late = (Visit({"refresh": "r" * 43}) for _ in range(3))

    await sessions.go_on(first, shop)
    clock.seconds = 59
    await sessions.go_on(late, shop)
    clock.seconds = 61
    await sessions.go_on(too_late, shop)

    assert late.get("access") == first.get("access")
    assert too_late.customer is None
    assert too_late.changes["refresh"] == ("", 0)
