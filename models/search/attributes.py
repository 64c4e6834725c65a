"""Attributes of products, JSON objects, as JSON of the index: the words of names and values, and what is chosen by."""

from typing import Any, NamedTuple, TypeVar

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from models.search.remembered import Remembered
from models.search.splitting import Pieces, Splitter

T = TypeVar("T")
N_KEPT = 20_000
"""Pairs of a name and a value that are remembered."""
MAX_VALUE = 60
MAX_ATTRIBUTES = 30
"""Of a product, that are chosen by: the first so many whose name and value are short."""
_TEXT = r'"(?:[^"\\\x00-\x1f,][^"\\\x00-\x1f]*)?"'
_PLAIN = rf"^\{{{_TEXT}: ?{_TEXT}(?:, ?{_TEXT}: ?{_TEXT})*\}}$"
"""An object of texts that can be cut at `","`, since none has a quotation mark or begins with a comma."""


class Attribute(NamedTuple):
    """The words of a name and its value, and what is chosen by as JSON; None if it is not."""

    words: str
    chosen_by: str | None


class Attributes:
    """Makes fields of attributes whose words a splitter finds."""

    def __init__(self, splitter: Splitter) -> None:
        self._splitter = splitter
        self._pairs = Remembered(self._pair, N_KEPT)
        self._written = Remembered(self._written_pair, N_KEPT)

    def fields(self, texts: pa.StringArray) -> pa.StringArray:
        """Return what the index holds of the attributes of products, with a comma behind.

        Most have a few plain texts, which are cut as a column; the others are parsed one by one.
        """
        made = self._of_plain(texts)
        others = made.is_null()
        one_by_one = [self._one(text) for text in texts.filter(others).to_pylist()]
        return pc.replace_with_mask(made, others, pa.array(one_by_one, pa.string()))

    def _of_plain(self, texts: pa.StringArray) -> pa.StringArray:
        """Return the fields of objects of plain texts that are all chosen by; null for others."""
        inner = pc.binary_slice(texts.cast(pa.binary()), 2, -2).cast(pa.string())
        cut = pc.split_pattern(pc.replace_substring(inner, '", "', '","'), '","')
        few = pc.less_equal(pc.list_value_length(cut), MAX_ATTRIBUTES)
        plain = pc.and_(pc.match_substring_regex(texts, _PLAIN), few)
        pieces = Pieces.of(pc.if_else(plain, cut, pa.scalar([], cut.type)))
        known = [self._written[piece] for piece in pieces.distinct]
        words = pieces.joined([each.words for each in known], " ")
        chosen_by = pieces.joined([each.chosen_by for each in known], ",")
        made = pc.binary_join_element_wise(*_fields(words, chosen_by), "")
        return pc.if_else(plain, made, None)

    def _one(self, text: str) -> str:
        parsed = attributes_of(text)
        if parsed is None:
            return "".join(_fields(self._splitter.split(text), ""))
        # 1, 1.0 and true are one key: what is no text is looked up as it is written.
        pairs = [
            self._pairs[pair] if isinstance(pair[1], str) else self._no_text(*pair)
            for pair in parsed.items()
        ]
        words = " ".join([each for each, _ in pairs])
        chosen_by = [each for _, each in pairs[:MAX_ATTRIBUTES] if each]
        return "".join(_fields(words, ",".join(chosen_by)))

    def _no_text(self, name: str, value: object) -> Attribute:
        known = self._pairs[name, f"{value}"]
        return known if isinstance(value, int | float) else Attribute(known.words, None)

    def _written_pair(self, piece: str) -> Attribute:
        [pair] = orjson.loads(f'{{"{piece}"}}').items()
        return self._pairs[pair]

    def _pair(self, pair: tuple[str, str]) -> Attribute:
        name, value = pair
        is_short = 0 < len(value) <= MAX_VALUE and 0 < len(name) <= MAX_VALUE
        chosen_by = orjson.dumps(f"{name}={value}").decode()
        words = self._splitter.split(f"{name} {value}")
        return Attribute(words, chosen_by if is_short and "=" not in name else None)


def attributes_of(text: str) -> dict[str, Any] | None:
    """Return what a JSON object says; None of what is no object."""
    try:
        parsed = orjson.loads(text)
    except ValueError:
        return None
    return parsed if isinstance(parsed, dict) else None


def _fields(words: T, chosen_by: T) -> tuple[str | T, ...]:
    return ('"attributes":"', words, '","attribute_values":[', chosen_by, "],")
