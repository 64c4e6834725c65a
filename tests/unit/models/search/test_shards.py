"""Shards are asked side by side where there is much to look at (models.search.shards)."""

import threading

import pytest

from models.search import shards
from models.search.query import Search, parts
from models.search.shards import Shards
from models.search.suggesting import suggestions
from tests.unit.models.search.products import documents, index_of


@pytest.fixture
def index(tmp_path):
    return index_of(tmp_path, [*documents()], n_shards=3)


@pytest.mark.parametrize("by_threads", [True, False])
def test_answers_come_in_the_order_of_the_shards(index, by_threads):
    asked = Shards(index.shards, by_threads)

    assert asked.each(lambda n, shard: (n, shard.searcher.num_docs)) == [(0, 2), (1, 2), (2, 2)]


def test_side_by_side_they_are_asked_at_once(index):
    all_here = threading.Barrier(2, timeout=60)

    # One after the other would wait for ever.
    Shards(index.shards[:2], by_threads=True).each(lambda *_: all_here.wait())


@pytest.mark.parametrize("by_threads", [True, False])
def test_what_one_cannot_answer_is_raised(index, by_threads):
    with pytest.raises(ZeroDivisionError):
        Shards(index.shards, by_threads).each(lambda n, _: 1 // (2 - n))


def test_words_that_are_found_often_and_no_words_are_worth_threads(index, monkeypatch):
    monkeypatch.setattr(shards, "N_WORTH_THREADS", 4)

    # Of six products "lamp" is in a title, a category, a description and so on, "clock" in one.
    texts = ["lamp", "clock", "shade clock lamp", ""]
    assert [index.shards_for(parts(text)).by_threads for text in texts] == [True, False, True, True]
    assert not Shards.for_finds(index.shards[:1], 9).by_threads


def test_both_ways_find_the_same(index, monkeypatch):
    found = []
    for least in (0, 100):
        monkeypatch.setattr(shards, "N_WORTH_THREADS", least)
        lamps = index.search(Search("lamp", in_stock=True, max_price_cents=5_000))
        found.append((lamps.documents, lamps.facets, suggestions(index, "desk l", 5)))

    assert found[0] == found[1]
    assert found[0][0]
