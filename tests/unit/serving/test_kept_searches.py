"""Searches that were asked last are answered without a search (serving.search.kept)."""

from dataclasses import dataclass, field, replace

import orjson
import pytest

from models.search.query import Search
from models.search.second_stage import Beside
from models.search.taste import Acts
from serving.answers.log import AnswerLog
from serving.search.compiling import NO_RULES, SearchRules
from serving.search.kept import Keeping
from serving.search.personal import EVERYBODYS, Manner, Personal
from serving.search.ranker import FORMULA
from serving.search.recorded import Asked
from serving.search.schemas import ProductPage, SuggestionQuery
from serving.search.service import SearchService
from tests.unit.serving.shop_by_hand import NOW, index_of

ASKED = Asked("search", {"q": "product"}, None, 2)
PRODUCTS = Search("product")


@dataclass
class Counting:
    """An index that counts its searches."""

    index: object
    n_searches: int = 0

    def search(self, *arguments, **named):
        self.n_searches += 1
        return self.index.search(*arguments, **named)


@dataclass
class Shop:
    """A service that keeps answers, what it searches, and the rows that it leaves."""

    index: object
    rows: list = field(default_factory=list)
    keeping: Keeping = field(default_factory=Keeping)

    def __post_init__(self):
        self.searched = Counting(self.index)

    def service(self, rules=NO_RULES, **others):
        log = AnswerLog(lambda _, row: self.rows.append(row))
        kept = self.keeping.of(self.index, rules)
        made = SearchService(self.index, rules, self.searched, FORMULA, log, NOW, kept=kept)
        return replace(made, **others)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    return index_of(tmp_path_factory.mktemp("index"))


@pytest.fixture
def shop(index):
    return Shop(index)


def sent(page):
    """A page as it arrives, without its id."""
    document = orjson.loads(orjson.dumps(page))
    ProductPage.model_validate(document)
    return {name: value for name, value in document.items() if name != "answer_id"}


def told(row):
    """A row without what differs from answer to answer."""
    apart = ("event_id", "duration_microseconds")
    return {name: value for name, value in row.items() if name not in apart}


def test_the_same_search_again_is_the_same_page_without_a_search(shop):
    assert not shop.service().has_page(ASKED, PRODUCTS, EVERYBODYS)

    first = shop.service().page(ASKED, PRODUCTS)
    again = shop.service().page(ASKED, PRODUCTS)

    assert shop.service().has_page(ASKED, PRODUCTS, EVERYBODYS)
    assert (sent(again), told(shop.rows[1])) == (sent(first), told(shop.rows[0]))
    assert again["answer_id"] != first["answer_id"]
    assert shop.searched.n_searches == 1


def test_who_asks_is_told_of_a_kept_page_too(shop):
    for customer_id in (3, 4):
        asked = replace(ASKED, parameters={"q": "product", "customer_id": customer_id})
        shop.service().page(asked, PRODUCTS)

    assert [row["customer_id"] for row in shop.rows] == [3, 4]
    assert orjson.loads(shop.rows[1]["query"]) == {"q": "product", "customer_id": 4}
    assert shop.searched.n_searches == 1


def test_the_next_page_and_a_longer_one_are_other_pages(shop):
    first = shop.service().page(ASKED, PRODUCTS)
    second = shop.service().page(replace(ASKED, cursor=first["next_cursor"]), PRODUCTS)
    longer = shop.service().page(replace(ASKED, limit=4), PRODUCTS)

    assert [*sent(first)["products"], *sent(second)["products"]] == sent(longer)["products"]
    assert shop.searched.n_searches == 3


@pytest.mark.parametrize(
    ("manner", "others"),
    [
        (Manner(Personal("4", Acts((1,), ()))), {}),
        (Manner(semantic=True), {}),
        (Manner(asked=Manner(semantic=True)), {}),
        (EVERYBODYS, {"beside": Beside(FORMULA, "seed")}),
        (EVERYBODYS, {"kept": None}),
    ],
    ids=["personal", "semantic", "asked otherwise", "two lists as one", "nothing kept"],
)
def test_what_is_not_the_same_for_everybody_is_not_kept(shop, manner, others):
    for _ in range(2):
        shop.service(**others).page(ASKED, PRODUCTS, manner)

    assert shop.searched.n_searches == 2
    assert not shop.service(**others).has_page(ASKED, PRODUCTS, manner)


def test_another_order_has_pages_of_its_own(shop):
    @dataclass(frozen=True)
    class Learned(type(FORMULA)):
        name = "search_ranker 7"

    for order in (FORMULA, Learned(), FORMULA):
        shop.service(order=order).page(ASKED, PRODUCTS)

    assert shop.searched.n_searches == 2
    assert [row["search_order"] for row in shop.rows] == ["formula", "search_ranker 7", "formula"]


@pytest.mark.parametrize("changed", ["index", "rules"])
def test_a_newer_index_or_other_rules_have_no_kept_answers(shop, changed):
    rules = SearchRules({}, NO_RULES.others)
    shop.service(rules).page(ASKED, PRODUCTS)
    shop.service(rules).suggestions_as_json(SuggestionQuery(q="pro"))
    if changed == "index":
        shop.index = replace(shop.index)  # a snapshot, as after a change of a product
    else:
        rules = SearchRules({}, NO_RULES.others)

    assert not shop.service(rules).has_page(ASKED, PRODUCTS, EVERYBODYS)
    assert shop.service(rules).kept_suggestions(SuggestionQuery(q="pro")) is None


def test_suggestions_are_kept_as_they_are_sent(shop):
    query = SuggestionQuery(q="pro")
    made = shop.service(kept=None).suggestions(query).model_dump_json().encode()

    assert shop.service().suggestions_as_json(query) == made
    assert shop.service().kept_suggestions(query) == made
    assert shop.service().kept_suggestions(SuggestionQuery(q="pro", limit=1)) is None


def test_prefixes_of_one_word_lead_to_the_same_products(shop):
    for typed in ("pro", "produ", "product"):
        found = shop.service().suggestions(SuggestionQuery(q=typed))
        alone = shop.service(kept=None).suggestions(SuggestionQuery(q=typed))

        assert found == alone
