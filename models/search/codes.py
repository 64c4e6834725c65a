"""Measures and model numbers: one word for each, however it is written.

`15.6 in`, `15,6"` and `15.6-inch` are `15p6in`; `TN-2110`, `tn 2110` and `TN2110` are `tn2110`. What
text splits into words loses both; so they stand in the index beside its words, and a query looks for
either.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

UNITS = {
    "in": ("in", "inch", "inches", '"', "”", "″", "''"),
    "cm": ("cm", "centimeter", "centimetre", "centimeters", "centimetres"),
    "mm": ("mm", "millimeter", "millimetre", "millimeters", "millimetres"),
    "m": ("m", "meter", "metre", "meters", "metres"),
    "kb": ("kb",),
    "mb": ("mb", "megabyte", "megabytes"),
    "gb": ("gb", "gigabyte", "gigabytes"),
    "tb": ("tb", "terabyte", "terabytes"),
    "hz": ("hz", "hertz"),
    "mhz": ("mhz", "megahertz"),
    "ghz": ("ghz", "gigahertz"),
    "w": ("w", "watt", "watts"),
    "v": ("v", "volt", "volts"),
    "mah": ("mah",),
    "mp": ("mp", "megapixel", "megapixels"),
    "g": ("g", "gram", "grams", "gramme", "grammes"),
    "kg": ("kg", "kilogram", "kilograms", "kilo", "kilos"),
    "l": ("l", "liter", "litre", "liters", "litres"),
    "ml": ("ml", "milliliter", "millilitre", "milliliters", "millilitres"),
    "oz": ("oz", "ounce", "ounces"),
}
"""How units are written; the first is ours."""

MAX_CODE = 40
MIN_CODE = 3
N_NEAR_KEPT = 50_000

Span = tuple[int, int, str]
"""Where a code begins and ends, and the code."""

_UNIT_OF = {written: unit for unit, all_written in UNITS.items() for written in all_written}
_WRITTEN = "|".join(map(re.escape, sorted(_UNIT_OF, key=len, reverse=True)))
_MEASURE = re.compile(
    rf"(?<![\w.,])([0-9]{{1,9}}(?:[.,][0-9]{{1,3}})?)[ \-]?((?ai:{_WRITTEN}))(?![^\W_])"
)
_DIGIT = re.compile(r"[0-9]")
_CODE = re.compile(
    r"(?<![^\W_])(?=[A-Za-z\-/_.]*[0-9])[A-Za-z0-9]+(?:[-/_.][A-Za-z0-9]+)*(?![^\W_])"
)
_PAIR = re.compile(r"(?<![\w\-.,])(?:([A-Za-z]+) (\d+)|(\d+) ([A-Za-z]+))(?![\w\-]|[.,]\d)")


@dataclass(frozen=True)
class Wanted:
    """A part of a query: its text, and the one word that it may be written as, if any."""

    text: str
    code: str | None = None


def codes_of(text: str) -> list[str]:
    """Return all measures and model numbers of a text, and neighbours that may be one."""
    return [*_codes_among(tuple(_near_digits(text)))]


@lru_cache(maxsize=N_NEAR_KEPT)
def _codes_among(near: tuple[str, ...]) -> list[str]:
    """Return the codes of a text by the words near its digits: products have the same sizes."""
    by_kind = zip(*map(_codes_near, near), strict=True)
    return list(dict.fromkeys(code for kind in by_kind for codes in kind for code in codes))


@lru_cache(maxsize=N_NEAR_KEPT)
def _codes_near(text: str) -> tuple[list[str], ...]:
    """Return the codes of a few words by their kind, as `_by_kind` has them."""
    return tuple([code for _, _, code in spans] for spans in _by_kind(text))


def _near_digits(text: str) -> list[str]:
    """Return the words of a text that have a digit, with those before and behind, as they stand in it.

    No code reaches further, and most of a long text is not looked at.
    """
    found: list[tuple[int, int]] = []
    end = 0
    while match := _DIGIT.search(text, end):
        blank = text.rfind(" ", 0, match.start())
        start = text.rfind(" ", 0, blank) + 1 if blank > 0 else 0
        end = _end_of_word(text, match.end())
        if found and start <= found[-1][1]:
            start, _ = found.pop()
        found.append((start, _end_of_word(text, end + 1)))
    return [text[start:stop] for start, stop in found]


def _end_of_word(text: str, place: int) -> int:
    blank = text.find(" ", place)
    return len(text) if blank < 0 else blank


def wanted(text: str) -> list[Wanted]:
    """Split a query into measures, model numbers and the text between."""
    parts, end = [], 0
    for start, stop, code in _spans(text):
        parts += [Wanted(text[end:start]), Wanted(text[start:stop], code)]
        end = stop
    return [part for part in [*parts, Wanted(text[end:])] if part.text.strip()]


def _spans(text: str) -> list[Span]:
    """Return where codes stand, each word being of one at most."""
    measures, numbers, pairs = _by_kind(text)
    spans = [*measures, *numbers]
    for pair in pairs:
        spans += _outside(spans, [pair])
    return sorted(spans)


def _by_kind(text: str) -> tuple[list[Span], list[Span], list[Span]]:
    """Return where measures, model numbers and neighbours stand that may be one; these may share a word.

    A measure goes before a model number, and that before neighbours.
    """
    measures = [(*match.span(), _measure(match)) for match in _MEASURE.finditer(text)]
    numbers = _outside(measures, ((*m.span(), _squashed(m[0])) for m in _CODE.finditer(text)))
    pairs = ((*match.span(), _pair(match)) for match in _pairs(text))
    return measures, numbers, _outside([*measures, *numbers], pairs)


def _outside(taken: list[Span], found: Iterable[tuple[int, int, str | None]]) -> list[Span]:
    return [
        (start, stop, code)
        for start, stop, code in found
        if code and not any(start < end and begin < stop for begin, end, _ in taken)
    ]


def _measure(match: re.Match[str]) -> str:
    number, unit = match[1], _UNIT_OF[match[2].lower()]
    whole, _, decimals = number.replace(",", ".").partition(".")
    if "," in number and len(decimals) == 3:
        whole, decimals = whole + decimals, ""  # 10,000 mAh
    decimals = decimals.rstrip("0")
    return f"{int(whole)}{'p' if decimals else ''}{decimals}{unit}"


def _squashed(token: str) -> str | None:
    """Return a token without its signs if it has letters and digits, as model numbers have."""
    code = re.sub(r"[-/_.]", "", token).lower()
    both = any(sign.isdigit() for sign in code) and any(sign.isalpha() for sign in code)
    return code if both and MIN_CODE <= len(code) <= MAX_CODE else None


def _pairs(text: str) -> Iterator[re.Match[str]]:
    """Yield neighbours of letters and digits, each word's with the one before and the one after."""
    place = 0
    while match := _PAIR.search(text, place):
        yield match
        place = match.start() + len(match[1] or match[3])


def _pair(match: re.Match[str]) -> str:
    return "".join(filter(None, match.groups())).lower()
