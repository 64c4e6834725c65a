"""Measures and model numbers as one word (models.search.codes)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.search import codes
from models.search.codes import codes_of, wanted


@pytest.mark.parametrize(
    ("texts", "code"),
    [
        (("15.6 in", "15.6in", '15,6"', "15.6-inch", "15.60 inches", "15.6”"), "15p6in"),
        (("500 GB", "500gb", "500-GB", "500 gigabytes"), "500gb"),
        (("10,000 mAh", "10000mAh"), "10000mah"),
        (("2.0 l", "2 litres", "2L"), "2l"),
        (("TN-2110", "tn 2110", "TN2110", "tn_2110"), "tn2110"),
        (("14s-fq0012", "14S-FQ0012"), "14sfq0012"),
        (("iPhone 11", "iphone11", "iphone-11"), "iphone11"),
    ],
)
def test_however_it_is_written_it_is_one_word(texts, code):
    assert [codes_of(text) for text in texts] == [[code]] * len(texts)


@pytest.mark.parametrize(
    "text",
    [
        "Größe42",
        "5 l\u0131tre",
        "5 watt\u017f",
        "red lamp",
        "usb 3.0",
        "2024",
        "",
        "?!",
        "twenty inches",
        "a4",
        "1.2.3",
    ],
)
def test_other_text_has_none(text):
    assert codes_of(text) == []


def test_a_text_tells_all_it_has_and_neighbours_may_share_a_word():
    text = 'HP 250 G8 39.6 cm (15.6") 8 GB, iPhone 11 Pro'

    found = codes_of(text)

    assert set(found) == {"hp250", "250g8", "39p6cm", "15p6in", "8gb", "iphone11", "11pro"} - {
        "250g8"
    }


def test_a_query_is_split_into_measures_numbers_and_the_text_between():
    found = wanted('brother tn-2110 toner 500 GB 15,6" laptop')

    assert [(part.text.strip(), part.code) for part in found] == [
        ("brother", None),
        ("tn-2110", "tn2110"),
        ("toner", None),
        ("500 GB", "500gb"),
        ('15,6"', "15p6in"),
        ("laptop", None),
    ]


@given(st.text(alphabet="aB1 .,-\"'/_é"))
def test_nothing_of_a_query_is_lost_but_blanks(text):
    together = "".join(part.text for part in wanted(text))

    assert "".join(together.split()) == "".join(text.split())


WORDS = st.sampled_from(
    ["tn", "2110", "tn-2110", "15,6", "in", '15"', "GB", "500", "a", "", "x1", "\n"]
)


@given(st.lists(WORDS, max_size=12).map(" ".join))
def test_no_code_is_missed_by_looking_near_digits_only(text):
    by_kind = [[code for _, _, code in spans] for spans in codes._by_kind(text)]
    assert codes_of(text) == list(dict.fromkeys(code for kind in by_kind for code in kind))
