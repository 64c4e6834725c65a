"""What a shopper may have meant (models.search.spelling)."""

import pytest

from models.search.query import Part
from models.search.spelling import Vocabulary, understood

WORDS = {"headphone": 9, "headphones": 40, "mouse": 30, "house": 3, "pad": 20, "headset": 12}
WORDS |= {"pool": 4, "cover": 4} | {
    "playstation": 8,
    "lamp": 5,
    "lamps": 2,
    "mousepad": 1,
    "desk": 7,
}
VOCABULARY = Vocabulary(WORDS, {"head": 50, "set": 60, "mous": 30, "rareli": 3, "wool": 1})


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("headphnes", "headphones"),  # one letter missing
        ("haedphones", "headphones"),  # two in the other order
        ("headfones", "headphones"),  # two signs off
        ("hedfonse", None),  # more
        ("mose", "mouse"),
        ("nouse", "mouse"),  # as near as house, and more frequent
        ("mous", None),  # found as it is: the stem of mouse
        ("pda", None),  # too short to tell
        ("lmap", "lamp"),
        ("desklamp", "desk lamp"),
    ],
)
def test_a_word_that_no_product_is_called_by_is_taken_for_the_nearest(typed, meant):
    found = understood(typed, VOCABULARY)

    assert found.corrections == ({typed: meant} if meant else {})


@pytest.mark.parametrize("typed", ["headphones", "LAMPS", "rarely", "tn-2110x", "ps4", "mouse2"])
def test_what_products_have_and_model_numbers_are_left_alone(typed):
    assert understood(typed, VOCABULARY).corrections == {}


def test_the_word_of_a_model_number_in_two_words_is_mended():
    found = understood("playsattion 4", VOCABULARY)

    assert found.corrections == {"playsattion": "playstation"}
    assert [part.code for part in found.parts] == ["playstation4"]


def test_a_word_found_once_or_twice_is_looked_for_as_it_is_and_as_the_nearest():
    found = understood("wool", VOCABULARY)

    assert found.corrections == {}
    assert list(found.parts) == [Part(("wool",), joined="pool")]


def test_no_more_words_are_mended_than_are_looked_for():
    assert len(understood("hedset " * 100, VOCABULARY).corrections) == 1
    many = " ".join(f"headse{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(60))
    assert len(understood(many, VOCABULARY).corrections) <= 32


def test_words_that_are_also_written_as_one_are_found_as_either():
    [part] = understood("mouse pad", VOCABULARY).parts

    assert part == Part(("mous", "pad"), joined="mousepad")


def test_nothing_typed_is_an_error():
    for text in ("", "?!", "⑴⑵", "⒈⒉", "\x00", "ü" * 5_000, "\ud800", "a" * 100_000):
        understood(text, VOCABULARY)
