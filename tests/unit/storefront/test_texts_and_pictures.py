"""The shop's words, amounts and drawn pictures."""

import re
import string
from pathlib import Path
from typing import get_args
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

import storefront
from serving.recommendations.schemas import Source
from storefront.account.progress import STEPS
from storefront.browsing.pictures import drawn
from storefront.browsing.search import SORTS, Asked, corrected
from storefront.formats import day, minute, money
from storefront.texts import languages, texts_of
from storefront.visits import Visit, wished

SOURCE = Path(storefront.__file__).parent
LANGUAGES = languages()
KEY = re.compile(r"""(?:\bt|speak)\(\s*f?"([a-z_]+\.[a-z_0-9]*)"(?:\s*~)?""")
MADE = (
    "problem.",
    "message.",
    "list.",
    "reason.",
    "desk.done_",
    "desk_transfers.status_",
    "desk_experiment.unit_",
    "desk_experiment.personal_",
    "desk_experiment.harm_",
    "desk_quality.breaches",
    "desk_quality.refused",
)
"""Keys whose last part is made while the shop runs."""


def places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def keys_used():
    files = [*SOURCE.rglob("*.html"), *SOURCE.rglob("*.py")]
    return {key for path in files for key in KEY.findall(path.read_text())}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_pages_use_is_there(language):
    texts = texts_of(language)

    whole = {key for key in keys_used() if not key.endswith(("_", "."))}
    begun = {key for key in keys_used() if key.endswith(("_", "."))}
    assert whole - set(texts) == set()
    assert [key for key in begun if not any(each.startswith(key) for each in texts)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_state_step_and_order_has_its_words(language):
    texts = texts_of(language)
    states = (*STEPS, "cancelled", "returned", "refunded")

    wanted = {f"status.{each}" for each in states} | {f"status.{each}_text" for each in states}
    wanted |= {f"search.sort_{each}" for each in SORTS}
    assert wanted - set(texts) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_text_lies_there_unused_and_all_languages_have_the_same(language):
    used = keys_used()
    begun = tuple(key for key in used if key.endswith(("_", "."))) + MADE

    idle = [key for key in texts_of(language) if key not in used and not key.startswith(begun)]
    assert idle == []
    assert set(texts_of(language)) == set(texts_of("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_takes_what_the_english_one_takes(language):
    takes = {key: places(text) for key, text in texts_of("en").items()}

    assert {key: places(text) for key, text in texts_of(language).items()} == takes


@pytest.mark.parametrize("source", get_args(Source))
def test_why_a_product_is_in_a_list_is_said_in_every_language(source):
    assert {f"reason.{source}" in texts_of(language) for language in LANGUAGES} == {True}


@pytest.mark.parametrize(
    ("header", "languages"),
    [
        ("de-AT,de;q=0.9,en;q=0.5", ("de", "de", "en")),
        ("fr;q=0.2, de;q=0.8", ("de", "fr")),
        ("*", ()),
        ("en;q=0,de;q=x", ("de",)),
        ("", ()),
    ],
)
def test_what_a_browser_would_read_is_in_the_order_of_its_wishes(header, languages):
    assert wished(header) == languages


@pytest.mark.parametrize(
    ("chosen", "wishes", "spoken"),
    [("de", ("en",), "de"), ("xx", ("fr", "de"), "de"), ("", ("fr",), "en"), ("", (), "en")],
)
def test_pages_speak_what_was_chosen_else_what_the_browser_would_read(chosen, wishes, spoken):
    visit = Visit({"language": chosen}, languages=wishes)

    assert visit.language(("de", "en"), "en") == spoken


@pytest.mark.parametrize(
    ("cents", "currency", "language", "text"),
    [
        (123_456, "EUR", "en", "€1,234.56"),
        (5, "USD", "en", "$0.05"),
        (-990, "EUR", "en", "-€9.90"),
        (123_456, "EUR", "de", "1.234,56\xa0€"),
    ],
)
def test_amounts_are_written_as_the_language_does(cents, currency, language, text):
    assert money(cents, currency, language) == text


def test_times_are_written_as_the_language_does():
    assert day("2026-03-01T23:30:00+00:00", "en") == "March 1, 2026"
    assert minute("2026-03-01T10:05:59+01:00", "en") == "Mar 1, 2026, 09:05 UTC"


@given(st.integers(0, 2**63 - 1), st.integers(0, 2**63 - 1))
def test_a_picture_is_small_and_the_same_for_the_same_product(category_id, product_id):
    picture = drawn(category_id, product_id)

    assert picture == drawn(category_id, product_id)
    assert len(picture) < 700
    assert ET.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"


def test_products_of_a_category_look_alike_and_not_the_same():
    lamp, other_lamp, mug = drawn(3, 1), drawn(3, 2), drawn(8, 1)

    assert len({lamp, other_lamp, mug}) == 3


@pytest.mark.parametrize(
    ("query", "address"),
    [
        ("q=lamp&sort=relevance&price=&min_stars=", "/search?q=lamp"),
        ("sort=sideways&min_stars=9&price=9-1&in_stock=no&brand=", "/search"),
        ("brand=b&brand=a&brand=b", "/search?brand=b&brand=a"),
        (
            "price=-5000&attribute=Colour%3Dred&attribute=none",
            "/search?price=-5000&attribute=Colour%3Dred",
        ),
    ],
)
def test_a_search_has_one_address_whatever_was_typed(query, address):
    assert Asked.of(QueryParams(query)).address("/search") == address


@given(st.text(max_size=60))
def test_no_address_is_an_error(query):
    asked = Asked.of(QueryParams(query))

    again = Asked.of(QueryParams(asked.address("/").partition("?")[2]))
    assert again.pairs() == asked.pairs()


def test_prices_are_bounds_of_cents_the_upper_one_outside():
    asked = Asked.of(QueryParams("price=1000-5000"))

    assert {("min_price", 1000), ("max_price", 4999)} <= set(asked.params())


def test_a_search_is_written_as_it_was_understood():
    assert corrected("Brass lapm", {"lapm": "lamp"}) == "Brass lamp"
