"""What a shopper may be about to type: words that products are called by, counted among what they typed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from models.search.building import build_all
from models.search.fields import FORMS, form_analyzer
from models.search.index import Found, Index
from models.search.query import Search, readable, words
from models.search.shards import Shard
from models.search.spelling import understood
from models.search.wishes import NO_WISHES, Wishes
from models.search.writing import called

N_PER_SHARD = 100
"""Each shard tells more than are shown, so that a word split over shards is counted nearly whole."""
MIN_FORM = 2
"""Single signs are no help to anybody."""


N_LOOKED_AT = 50
"""Products whose words are offered where too many words could follow to count them all."""


@dataclass(frozen=True)
class Suggestion:
    """A query, and how many products are called so; None where only some were looked at."""

    text: str
    n_products: int | None


@dataclass(frozen=True)
class Words:
    """How many products are called by each word; of some of them, if not `of_all`."""

    counts: Counter[str]
    of_all: bool


def suggestions(index: Index, typed: str, limit: int) -> list[Suggestion]:
    """Return how what was typed may go on, the most frequent first.

    The last word is completed unless a blank follows it; then another word is added. Of several forms
    of one word only the most frequent is shown.
    """
    before, prefix = _split(typed)
    found = _words(index, " ".join(before), prefix)
    best: dict[str, Suggestion] = {}
    language = index.vocabulary.language
    stems_before = {stem for form in before for stem in words(form, language)}
    for form, n_products in sorted(found.counts.items(), key=lambda each: (-each[1], each[0])):
        stem = "".join(words(form, language))
        if stem not in best and stem not in stems_before and _is_word(form):
            text = " ".join([*before, form])
            best[stem] = Suggestion(text, n_products if found.of_all else None)
        if len(best) == limit:
            break
    return list(best.values())


def named(index: Index, text: str, limit: int, wishes: Wishes = NO_WISHES) -> Found:
    """Return the first products that are called by all words of a text; if none is, what it finds.

    Descriptions have frequent words far more often than names: to look there too takes several times as long.
    """
    found = index.search(Search(text, named=True), 0, limit, wishes, facets=None)
    return found if found.n_full else index.search(Search(text), 0, limit, wishes, facets=None)


def _split(typed: str) -> tuple[Sequence[str], str]:
    """Return the words that are finished, folded, and the beginning of the one that is not."""
    text = readable(typed)
    forms = form_analyzer().analyze(text)
    if not forms or not text[-1].isalnum():
        return forms, ""
    return forms[:-1], forms[-1]


def _words(index: Index, before: str, prefix: str) -> Words:
    """Return the words that begin so, of products that have the words before.

    Where nearly all words of some products begin so, those of the best are taken.
    """
    if not prefix or (before and len(prefix) < MIN_FORM):
        return _words_of_best(index, before, prefix)
    meant = understood(before, index.vocabulary)
    search, counts = Search(before), Counter[str]()

    def going_on(_: int, shard: Shard) -> list[tuple[str, int]]:
        among = build_all(shard.schema, search, meant.parts) if before else None
        return shard.searcher.terms_with_prefix(FORMS, prefix, among, N_PER_SHARD)

    for found in index.shards_for(meant.parts).each(going_on):
        counts.update(dict(found))
    return Words(counts, of_all=True)


def _words_of_best(index: Index, before: str, prefix: str) -> Words:
    found = named(index, before, N_LOOKED_AT)
    counts = Counter[str]()
    for document in found.documents[: found.n_full]:
        forms = set(form_analyzer().analyze(called(document)))
        counts.update(form for form in forms if form.startswith(prefix))
    return Words(counts, of_all=len(found.documents) < N_LOOKED_AT)


def _is_word(form: str) -> bool:
    return len(form) >= MIN_FORM and not form.isdigit()
