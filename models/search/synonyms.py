"""Other words that mean the same, as operators say it: a query's parts are found by either."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from models.search.fields import form_analyzer
from models.search.languages import ENGLISH, Language
from models.search.query import MAX_WORDS, Part, parts, readable

Key = tuple[str, ...]
"""A phrase's words as the index knows them; for those of a measure or model number, its one word."""

Phrase = tuple[Part, ...]


@dataclass(frozen=True)
class SynonymRule:
    """Who types one phrase of `typed` also looks for each of `alike`; both may hold the same phrases."""

    rule_id: int
    typed: Sequence[str]
    alike: Sequence[str]


@dataclass(frozen=True)
class Synonyms:
    """What may be said otherwise.

    Parameters
    ----------
    by_key
        What is typed -> other phrases, and the rules that say so.
    forms
        The words of these phrases as they are written: none of them is a mistake.
    """

    by_key: Mapping[Key, tuple[tuple[Phrase, ...], tuple[int, ...]]]
    forms: frozenset[str]
    n_longest: int

    @classmethod
    def of(cls, rules: Iterable[SynonymRule], language: Language = ENGLISH) -> "Synonyms":
        """Return what rules say together; of phrases that differ by stems alone one is enough."""
        alike: dict[Key, dict[Key, Phrase]] = {}
        ids: dict[Key, dict[int, None]] = {}
        forms: set[str] = set()
        for rule in rules:
            others = {_key(phrase): phrase for phrase in _phrases(rule.alike, language)}
            for typed in map(_key, _phrases(rule.typed, language)):
                more = {key: phrase for key, phrase in others.items() if key != typed}
                if more:
                    alike.setdefault(typed, {}).update(more)
                    ids.setdefault(typed, {})[rule.rule_id] = None
            forms.update(*(form_analyzer().analyze(readable(text)) for text in rule.typed))
        found = {key: (tuple(alike[key].values()), tuple(ids[key])) for key in alike}
        return cls(found, frozenset(forms), max(map(len, found), default=0))

    def widened(self, found: Sequence[Part]) -> list[Part]:
        """Return a query's parts, those of a phrase together: the longest that begins first."""
        widened: list[Part] = []
        place = 0
        while place < len(found):
            end, part = self._longest(found, place) if self.by_key else (place + 1, found[place])
            widened.append(part)
            place = end
        return widened

    def _longest(self, found: Sequence[Part], start: int) -> tuple[int, Part]:
        """Return where the longest phrase from `start` on ends, and the part that stands for it."""
        for end in range(min(start + self.n_longest, len(found)), start, -1):
            run = tuple(found[start:end])
            if known := self.by_key.get(_key(run)):
                return end, _either(run, *known)
        return start + 1, found[start]


def _phrases(texts: Iterable[str], language: Language) -> list[Phrase]:
    found = [tuple(parts(text, language)) for text in texts]
    return [phrase for phrase in found if 0 < len(phrase) <= MAX_WORDS]


def _key(phrase: Phrase) -> Key:
    return tuple(word for part in phrase for word in ((part.code,) if part.code else part.words))


def _either(run: Phrase, alike: tuple[Phrase, ...], rule_ids: tuple[int, ...]) -> Part:
    """Return one part for a run of them; without `form`, so that nothing else is made of it."""
    if len(run) == 1:
        return replace(run[0], form=None, alike=alike, rule_ids=rule_ids)
    # The words of a model number among them are also written as one.
    as_typed = (run,) if any(part.code for part in run) else ()
    words = tuple(word for part in run for word in part.words)
    return Part(words, alike=(*as_typed, *alike), rule_ids=rule_ids)


NO_SYNONYMS = Synonyms({}, frozenset(), 0)
