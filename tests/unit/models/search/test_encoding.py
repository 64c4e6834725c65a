"""What the index holds of a document is put together as JSON (models.search.encoding)."""

import datetime as dt
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.search.codes import codes_of
from models.search.encoding import encoded, fields_of
from models.search.fields import analyzer
from models.search.price_bands import price_step
from tests.unit.models.search.products import document

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
values = text | st.integers(-(2**60), 2**60) | st.booleans() | st.none() | st.lists(text)


def test_a_document_is_its_words_its_values_and_its_numbers():
    lamp = document(
        7,
        'Réading lamps 15.6"',
        description="For long\nevenings",
        category_id=3,
        category_path="Home > Lights",
        brand="Lumo & Co",
        price_cents=1_234,
        attributes='{"colour": "warm white", "watts": 5, "parts": ["base"], "a=b": "x"}',
        mean_rating=4.5,
        listed_on=dt.date(1, 1, 2),
    )

    assert fields_of(lamp) == {
        "title": "read lamp 15 6",
        "description": "for long evening",
        "forms": "reading lamps 15 6 lumo  co home  lights",
        "brand_words": "lumo  co",
        "brand": "Lumo & Co",
        "category_words": "home  light",
        "category_path": "Home > Lights",
        "category_tree": ["Home"],
        "attributes": "colour warm white watt 5 part base a b x",
        "attribute_values": ["colour=warm white", "watts=5"],
        "codes": ["15p6in"],
        "product_id": 7,
        "category_id": 3,
        "price_cents": 1_234,
        "price_step": 1_000,
        "stars": 4,
        "mean_rating": 4.5,
        "n_units_28d": 0,
        "listed_day": 2,
        "in_stock": True,
        "popularity": 0.0,
    }


def test_what_is_not_known_is_no_field_or_nothing():
    bare = fields_of(document(7, "lamp", attributes="no object"))

    assert not {"brand", "category_id", "category_path", "seller_id"} & {*bare}
    assert [bare[name] for name in ("brand_words", "category_tree", "stars")] == ["", [], 0]
    assert (bare["attributes"], bare["attribute_values"]) == ("no object", [])


@pytest.mark.parametrize(("one", "other"), [("1", "true"), ("1", "1.0"), ('"1"', "1")])
def test_values_that_are_equal_but_written_otherwise_are_not_mixed_up(one, other):
    for value in (one, other):
        made = fields_of(document(1, "lamp", attributes=f'{{"size": {value}}}'))
        assert made["attribute_values"] == [f"size={json.loads(value)}"]


@given(text, text, text, st.dictionaries(text, values, max_size=4), st.integers(0, 2**50))
def test_any_text_is_json_and_stays_what_it_is(title, brand, path, attributes, cents):
    any_document = document(
        1,
        title,
        description=path,
        brand=brand,
        category_path=path,
        attributes=json.dumps(attributes),
        price_cents=cents,
    )

    [row] = encoded([any_document])
    found = json.loads(row)

    assert found["title"].split() == analyzer("english").analyze(title)
    assert found["description"].split() == analyzer("english").analyze(path)
    assert (found["brand"], found["category_path"]) == (brand, path)
    assert found.get("codes", []) == codes_of(f"{title} \n {path}")
    assert found["price_step"] == price_step(cents)
    written = " ".join(f"{name} {value}" for name, value in attributes.items())
    assert found["attributes"].split() == analyzer("english").analyze(written)
