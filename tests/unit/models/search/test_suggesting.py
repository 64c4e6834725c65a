"""How a query may go on (models.search.suggesting)."""

import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.search.index import Index
from models.search.query import Search
from models.search.suggesting import named, suggestions
from models.search.writing import write_shard
from tests.unit.models.search import products
from tests.unit.models.search.products import index_of

TITLES = (
    "Desk lamp", "Desk lamp red", "Desk clock", "Floor lamp", "Lamps for desks", "Désir 4 lamp x",
    "Garden chair",
)  # fmt: skip


@pytest.fixture(scope="module", params=[1, 2], ids="{} shards".format)
def index(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("suggestions")
    names = [f"shard-{number}" for number in range(request.param)]
    for number, name in enumerate(names):
        documents = [document(n, title) for n, title in enumerate(TITLES, 1)]
        write_shard(folder / name, documents[number :: request.param])
    (folder / "manifest.json").write_text(json.dumps({"date": "-", "shards": names}))
    return Index.open(folder)


def document(n, title):
    return {
        "product_id": n, "title": title, "description": "deskbound", "category_id": 1,
        "category_path": None, "brand": None, "seller_id": 1, "price_cents": 1, "attributes": "{}",
        "in_stock": True, "popularity": 0.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("de", [("desk", 3), ("desir", 1)]),  # "desks" is another form of the first
        ("DÉ", [("desk", 3), ("desir", 1)]),
        ("desk l", [("desk lamp", 2)]),  # among what has a desk; "lamps" is another form
        ("desk ", [("desk lamp", 2), ("desk clock", 1), ("desk for", 1), ("desk red", 1)]),
        ("d", [("desk", 3), ("desir", 1)]),
        ("garden ", [("garden chair", 1)]),
        ("zz", []),
        ("desk lamp", [("desk lamp", 2)]),
    ],
)
def test_words_that_products_are_called_by_go_on_with_what_was_typed(index, typed, expected):
    found = [(each.text, each.n_products) for each in suggestions(index, typed, 5)]

    assert found == expected


@pytest.mark.parametrize(
    ("text", "product_ids"),
    [
        ("desk", {1, 2, 3, 5}),
        ("red lamp desk", {2}),
        ("deskbound", {1, 2, 3, 4, 5, 6, 7}),  # nothing is called so: descriptions have it
        ("desk lamp garden", {1, 2, 5}),  # nor by all three: two will do, as in any search
        ("zeppelin", set()),
    ],
)
def test_the_products_of_a_suggestion_are_called_so_or_else_found(index, text, product_ids):
    found = named(index, text, 10)

    assert {each["product_id"] for each in found.documents} == product_ids


NAME = st.lists(st.sampled_from(["lamp", "desk", "red", "oak", "shade"]), max_size=4)


@given(names=st.lists(NAME, min_size=1, max_size=12), words=NAME.filter(bool))
@settings(max_examples=25, deadline=None)
def test_of_any_catalogue_exactly_those_called_by_all_words_are_found(names, words):
    with tempfile.TemporaryDirectory() as folder:
        index = index_of(
            Path(folder),
            [products.document(n, " ".join(name), description="red oak lamp desk shade")
             for n, name in enumerate(names)],
        )  # fmt: skip
        found = index.search(Search(" ".join(words), named=True), facets=None)

    called_so = {n for n, name in enumerate(names) if set(words) <= set(name)}
    assert {each["product_id"] for each in found.documents} == called_so


def test_no_more_come_than_are_asked_for(index):
    assert len(suggestions(index, "", 2)) == 2


@given(st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_nothing_typed_is_an_error(index, typed):
    suggestions(index, typed, 5)
