"""A search as plain data. No text a shopper types is ever an error.

A query is made of parts: words, and measures or model numbers, which are found as their words or as
one (`models.search.codes`).
"""

import math
from dataclasses import dataclass, field
from typing import Literal

from models.search.codes import wanted
from models.search.fields import analyzer, form_analyzer
from models.search.languages import ENGLISH, Language

Sort = Literal[
    "relevance", "price_asc", "price_desc", "popularity", "rating", "newest", "best_selling"
]
MAX_WORDS = 32
MAX_CHARACTERS = 1_000
"""What a query says after so many is not looked for."""
MATCH_RATIO = 0.6


@dataclass(frozen=True)
class Things:
    """The products that have one of these ids, or are of one of these categories, sellers and brands."""

    product_ids: tuple[int, ...] = ()
    category_ids: tuple[int, ...] = ()
    seller_ids: tuple[int, ...] = ()
    brands: tuple[str, ...] = ()


@dataclass(frozen=True)
class Search:
    """What is searched for. None or nothing: any; of several, each will do.

    Prices are bounds, both inclusive. An empty `text` lists everything, by popularity unless
    sorted otherwise. Nothing `hidden` is found; `pinned` products are counted whatever the text is. Products that
    are `near` in meaning, the nearest first, count as having some of the words.

    Parameters
    ----------
    category_paths
        Of categories with all below them. Products of any of these or of `category_ids` will do.
    attributes
        Names and values; of one name any of the values will do, and of each name one.
    min_stars
        At least so many, 1 to 5; what nobody reviewed has none.
    named
        Whether products must be called by all of the words; nothing follows behind them then.
    """

    text: str = ""
    category_ids: tuple[int, ...] = ()
    category_paths: tuple[str, ...] = ()
    seller_ids: tuple[int, ...] = ()
    brands: tuple[str, ...] = ()
    min_price_cents: int | None = None
    max_price_cents: int | None = None
    in_stock: bool | None = None
    min_stars: int | None = None
    attributes: tuple[tuple[str, str], ...] = ()
    sort: Sort = "relevance"
    hidden: tuple[Things, ...] = ()
    pinned: tuple[int, ...] = ()
    near: tuple[int, ...] = ()
    named: bool = field(default=False, repr=False)  # cursors are bound to the rest


@dataclass(frozen=True)
class Part:
    """A word, or several that are also written as one: a measure, a model number, a compound.

    Parameters
    ----------
    code
        The one word of a measure or model number.
    joined
        Another word that will do: that of a compound, a model number among words, or the nearest.
    form
        Of a single word: as it was typed, folded.
    alike
        Other phrases that mean the same: each will do, at `ALIKE_RATIO` of its score.
    rule_ids
        Whose wish `alike` is.
    """

    words: tuple[str, ...]
    code: str | None = None
    joined: str | None = None
    form: str | None = field(default=None, compare=False)
    alike: tuple[tuple["Part", ...], ...] = ()
    rule_ids: tuple[int, ...] = field(default=(), compare=False)


def parts(text: str, language: Language = ENGLISH) -> list[Part]:
    """Return the distinct parts of `text`, the first `MAX_WORDS`."""
    found = []
    for piece in wanted(readable(text)):
        own = tuple(words(piece.text, language))
        if piece.code:
            found.append(Part(own, piece.code, next(iter(words(piece.code, language)), None)))
        else:
            found += [Part((word,), form=form) for word, form in forms(piece.text, language)]
    return list(dict.fromkeys(found))[:MAX_WORDS]


def readable(text: str) -> str:
    """Return the beginning of a text that is looked at, as UTF-8 can write it."""
    return text[:MAX_CHARACTERS].encode("utf-8", "replace").decode()


def forms(text: str, language: Language = ENGLISH) -> list[tuple[str, str]]:
    """Return each distinct word of `text` as the index knows it, and its form as it was typed."""
    typed = form_analyzer().analyze(readable(text))
    stems = analyzer(language).analyze(readable(text))
    return list(dict(zip(stems, typed, strict=True)).items())


def words(text: str, language: Language = ENGLISH) -> list[str]:
    """Return the distinct words of `text` as the index knows them, the first `MAX_WORDS`."""
    return list(dict.fromkeys(analyzer(language).analyze(readable(text))))[:MAX_WORDS]


def n_parts_required(n_parts: int) -> int:
    """Return how many of a query's parts a document must have: all of two, three of five.

    More parts narrow less: a long query is a description, no checklist.
    """
    return n_parts if n_parts <= 2 else math.ceil(MATCH_RATIO * n_parts)
