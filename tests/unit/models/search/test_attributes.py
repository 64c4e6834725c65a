"""Attributes as the index holds them, a column at once (models.search.attributes)."""

import json

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.search.attributes import MAX_ATTRIBUTES, Attributes
from models.search.fields import analyzer
from models.search.splitting import splitters

signs = st.text(st.sampled_from('ab ,:"{}\\=é\n'), max_size=6)
values = signs | st.integers(0, 3) | st.booleans() | st.lists(signs, max_size=2)
plain = st.dictionaries(
    st.text("ab c", min_size=1, max_size=4), st.text("xyz ", max_size=4), max_size=5
)
other = st.dictionaries(signs, values, max_size=5)
SEPARATORS = {"as written by Python": (", ", ": "), "short": (",", ":")}


def fields(texts):
    made = Attributes(splitters("english").stems).fields(pa.array(texts, pa.string()))
    return [json.loads(f"{{{each[:-1]}}}") for each in made.to_pylist()]


@pytest.mark.parametrize("separators", SEPARATORS.values(), ids=SEPARATORS)
@given(st.lists(plain | other, max_size=4))
def test_words_are_those_of_names_and_values_and_short_ones_are_chosen_by(separators, products):
    texts = [json.dumps(each, separators=separators) for each in products]

    for attributes, made in zip(products, fields(texts), strict=True):
        written = " ".join(f"{name} {value}" for name, value in attributes.items())
        assert made["attributes"].split() == analyzer("english").analyze(written)
        assert made["attribute_values"] == [
            f"{name}={value}"
            for name, value in attributes.items()
            if name and "=" not in name and isinstance(value, str | int) and f"{value}"
        ]


def test_of_a_product_s_attributes_the_first_are_chosen_by_and_all_are_words():
    many = {f"name{n}": "x" for n in range(MAX_ATTRIBUTES + 2)}

    [made] = fields([json.dumps(many)])

    assert len(made["attribute_values"]) == MAX_ATTRIBUTES
    assert f"name{MAX_ATTRIBUTES + 1} x" in made["attributes"]


@pytest.mark.parametrize("text", ["", "no object", "{", '{"a": "b"', "[1]", '{"a" "b"}', "{}"])
def test_what_is_no_object_is_words_alone(text):
    [made] = fields([text])

    assert made["attributes"].split() == analyzer("english").analyze(text)
    assert made["attribute_values"] == []
