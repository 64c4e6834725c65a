"""Text as the words that the index holds, joined by blanks: split here, so that Tantivy splits at blanks alone.

A catalogue says the same words over and over, and to find a word's stem takes longer than to look it up. No word
reaches over a blank, so a text is looked up piece by piece.
"""

from dataclasses import dataclass
from functools import cache
from typing import Protocol, Self

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from models.search.fields import analyzer, form_analyzer
from models.search.languages import Language
from models.search.remembered import Remembered

N_KEPT = 200_000
"""Pieces that are remembered; of more all are forgotten, which costs less than to tell the old from the new."""


class Analyzer(Protocol):
    """Splits text into words."""

    def analyze(self, text: str) -> list[str]:
        """Return the words of a text."""


class Splitter(Remembered[str, str]):
    """What an analyzer makes of pieces between blanks, as it stands within a text of JSON."""

    def __init__(self, analyzer: Analyzer, n_kept: int = N_KEPT) -> None:
        def words(piece: str) -> str:
            return orjson.dumps(" ".join(analyzer.analyze(piece))).decode()[1:-1]

        super().__init__(words, n_kept)

    def split(self, text: str) -> str:
        """Return the words of a text, in its order, with a blank between any two."""
        return " ".join(map(self.__getitem__, text.split()))


@dataclass(frozen=True)
class Pieces:
    """The texts of a column as the numbers of their pieces, of which each is looked up once.

    Parameters
    ----------
    starts : int32, shape (n_texts + 1,)
        Where each text's pieces begin.
    numbers : shape (n_pieces,)
        Rows of `distinct`.
    """

    starts: pa.Array
    numbers: pa.Array
    distinct: list[str]

    @classmethod
    def of(cls, lists: pa.ListArray) -> Self:
        """Return the pieces of texts that have been cut."""
        known = lists.values.dictionary_encode()
        return cls(lists.offsets, known.indices, known.dictionary.to_pylist())

    @classmethod
    def between_blanks(cls, texts: pa.StringArray) -> Self:
        """Cut texts where `Splitter` may."""
        return cls.of(pc.ascii_split_whitespace(texts))

    def joined(self, made: list[str | None], between: str) -> pa.StringArray:
        """Return the texts with what was made of each of `distinct`; null where it is None of any."""
        values = pa.array(made, pa.string()).take(self.numbers)
        return pc.binary_join(pa.ListArray.from_arrays(self.starts, values), between)

    def split(self, splitter: Splitter) -> pa.StringArray:
        """Return the words of the texts."""
        return self.joined([splitter[piece] for piece in self.distinct], " ")


@dataclass(frozen=True)
class Splitters:
    """Of a language: words by their stems, and as they are written."""

    stems: Splitter
    forms: Splitter


@cache
def splitters(language: Language) -> Splitters:
    """Return a process's own."""
    return Splitters(Splitter(analyzer(language)), Splitter(form_analyzer()))
