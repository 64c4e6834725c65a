"""What operators want of a search: the one message between the shop and serving about it."""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from features.schemas.periods import End, Start, check_period, holds
from features.schemas.row import Id

SEARCH_RULES_KEY = "search:rules"
"""Where in Redis the rules lie: a hash, kind -> JSON list of `SearchRule`, by rising `rule_id`."""

Kind = Literal["pin", "weigh", "hide", "synonym", "redirect"]
MAX_FACTOR, MAX_POSITION = 10.0, 20
MAX_QUERIES, MAX_WORDS = 20, 10
MAX_PHRASE_WORDS = 4

_WORD = re.compile(r"[^\W_]+")
_UNSAFE = re.compile(r"[\x00-\x20\x7f\\]")
"""What a browser drops from an address, or reads as `/`."""


def _with_a_word(text: str) -> str:
    if "\x00" in text or not _WORD.search(text):
        raise ValueError("name at least one word: letters or digits")
    return text


def _phrase(text: str) -> str:
    if len(text.split()) > MAX_PHRASE_WORDS:
        raise ValueError(f"a phrase has at most {MAX_PHRASE_WORDS} words")
    return _with_a_word(text)


def _address(url: str) -> str:
    if _UNSAFE.search(url):
        raise ValueError("an address has no blanks, control signs or backslashes: encode them")
    if url.startswith("/") and not url.startswith("//"):
        return url
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        raise ValueError("name a path of the shop, /lamps, or a whole https:// address")
    return url


QueryText = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_with_a_word)]
Phrase = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_phrase)]
Queries = Annotated[
    list[QueryText],
    Field(max_length=MAX_QUERIES, description="searches it is for, in any case and order of words"),
]
Position = Annotated[int, Field(ge=1, le=MAX_POSITION, description="of a pin: the place, from 1")]
Factor = Annotated[
    float,
    Field(
        ge=1 / MAX_FACTOR, le=MAX_FACTOR, description="of a weight: above 1 boosts, below buries"
    ),
]
Words = Annotated[
    list[Phrase],
    Field(max_length=MAX_WORDS, description="of a synonym: phrases that mean the same"),
]
FromWords = Annotated[
    list[Phrase],
    Field(max_length=MAX_WORDS, description="of a synonym that holds one way: what is typed"),
]
Url = Annotated[
    str,
    Field(min_length=1, max_length=2000, description="of a redirect: /path or https://…"),
    AfterValidator(_address),
]
Brand = Annotated[str, Field(min_length=1, max_length=120, pattern=r"^[^\x00]*$")]

ABOUT = ("product_id", "category_id", "seller_id", "brand")
NEEDED: Mapping[Kind, tuple[str, ...]] = {
    "pin": ("queries", "product_id", "position"),
    "weigh": ("factor",),
    "hide": (),
    "synonym": ("words",),
    "redirect": ("queries", "url"),
}
ALLOWED: Mapping[Kind, tuple[str, ...]] = {
    "pin": (),
    "weigh": ("queries", *ABOUT),
    "hide": ("queries", *ABOUT),
    "synonym": ("from_words",),
    "redirect": (),
}


class SearchRule(BaseModel):
    """One wish for searches: a product at a place, more, less or nothing of things, other words, a page.

    A pin and a redirect are for `queries`; a weight and a hiding too, or without any for all
    searches. A synonym is for whatever has its words. A query is for its words, whatever their
    case, accents, endings and order are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule_id: Id
    kind: Kind
    queries: Queries = []
    product_id: Id | None = None
    category_id: Id | None = None
    seller_id: Id | None = None
    brand: Brand | None = None
    position: Position | None = None
    factor: Factor | None = None
    words: Words = []
    from_words: FromWords = []
    url: Url | None = None
    starts_at: Start = None
    ends_at: End = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        self._check_fields()
        if self.kind in ("weigh", "hide") and sum(bool(getattr(self, name)) for name in ABOUT) != 1:
            raise ValueError(f"name exactly one of {', '.join(ABOUT)}")
        if self.kind == "synonym" and not self.from_words and len(self.words) < 2:
            raise ValueError("name two words that mean the same, or from_words")
        check_period(self.starts_at, self.ends_at)
        return self

    def _check_fields(self) -> None:
        needed, allowed = NEEDED[self.kind], ALLOWED[self.kind]
        for name in (*ABOUT, "queries", "position", "factor", "words", "from_words", "url"):
            is_there = getattr(self, name) not in (None, [])
            if is_there and name not in (*needed, *allowed):
                raise ValueError(f"a rule of kind {self.kind} has no {name}")
            if name in needed and not is_there:
                raise ValueError(f"a rule of kind {self.kind} needs {name}")

    def holds(self, now: dt.datetime) -> bool:
        """Return whether the rule is in force."""
        return holds(self.starts_at, self.ends_at, now)


def folded(query: str) -> str:
    """Return what two queries share that surely mean the same: words, without case, accents and order.

    Serving compares stems as well: it may take two queries for the same that this tells apart.
    """
    plain = unicodedata.normalize("NFKD", query.casefold())
    bare = "".join(sign for sign in plain if not unicodedata.combining(sign))
    return " ".join(sorted(set(_WORD.findall(bare))))
