"""Text is split before it is indexed (models.search.splitting): the index holds what its analyzers would find."""

import string

import orjson
import pytest
import tantivy
from hypothesis import given
from hypothesis import strategies as st
from tantivy import Occur, Query

from models.search.encoding import fields_of
from models.search.fields import FORMS, TEXT_BOOSTS, WORDS, analyzer, form_analyzer, schema
from models.search.index import Index
from models.search.splitting import Splitter, splitters
from models.search.writing import called, texts, write_shard

LANGUAGES = ("english", "german", "french")
TITLES = [
    "Désk-lamps, 15.6-inch running LAMPS",
    "ﬀ ① Straße  für\u00a0Läufer\u2028und\tSchuhe — x" + "y" * 50,
    "राम's café №5 ½ naïve İstanbul ǅ",
    "Lamps for lamps: the lamp's lamping",
]
DOCUMENTS = [
    {
        "product_id": n,
        "title": title,
        "description": " ".join(TITLES[n:]),
        "category_id": 1,
        "category_path": "Home > Lights",
        "brand": "Émile & Söhne",
        "seller_id": 2,
        "price_cents": 100,
        "attributes": '{"Colour": "rouges", "size": 5}',
        "in_stock": True,
        "mean_rating": None,
        "n_units_28d": None,
        "listed_on": None,
        "popularity": float(n),
    }
    for n, title in enumerate(TITLES)
]
text = (
    st.text(st.sampled_from(string.printable + "äéßİǅﬀ½①र\u0301\u00a0\u2028\u0085中文")) | st.text()
)


@pytest.mark.parametrize("language", LANGUAGES)
@given(text)
def test_words_are_those_of_the_analyzer(language, written):
    readable = written.encode("utf-8", "replace").decode()
    split = splitters(language)

    assert split.stems.split(readable).split() == analyzer(language).analyze(readable)
    assert split.forms.split(readable).split() == form_analyzer().analyze(readable)


def test_a_splitter_forgets_before_it_is_too_large():
    splitter = Splitter(form_analyzer(), n_kept=2)

    assert [splitter.split(each) for each in ("A b", "c", "A c")] == ["a b", "c", "a c"]
    assert len(splitter) <= 2


def plain_index(folder, language):
    """The same documents with the analyzers in the index, as they were written before."""
    index = tantivy.Index(schema(), path=str(folder))
    index.register_tokenizer(WORDS, analyzer(language))
    index.register_tokenizer(FORMS, form_analyzer())
    writer = index.writer(heap_size=15_000_000, num_threads=1)
    for document in DOCUMENTS:
        fields = fields_of(document, language) | texts(document) | {FORMS: called(document)}
        writer.add_json(orjson.dumps(fields).decode())
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    return index.searcher()


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_index_holds_the_same_words_as_often_as_with_analyzers_of_its_own(tmp_path, language):
    (tmp_path / "plain").mkdir()
    plain = plain_index(tmp_path / "plain", language)
    write_shard(tmp_path / "shard-0", DOCUMENTS, language)
    manifest = {"date": "-", "shards": ["shard-0"], "language": language}
    ours = Index.open_shards(tmp_path, manifest).shards[0].searcher

    for field in (*TEXT_BOOSTS, FORMS):
        words = plain.terms_with_prefix(field, "")
        assert ours.terms_with_prefix(field, "") == words != []
        any_word = Query.boolean_query(
            [(Occur.Should, Query.term_query(schema(), field, word, "freq")) for word, _ in words]
        )
        assert scores(ours, any_word) == scores(plain, any_word), field


def scores(searcher, query):
    """Products with their scores, which tell how often each has the words, and how long it is."""
    hits = searcher.search(query, limit=10).hits
    ids = searcher.fast_field_values("product_id", [address for _, address in hits])
    return sorted(zip(ids, (score for score, _ in hits), strict=True))
