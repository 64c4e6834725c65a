"""What a shopper may have meant: misspelt words, words run together and apart.

Source of the distance: Damerau, "A technique for computer detection and correction of spelling errors"
(CACM 1964): one letter wrong, missing, too many, or two in the other order. Words with a digit are
never touched: a model number one sign off is another model.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any, Self

import tantivy
from rapidfuzz import process
from rapidfuzz.distance import OSA

from models.search.fields import FORMS, TEXT_BOOSTS, analyzer, form_analyzer
from models.search.languages import ENGLISH, Language
from models.search.query import MAX_WORDS, Part, parts, readable, words
from models.search.synonyms import NO_SYNONYMS, Synonyms
from models.search.writing import called, texts

MIN_LENGTH, LONG_LENGTH = 4, 8
"""Shorter words are taken as they are; longer ones may be two signs off."""
WORD = re.compile(r"(?<![\w\-/.])[^\W\d_]+(?![\w\-/]|\.\d)")
"""Letters alone: no part of a model number."""
N_NOT_RARE = 3
"""A word that no product is called by, but that is found so often, is surely no mistake."""
MIN_HALF = 3
"""Of a word that is split: letters of either half."""


@dataclass(frozen=True)
class Vocabulary:
    """What words an index has.

    Parameters
    ----------
    counts
        How many documents have a word form in what they are called.
    anywhere
        How often documents have a stem, counted once for each of their fields.
    """

    counts: Counter[str]
    anywhere: Counter[str]
    language: Language = ENGLISH

    @classmethod
    def of(cls, searchers: Iterable[tantivy.Searcher], language: Language) -> Self:
        """Return the words of shards."""
        counts, anywhere = Counter[str](), Counter[str]()
        for searcher in searchers:
            counts.update(dict(searcher.terms_with_prefix(FORMS, "")))
            for field in TEXT_BOOSTS:
                anywhere.update(dict(searcher.terms_with_prefix(field, "")))
        return cls(counts, anywhere, language)

    def learn(self, documents: Iterable[Mapping[str, Any]]) -> None:
        """Take in the words of documents that are new or have changed; none is forgotten."""
        for document in documents:
            for form in form_analyzer().analyze(called(document)):
                if form not in self.counts:
                    self._by_length.setdefault(len(form), []).append(form)
                self.counts[form] += 1
            for text in texts(document).values():
                self.anywhere.update(set(analyzer(self.language).analyze(text)))

    def __contains__(self, word: str) -> bool:
        return word in self.counts

    def nearest(self, word: str) -> str | None:
        """Return the word that may be meant: the nearest; first letters are seldom wrong; the most frequent."""
        if len(word) < MIN_LENGTH or not word.isalpha():
            return None
        most = 1 if len(word) < LONG_LENGTH else 2
        lengths = range(len(word) - most, len(word) + most + 1)
        like = [other for length in lengths for other in self._by_length.get(length, ())]
        near = process.extract(
            word, like, scorer=OSA.distance, processor=None, score_cutoff=most, limit=None
        )
        found = [
            (distance, other[0] != word[0], -self.counts[other], other)
            for other, distance, _ in near
        ]
        return min(found)[-1] if found else None

    def halves(self, word: str) -> str | None:
        """Return the two words that one may be, run together: those of which the rarer is most frequent."""
        found = [
            (min(self.counts[first], self.counts[second]), f"{first} {second}")
            for at in range(MIN_HALF, len(word) - MIN_HALF + 1)
            for first, second in [(word[:at], word[at:])]
            if first in self and second in self
        ]
        return max(found)[1] if found else None

    @cached_property
    def _by_length(self) -> dict[int, list[str]]:
        found: dict[int, list[str]] = {}
        for word in self.counts:
            if word.isalpha():
                found.setdefault(len(word), []).append(word)
        return found


@dataclass(frozen=True)
class Understood:
    """A query's parts, and the words that nothing has: what was typed, what is looked for instead."""

    parts: Sequence[Part]
    corrections: Mapping[str, str]


def understood(text: str, vocabulary: Vocabulary, synonyms: Synonyms = NO_SYNONYMS) -> Understood:
    """Return what a text may mean in an index; what cannot be mended stays as it is.

    A word that no product is called by, but that is found somewhere, is looked for as it is too.
    What has synonyms is taken for what it says.
    """
    corrections: dict[str, str] = {}
    n_seen = 0

    def mended(match: re.Match[str]) -> str:
        nonlocal n_seen
        n_seen += 1
        form = _form(match[0])
        is_known = n_seen > MAX_WORDS or form in synonyms.forms
        better = None if is_known else _mended(form, vocabulary)
        if better is None:
            return match[0]
        corrections[match[0]] = better
        return better

    found = synonyms.widened(parts(WORD.sub(mended, readable(text)), vocabulary.language))
    return Understood(
        _joined([_either(each, vocabulary) for each in found], vocabulary), corrections
    )


def _form(word: str) -> str:
    forms = form_analyzer().analyze(word)
    return forms[0] if len(forms) == 1 else ""


def _mended(form: str, vocabulary: Vocabulary) -> str | None:
    """Return what a form that nothing has may mean; None if something has it, or nobody knows."""
    if not form.isalpha() or form in vocabulary or _stem(form, vocabulary) in vocabulary.anywhere:
        return None
    return vocabulary.nearest(form) or vocabulary.halves(form)


def _either(part: Part, vocabulary: Vocabulary) -> Part:
    """Let a rare word that no product is called by be found as the nearest word too."""
    form = part.form or ""
    if not form.isalpha() or form in vocabulary:
        return part
    n_found = vocabulary.anywhere.get(_stem(form, vocabulary), 0)
    nearest = vocabulary.nearest(form) if 0 < n_found < N_NOT_RARE else None
    return part if nearest is None else replace(part, joined=_stem(nearest, vocabulary))


def _stem(form: str, vocabulary: Vocabulary) -> str:
    return next(iter(words(form, vocabulary.language)), "")


def _joined(found: list[Part], vocabulary: Vocabulary) -> list[Part]:
    """Put neighbours that the index has as one word together: they are found as either."""
    for place, (first, second) in enumerate(pairwise(found)):
        form = (first.form or "") + (second.form or "")
        apart = first.form and second.form and not (first.joined or second.joined)
        if apart and form in vocabulary:
            both = Part(first.words + second.words, joined=_stem(form, vocabulary))
            return [*found[:place], both, *_joined(found[place + 2 :], vocabulary)]
    return found
