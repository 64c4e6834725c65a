"""How a query may go on (models.search.suggesting)."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.search.index import Index
from models.search.suggesting import suggestions
from models.search.writing import write_shard

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
        ("garden ", [("garden chair", 1)]),
        ("zz", []),
        ("desk lamp", [("desk lamp", 2)]),
    ],
)
def test_words_that_products_are_called_by_go_on_with_what_was_typed(index, typed, expected):
    found = [(each.text, each.n_products) for each in suggestions(index, typed, 5)]

    assert found == expected


def test_no_more_come_than_are_asked_for(index):
    assert len(suggestions(index, "", 2)) == 2


@given(st.text())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
def test_nothing_typed_is_an_error(index, typed):
    suggestions(index, typed, 5)
