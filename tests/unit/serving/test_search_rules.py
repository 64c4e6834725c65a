"""Which rules are for which search, and when (serving.search.compiling, rules)."""

import datetime as dt
import json

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

from features.schemas.search_rules import SearchRule
from models.search.query import Things
from models.search.wishes import Pin
from serving.rule_hash import RuleHash
from serving.search.compiling import compiled
from serving.search.rules import SEARCH_RULES, SearchRuleBook

NOON = dt.datetime(2026, 11, 24, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


def rule(rule_id, kind, **fields):
    return SearchRule(rule_id=rule_id, kind=kind, **fields)


def pin(rule_id, product_id, position, *queries):
    return rule(rule_id, "pin", product_id=product_id, position=position, queries=list(queries))


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("desk lamp", True),
        ("LAMPS for a desk", False),
        ("Lamps,  desk", True),  # case, endings, signs and order do not matter
        ("desk desk lamp", True),
        ("lamp", False),
        ("creme", True),
        ("", False),
        ("?!", False),
    ],
)
def test_a_query_is_for_its_words(text, is_named):
    rules = compiled([pin(1, 7, 1, "Desk lamps", "crème")])

    assert bool(rules.of(text).wishes.pins) == is_named


@given(st.text())
def test_any_text_may_be_asked_for(text):
    assert compiled([pin(1, 7, 1, "lamp")]).of(text).redirect_url is None


def test_a_query_longer_than_any_word_of_the_index_is_nobodys():
    rules = compiled([pin(1, 7, 1, "x" * 50)])

    assert rules.of("").wishes.pins == rules.of("x" * 50).wishes.pins == ()


def test_of_pins_that_cannot_both_be_the_older_one_is():
    rules = compiled(
        [
            pin(4, 9, 3, "lamp"),
            pin(3, 7, 2, "lamps"),  # the product is pinned already
            pin(2, 8, 1, "lamps"),  # the place is taken
            pin(1, 7, 1, "lamp"),
        ]
    )

    assert rules.of("lamp").wishes.pins == [Pin(1, 7, 1), Pin(3, 9, 4)]


def test_what_names_no_query_is_for_all_and_comes_beside_what_names_one():
    rules = compiled(
        [
            rule(1, "hide", seller_id=3),
            rule(2, "hide", brand="Lumo", queries=["lamp"]),
            rule(3, "hide", product_id=5),
            rule(4, "weigh", category_id=10, factor=2.0),
            rule(5, "weigh", category_id=10, factor=3.0, queries=["lamp"]),
            rule(6, "weigh", category_id=10, factor=0.5),
            rule(7, "redirect", url="/lamps", queries=["lamp"]),
            rule(8, "redirect", url="/later", queries=["lamps"]),
        ]
    )
    lamp, other = rules.of("lamp"), rules.of("desk")
    product = {"category_id": 10}

    assert other.wishes.hidden == (Things(product_ids=(5,), seller_ids=(3,)),)
    assert lamp.wishes.hidden == (*other.wishes.hidden, Things(brands=("Lumo",)))
    assert [each.factor(product) for each in other.wishes.weights] == [1.0]
    assert [each.factor(product) for each in lamp.wishes.weights] == [1.0, 3.0]
    assert [list(each.rule_ids(product)) for each in lamp.wishes.weights] == [[4, 6], [5]]
    assert (lamp.redirect_url, other.redirect_url) == ("/lamps", None)
    assert (list(lamp.wishes.rule_ids), list(other.wishes.rule_ids)) == ([7, 2], [])


class Hash:
    """Redis, as far as a book reads it."""

    def __init__(self):
        self.rules, self.n_read = [], 0

    def hgetall(self, key):
        self.n_read += 1
        if self.rules is None:
            raise ConnectionError
        return {b"redirect": json.dumps(self.rules).encode()} if self.rules else {}


@pytest.fixture
def redis():
    return Hash()


@pytest.fixture
def clock():
    return [NOON]


@pytest.fixture
def book(redis, clock):
    told = RuleHash(redis, "search:rules", SEARCH_RULES, structlog.get_logger())
    return SearchRuleBook(told, lambda: clock[0])


def redirect(**dates):
    fields = {"rule_id": 1, "kind": "redirect", "queries": ["sale"], "url": "/sale"}
    return fields | {name: moment.isoformat() for name, moment in dates.items()}


def test_a_rule_counts_from_its_start_to_its_end_though_nobody_tells_of_it(book, redis, clock):
    redis.rules = [redirect(starts_at=NOON + HOUR, ends_at=NOON + 2 * HOUR)]
    seen = []
    for hours in (0, 0.5, 1, 1.5, 2, 3):
        clock[0] = NOON + hours * HOUR
        book.refresh()
        seen.append(book.current.of("sale").redirect_url)

    assert seen == [None, None, "/sale", "/sale", None, None]


def test_what_did_not_change_is_not_made_ready_again(book, redis):
    redis.rules = [redirect()]
    book.refresh()
    before = book.current

    book.refresh()

    assert book.current is before
    assert redis.n_read == 2


@pytest.mark.parametrize("broken", [None, [{"rule_id": 1, "kind": "dance"}], ["?"]])
def test_what_cannot_be_read_leaves_the_last_rules_and_their_dates_in_force(
    book, redis, clock, broken
):
    redis.rules = [redirect(ends_at=NOON + HOUR)]
    book.refresh()
    redis.rules = broken

    book.refresh()
    at_noon = book.current.of("sale").redirect_url
    clock[0] += HOUR
    book.refresh()

    assert (at_noon, book.current.of("sale").redirect_url) == ("/sale", None)


def test_rules_that_are_gone_are_out_of_force(book, redis):
    redis.rules = [redirect()]
    book.refresh()
    redis.rules = []
    book.refresh()

    assert book.current.of("sale").redirect_url is None
