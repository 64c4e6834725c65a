"""What a search engine has to do, whichever it is: Tantivy (models.search.index) or OpenSearch."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.search.index import FIELD_SORTS
from models.search.query import Search, Things
from models.search.second_stage import BY_HAND, SecondStage
from models.search.synonyms import SynonymRule, Synonyms
from models.search.taste import Acts
from models.search.wishes import Pin, Weights, Wishes
from tests.examples import examples
from tests.unit.models.search import test_facets as scan
from tests.unit.models.search.products import document, documents

MEANT = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@pytest.fixture(scope="module")
def index(index_documents):
    more = [
        document(7, "Printer Toner TN-2110", popularity=-1.0, listed_on=None),
        document(8, "Notebook 15.6 inch", popularity=-2.0, listed_on=None),
    ]
    return index_documents([*documents(), *more])


@pytest.fixture(scope="module")
def drawn(index_documents):
    return index_documents([document(each["product_id"], "") | each for each in scan.DOCUMENTS])


def ids(index, text="", wishes=None, **options):
    found = index.search(Search(text, **options), 0, 100, *filter(None, [wishes]))
    return [each["product_id"] for each in found.documents]


@pytest.mark.parametrize(
    ("text", "product_ids"),
    [
        ("desk lamp", {1}),
        ("LAMPS", {1, 3, 6}),
        ("run shoe", {4}),
        ("creme brulee", {5}),
        ("fleet", {4}),
        ("kitchen", {5}),
        ("crimson", {1}),
        ("tn2110", {7}),
        ("TN 2110", {7}),
        ('15,6"', {8}),
        ("note book", {8}),
        ("lamp zeppelin", {1, 3, 6}),  # nothing has both: any will do
        ("zeppelin", set()),
        ("?!", set()),
    ],
)
def test_words_stems_and_codes_find_what_has_them(index, text, product_ids):
    found = index.search(Search(text))

    full = {each["product_id"] for each in found.documents[: found.n_full or None]}
    assert full == product_ids
    assert found.n_total == len(product_ids)


@pytest.mark.parametrize(
    ("text", "product_ids"),
    [
        ("lamp", {1, 3}),  # 6 only goes well with one
        ("lamps home", {1, 3}),  # in the category
        ("lumo lamp shade", {3}),
        ("red lumo shade", set()),  # two of three are not enough, and nothing follows behind
        ("crimson", set()),
    ],
)
def test_products_that_are_called_by_all_words_can_be_asked_for(index, text, product_ids):
    found = index.search(Search(text, named=True))

    assert {each["product_id"] for each in found.documents} == product_ids
    assert found.n_total == len(product_ids)


def test_a_word_in_the_title_counts_more_than_in_the_description(index):
    assert ids(index, "lamp")[-1] == 6


def test_behind_what_has_all_words_comes_what_has_some(index):
    found = index.search(Search("desk lamp"))

    assert found.documents[0]["product_id"] == 1
    assert {each["product_id"] for each in found.documents[1:]} == {2, 3, 6}
    assert (found.n_total, found.n_full, found.is_last) == (1, 1, True)
    assert found.facets.values["category"] == [(10, 1)]


@pytest.mark.parametrize(
    ("text", "meant", "product_ids"),
    [("lapm", {"lapm": "lamp"}, {1, 3, 6}), ("wallclock", {"wallclock": "wall clock"}, {6})],
)
def test_a_misspelt_word_finds_what_was_meant_and_the_answer_says_so(
    index, text, meant, product_ids
):
    found = index.search(Search(text))

    assert found.corrections == meant
    assert {each["product_id"] for each in found.documents[: found.n_full]} == product_ids


@pytest.mark.parametrize(
    ("text", "dropped"),
    [
        ("lamp zeppelin", ["zeppelin"]),
        ("desk tent 500 GB", ["tent", "500 gb"]),
        ("desk lamp", []),
        ("zeppelin", []),
        ("", []),
    ],
)
def test_where_nothing_has_enough_of_the_words_it_says_what_the_best_lacks(index, text, dropped):
    assert list(index.search(Search(text)).dropped) == dropped


@pytest.mark.parametrize(
    ("options", "product_ids"),
    [
        ({}, [2, 4, 1, 6, 3, 5, 7, 8]),
        ({"category_ids": (10,)}, [1, 3]),
        ({"category_ids": (10,), "in_stock": True}, [1]),
        ({"brands": ("Lumo",)}, [1, 6, 3]),
        ({"brands": ("lumo",)}, []),
        ({"seller_ids": (1,)}, [2, 4, 6]),
        ({"min_price_cents": 2500, "max_price_cents": 7000}, [4, 6, 5]),
        ({"max_price_cents": 500}, [3]),
        ({"sort": "price_asc"}, [3, 7, 8, 1, 6, 5, 4, 2]),
        ({"sort": "price_desc", "brands": ("Lumo",)}, [6, 1, 3]),
        ({"sort": "best_selling", "min_price_cents": 1_001}, [4, 6, 1, 2, 5]),
        ({"sort": "newest", "seller_ids": (1, 2)}, [6, 4, 3, 2, 5, 1]),
        ({"sort": "rating", "min_stars": 1}, [5, 1, 4, 2]),
        ({"min_stars": 4}, [4, 1, 5]),
        ({"category_paths": ("Home > Lamps", "Sport")}, [4, 1, 3]),
        ({"category_paths": ("Sport",), "category_ids": (50,)}, [4, 6]),
        ({"category_paths": ("Hom",)}, []),
        ({"attributes": (("colour", "crimson"),)}, [1]),
        ({"attributes": (("colour", "blue"),)}, []),
    ],
)
def test_filters_and_sorts(index, options, product_ids):
    assert ids(index, **options) == product_ids


def test_filters_do_not_change_the_score(index):
    plain = index.search(Search("clock"))
    filtered = index.search(Search("clock", brands=("Lumo",), in_stock=True, max_price_cents=9999))

    assert filtered.scores == pytest.approx(plain.scores)


@pytest.mark.parametrize("sort", [*FIELD_SORTS, "relevance"])
@pytest.mark.parametrize("text", ["lamp desk shoes torch", "desk lamp", "lamp", ""])
def test_pages_put_together_are_the_whole_list(index, text, sort):
    search = Search(text, sort=sort)

    paged = [each for start in range(8) for each in index.search(search, start, 1).documents]

    assert paged == index.search(search, 0, 8).documents


def test_pages_of_many_that_are_alike_repeat_none_and_leave_none_out(drawn):
    paged = [
        each["product_id"]
        for start in range(0, 300, 70)
        for each in drawn.search(Search("lamp"), start, 70).documents
    ]

    assert sorted(paged) == [
        each["product_id"] for each in scan.DOCUMENTS if "lamp" in each["title"]
    ]


def test_a_page_goes_on_behind_the_product_that_the_last_one_ended_with(index):
    """By price: 3, 7, 8, 1; whoever saw 3 and 7 goes on with 8, even if 3 has gone since."""
    gone = Wishes(hidden=(Things((3,)),))

    found = index.search(Search(sort="price_asc"), 2, 2, gone, after=7)

    assert [each["product_id"] for each in found.documents] == [8, 1]
    assert found.start == 1


def test_a_document_comes_back_whole(index):
    assert index.products([1, 99]) == {1: next(documents())}
    assert index.products([]) == {}
    assert index.search(Search("crimson")).documents == [next(documents())]


HIDING = Wishes(hidden=(Things((2,)), Things((), (10,)), Things((), (), (), ("Fleet",))))
PINNING = Wishes(pins=(Pin(1, 3, 11), Pin(3, 5, 12), Pin(4, 99, 13)))
WEIGHING = Wishes(
    weights=(
        Weights(
            {
                "product_id": {6: (10_000.0, (21,)), 3: (10.0, (21,))},
                "brand": {"Holz": (0.1, (22,))},
            }
        ),
    )
)
SAYING = Wishes(synonyms=Synonyms.of([SynonymRule(31, ["sneakers"], ["running shoes"])]))


@pytest.mark.parametrize(
    ("text", "wishes", "product_ids", "rule_ids"),
    [
        ("", HIDING, [6, 5, 7, 8], []),
        ("", PINNING, [3, 2, 5, 4, 1, 6, 7, 8], [11, 12]),
        ("clock", PINNING, [3, 6, 5], [11, 12]),
        ("lamp", WEIGHING, [6, 3, 1], [21]),
        ("sneakers", SAYING, [4], [31]),
    ],
)
def test_what_operators_want_is_done(index, text, wishes, product_ids, rule_ids):
    found = index.search(Search(text), 0, 100, wishes)

    assert [each["product_id"] for each in found.documents] == product_ids
    assert (found.n_total, list(found.applied_rules)) == (len(product_ids), rule_ids)


@pytest.fixture(scope="module")
def looked_at(index_documents):
    """Lamps alike in words; the higher the number, the more they are looked at."""
    return index_documents(
        [
            document(n, "Lamp", look_ratio=n / 10, brand="Own" if n == 2 else None)
            for n in range(1, 7)
        ]
    )


@pytest.mark.parametrize(
    ("wishes", "product_ids"),
    [
        (Wishes(second_stage=BY_HAND), [6, 5, 4, 3, 2, 1]),
        (
            Wishes(second_stage=SecondStage(BY_HAND.order, Acts((2, 2, 2, 2, 2)))),
            [2, 6, 5, 4, 3, 1],
        ),
        (Wishes(second_stage=BY_HAND, pins=(Pin(1, 3, 1),)), [3, 6, 5, 4, 2, 1]),
    ],
)
def test_hits_alike_in_words_come_as_shoppers_take_to_them(looked_at, wishes, product_ids):
    pages = [looked_at.search(Search("lamp"), start, 2, wishes) for start in (0, 2, 4)]

    assert [each["product_id"] for page in pages for each in page.documents] == product_ids
    assert ids(looked_at, "lamp", wishes, sort="price_asc") == ids(
        looked_at, "lamp", sort="price_asc"
    )


NEAR = Wishes(near=(4, 2, 1))


@pytest.mark.parametrize(
    ("text", "options", "product_ids"),
    [
        ("shade", {}, [3, 4, 2, 1]),
        ("desk lamp", {}, [1, 2, 3, 6, 4]),  # 2 has one of the words
        ("shade", {"brands": ("Lumo",)}, [3, 1]),
        ("shade", {"sort": "price_asc"}, [3]),
        ("zeppelin", {}, [4, 2, 1]),
        ("?!", {}, [4, 2, 1]),
        ("", {}, [2, 4, 1, 6, 3, 5, 7, 8]),
    ],
)
def test_what_is_near_in_meaning_follows_what_has_some_of_the_words(
    index, text, options, product_ids
):
    pages = [index.search(Search(text, **options), start, 2, NEAR) for start in range(0, 8, 2)]
    found = [each["product_id"] for page in pages for each in page.documents]

    assert sorted(found) == sorted(product_ids)
    if text != "desk lamp":
        assert found == product_ids
    assert found[-1] == product_ids[-1]
    assert found[0] == product_ids[0]


def test_weights_and_pins_do_not_touch_other_orders(index):
    assert ids(index, "lamp", PINNING, sort="price_asc") == [3, 1, 6]


@given(st.text())
@settings(suppress_health_check=MEANT, max_examples=examples(15), deadline=None)
def test_no_text_is_an_error(index, text):
    found = index.search(Search(text))

    assert found.n_full <= len(found.documents) <= 8
    assert len(found.documents) >= found.n_total


@given(scan.searches)
@settings(suppress_health_check=MEANT, max_examples=examples(15), deadline=None)
def test_facets_are_those_of_a_full_scan_under_the_other_filters(drawn, search):
    scan.assert_facets_are_of_a_scan(drawn, search)


def test_sorted_otherwise_only_what_has_all_words_is_listed(index):
    assert ids(index, "desk lamp", sort="price_desc") == [1]
    assert ids(index, "lamp zeppelin", sort="price_desc") == [6, 1, 3]


def test_a_page_says_whether_it_is_the_last(index):
    """Four products have one of the words or both."""
    ends = [index.search(Search("desk lamp"), start, 1).is_last for start in range(4)]

    assert ends == [False, False, False, True]


def test_counts_are_of_all_matches_not_of_the_page(index):
    found = index.search(Search("lamp"), limit=1)

    assert (len(found.documents), found.n_total) == (1, 3)
    assert found.facets.values["category"] == [(10, 2), (50, 1)]
    assert found.facets.values["brand"] == [("Lumo", 3)]


def test_without_facets_the_page_is_the_same(index):
    """Nothing needs to be counted then."""
    found = index.search(Search("lamp"), facets=None)

    assert [each["product_id"] for each in found.documents] == ids(index, "lamp")
    assert not found.facets.values["brand"]
