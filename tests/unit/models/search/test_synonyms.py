"""Words that operators say mean the same (models.search.synonyms)."""

import pytest

from models.search.query import Part, Search
from models.search.spelling import Vocabulary, understood
from models.search.synonyms import NO_SYNONYMS, SynonymRule, Synonyms
from models.search.wishes import Wishes
from tests.unit.models.search.products import build_index, documents

VOCABULARY = Vocabulary({"television": 9, "headset": 5, "stand": 4, "tvstand": 1, "tale": 3}, {})
TV = ["tv", "television"]
TITLES = ["Television stand", "TV stand", "Headset", "Head band set", "PlayStation 4", "PS4 pad"]


def both_ways(*phrases, rule_id=1):
    return SynonymRule(rule_id, phrases, phrases)


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    [first, *_] = documents()
    plain = {**first, "category_path": "", "brand": None, "attributes": "{}"}
    return build_index(
        tmp_path_factory.mktemp("alike"),
        [[{**plain, "product_id": n, "title": title} for n, title in enumerate(TITLES)]],
    )


@pytest.mark.parametrize(
    ("rules", "text", "titles"),
    [
        ([], "tv", {1}),
        ([both_ways("tv", "television")], "Televisions", {0, 1}),
        ([both_ways("tv", "television")], "television stand", {0, 1}),
        ([both_ways("head set", "headset")], "head set", {2, 3}),
        ([both_ways("head set", "headset")], "headset", {2, 3}),
        ([SynonymRule(1, ["ear speaker"], ["headset", "pad"])], "ear speaker", {2, 5}),
        ([SynonymRule(1, ["ear speaker"], ["headset"])], "headset", {2}),  # one way
        ([both_ways("ps4", "playstation 4")], "ps 4", {4, 5}),
        ([both_ways("ps4", "playstation 4")], "playstation4", {4, 5}),
        ([both_ways("tv", "television"), both_ways("tv", "headset")], "tv", {0, 1, 2}),
        ([both_ways("tv", "television"), both_ways("tv stand", "headset")], "tv stand", {1, 2}),
    ],
)
def test_what_is_found_by_other_words(index, rules, text, titles):
    found = index.search(Search(text), wishes=Wishes(synonyms=Synonyms.of(rules)))

    assert {each["product_id"] for each in found.documents[: found.n_full]} == titles
    assert found.n_total == len(titles)


def test_what_was_typed_counts_more_than_what_means_the_same(index):
    synonyms = Synonyms.of([both_ways("tv", "television")])

    found = index.search(Search("tv stand"), wishes=Wishes(synonyms=synonyms))
    other = index.search(Search("television stand"), wishes=Wishes(synonyms=synonyms))

    assert [each["product_id"] for each in found.documents] == [1, 0]
    assert [each["product_id"] for each in other.documents] == [0, 1]


def test_an_answer_names_the_rules_of_its_synonyms(index):
    rules = [both_ways("tv", "television", rule_id=8), both_ways("tv", "telly", rule_id=9)]
    wishes = Wishes(synonyms=Synonyms.of([*rules, both_ways("lamp", "light", rule_id=10)]))

    assert index.search(Search("tv stand"), wishes=wishes).applied_rules == [8, 9]
    assert index.search(Search("stand"), wishes=wishes).applied_rules == []


def test_a_word_that_has_a_synonym_is_neither_mended_nor_joined():
    synonyms = Synonyms.of([both_ways("talle", "television"), both_ways("tv", "television")])

    assert understood("talle", VOCABULARY).corrections == {"talle": "tale"}
    assert understood("talle", VOCABULARY, synonyms).corrections == {}
    assert understood("tv stand", VOCABULARY).parts == [Part(("tv", "stand"), joined="tvstand")]
    assert len(understood("tv stand", VOCABULARY, synonyms).parts) == 2


def test_a_mended_word_has_the_synonyms_of_what_was_meant():
    [part] = understood("televison", VOCABULARY, Synonyms.of([both_ways(*TV)])).parts

    assert part.alike == ((Part(("tv",)),),)


@pytest.mark.parametrize(
    "rule",
    [
        pytest.param(both_ways("lamp", "Lamps"), id="the same word"),
        pytest.param(both_ways("x" * 50, "lamp"), id="no word that the index can have"),
        pytest.param(SynonymRule(1, ["lamp"], ["?"]), id="no word at all"),
    ],
)
def test_what_says_nothing_changes_nothing(rule):
    assert understood("lamp", VOCABULARY, Synonyms.of([rule])).parts == [Part(("lamp",))]
    assert understood("", VOCABULARY, Synonyms.of([rule])).parts == []


def test_the_longest_phrase_that_begins_first_is_taken():
    rules = [both_ways("a b", "x"), both_ways("b c d", "y"), both_ways("a", "z")]

    found = understood("a b c d", VOCABULARY, Synonyms.of(rules)).parts

    assert [part.words for part in found] == [("a", "b"), ("c",), ("d",)]
    assert found[0].alike == ((Part(("x",)),),)


def test_a_model_number_within_a_phrase_is_still_found_as_one_word(index):
    """Product 5 is a PS4 pad; what has both words apart is none."""
    synonyms = Synonyms.of([both_ways("pad ps 4", "headset")])

    found = index.search(Search("pad ps 4"), wishes=Wishes(synonyms=synonyms))

    assert {each["product_id"] for each in found.documents[: found.n_full]} == {2, 5}


def test_without_rules_a_query_stays_as_it_is():
    found = [Part(("a",)), Part(("b",))]

    assert NO_SYNONYMS.widened(found) == found
