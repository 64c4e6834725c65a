"""Words by their stems in the catalogue's language (models.search.languages)."""

import json

import pytest

from models.search.documents import in_batches
from models.search.index import Index
from models.search.opensearch.rows import bulk_lines
from models.search.query import Search, words
from models.search.suggesting import suggestions
from models.search.synonyms import SynonymRule, Synonyms
from models.search.wishes import Wishes
from models.search.writing import write_shard
from serving.search.compiling import compiled
from tests.unit.models.search.products import document
from tests.unit.serving.test_search_rules import pin

GERMAN = [
    document(1, title="Rote Lampen für Gärten"),
    document(2, title="Lampenöl"),
    document(3, title="Stuhl"),
]


def index_in(folder, language, documents):
    write_shard(folder / "shard-0", documents, language)
    manifest = {"date": "2026-01-31", "shards": ["shard-0"], "language": language}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return Index.open(folder)


@pytest.fixture
def german(tmp_path):
    return index_in(tmp_path, "german", GERMAN)


def found(index, text, **more):
    return [each["product_id"] for each in index.search(Search(text), **more).documents]


@pytest.mark.parametrize("text", ["lampe", "Lampen", "garten", "GÄRTEN", "rotes", "rot"])
def test_german_endings_and_accents_do_not_matter(german, text):
    assert found(german, text) == [1]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("german", "Stühlen", "stuhl"),
        ("french", "chaussures", "chaussure"),
        ("spanish", "zapatos", "zapato"),
        ("portuguese", "cadeiras", "cadeira"),
        ("english", "chairs", "chair"),
    ],
)
def test_each_language_has_its_own_endings(language, one, other):
    assert words(one, language) == words(other, language)


def test_german_endings_are_none_in_english():
    assert words("Stühlen", "english") != words("stuhl", "english")


def test_a_typo_is_mended_to_a_word_that_is_found_by_its_stem(german):
    answer = german.search(Search("lammpen"))

    assert answer.corrections == {"lammpen": "lampen"}
    assert [each["product_id"] for each in answer.documents] == [1]


def test_of_several_forms_of_one_word_one_is_suggested(tmp_path):
    named = ("Lampe rot", "Lampen", "Lampe")
    index = index_in(tmp_path, "german", [document(n, title=t) for n, t in enumerate(named, 1)])

    assert [each.text for each in suggestions(index, "lam", 5)] == ["lampe"]


def test_synonyms_and_rules_are_found_by_the_language_s_stems(german):
    synonyms = Synonyms.of([SynonymRule(1, ["Sessel"], ["Stühle"])], "german")
    rules = compiled([pin(1, 3, 1, "Lampen")], "german")

    assert found(german, "sessel", wishes=Wishes(synonyms=synonyms)) == [3]
    assert rules.of("lampe").wishes.pins
    assert not rules.of("lampenöl").wishes.pins


def test_the_other_engine_gets_the_same_words():
    [batch] = in_batches(GERMAN[:1])
    [(_, row)] = bulk_lines(batch, "german")

    assert json.loads(row)["title"].split() == words("Rote Lampen für Gärten", "german")
