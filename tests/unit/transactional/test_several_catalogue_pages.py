"""Several products' pages in one answer: each as it would be alone, what is missing read together."""

import json

import pytest

from tests.unit.transactional.test_catalogue_pages import Clock, keep, page, reads_of
from transactional.catalogue.cache.local import LocalPages
from transactional.catalogue.cache.reading import Address
from transactional.catalogue.cache.several import answers_together
from transactional.catalogue.cache.truth import TruthAwayProblem


class Shop:
    """Products 1 to 8, read several at once; `read` has the ids of each read."""

    def __init__(self):
        self.clock = Clock()
        self.local = LocalPages(self.clock, random=lambda: 0.0, trusted_until=1e9)
        self.reads = reads_of(self.local, self.clock)
        self.read, self.away, self.meanwhile = [], False, ()

    async def fill(self, _, addresses):
        if self.away:
            raise ConnectionError
        self.read.append([int(each.rest) for each in addresses])
        self.reads.drop(self.meanwhile)
        there = (each for each in addresses if int(each.rest) <= 8)
        return {each: page(b'{"n":%s}' % each.rest.encode(), f"p{each.rest}") for each in there}

    async def ask(self, *product_ids, if_none_match=None):
        addresses = [Address("product", str(each)) for each in product_ids]
        gathered = await self.reads.gather(addresses, self.fill)
        return answers_together(addresses, gathered, self.local).to(if_none_match)


@pytest.fixture
def shop():
    return Shop()


def shown(answer):
    body = json.loads(answer.body)
    return [each["n"] for each in body["products"]], body["unread_ids"]


async def test_they_come_in_the_order_of_their_ids_in_the_question_without_what_is_nowhere(shop):
    assert shown(await shop.ask(3, 9, 1)) == ([3, 1], [])


async def test_what_is_not_at_hand_is_read_together_and_once(shop):
    keep(shop.local, "product:1", "p1", body=b'{"n":1}')

    await shop.ask(2, 1, 3)
    again = await shop.ask(3, 2, 1)

    assert shop.read == [[2, 3]]
    assert shown(again) == ([3, 2, 1], [])


async def test_a_page_that_was_read_among_others_is_at_hand_alone(shop):
    await shop.ask(1, 2)

    assert shop.reads.ready("product:2", None).body == b'{"n":2}'


async def test_a_product_that_a_change_overtook_is_not_kept_and_the_others_are(shop):
    shop.meanwhile = ["p2"]

    await shop.ask(1, 2)

    assert [n for n in (1, 2) if shop.reads.ready(f"product:{n}", None)] == [1]


async def test_only_what_changed_is_read_again(shop):
    await shop.ask(1, 2, 3)
    shop.reads.drop(["p2"])

    await shop.ask(1, 2, 3)

    assert shop.read == [[1, 2, 3], [2]]


async def test_while_the_truth_is_away_known_ones_serve_and_say_the_age_of_the_oldest(shop):
    keep(shop.local, "product:1", "p1", body=b'{"n":1}')
    keep(shop.local, "product:2", "p2", body=b'{"n":2}', age_seconds=30)
    shop.local.trusted_until, shop.away = shop.clock.seconds + 1, True
    shop.clock.seconds += 61

    answer = await shop.ask(1, 2)

    headers = dict(answer.headers)
    assert shown(answer) == ([1, 2], [])
    assert headers[b"age"] == b"91"
    assert headers[b"cache-status"] == b"shop; hit; ttl=-60; detail=stale-if-error"


async def test_while_the_truth_is_away_what_nobody_knows_is_named_and_no_cache_keeps_that(shop):
    keep(shop.local, "product:1", "p1", body=b'{"n":1}')
    shop.away = True

    answer = await shop.ask(1, 2)

    assert shown(answer) == ([1], [2])
    assert dict(answer.headers)[b"cache-control"] == b"no-store"


async def test_without_the_truth_and_anything_known_there_is_no_answer(shop):
    shop.away = True

    with pytest.raises(TruthAwayProblem):
        await shop.ask(1, 2)


async def test_who_has_the_answer_is_told_so_until_one_of_them_changes(shop):
    etag = dict((await shop.ask(1, 2)).headers)[b"etag"]

    unchanged = await shop.ask(1, 2, if_none_match=etag)
    others = await shop.ask(2, 1, if_none_match=etag)

    assert (unchanged.status, unchanged.body) == (304, b"")
    assert others.status == 200
