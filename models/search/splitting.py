"""Text as the words that the index holds, joined by blanks: split here, so that Tantivy splits at blanks alone.

A catalogue says the same words over and over, and to find a word's stem takes longer than to look it up. No word
reaches over a blank, so a text is looked up piece by piece.
"""

from dataclasses import dataclass
from functools import cache
from typing import Protocol

import orjson

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
class Splitters:
    """Of a language: words by their stems, and as they are written."""

    stems: Splitter
    forms: Splitter


@cache
def splitters(language: Language) -> Splitters:
    """Return a process's own."""
    return Splitters(Splitter(analyzer(language)), Splitter(form_analyzer()))
