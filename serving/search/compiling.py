"""Operators' rules, made ready once for all searches: by a query's words, what is wanted of it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from features.schemas.search_rules import ABOUT, SearchRule
from models.search.languages import ENGLISH, Language
from models.search.query import Things, words
from models.search.synonyms import SynonymRule, Synonyms
from models.search.wishes import NO_WISHES, Pin, Weights, Wishes

Key = frozenset[str]


@dataclass(frozen=True)
class Wanted:
    """What is wanted of one search; `redirect_url` is where its storefront shall go instead."""

    wishes: Wishes
    redirect_url: str | None = None


@dataclass(frozen=True)
class SearchRules:
    """What is wanted of the searches that rules name, and of all others."""

    by_query: Mapping[Key, Wanted]
    others: Wanted
    language: Language = ENGLISH

    def of(self, text: str) -> Wanted:
        """Return what is wanted of a search for a text."""
        if not self.by_query:
            return self.others
        return self.by_query.get(key_of(text, self.language), self.others)


NO_RULES = SearchRules({}, Wanted(NO_WISHES))


def key_of(query: str, language: Language) -> Key:
    """Return what makes two queries the same: the set of their words as the index knows them.

    Nor does the index know in which order a product has its words.
    """
    return frozenset(words(query, language))


def compiled(rules: Sequence[SearchRule], language: Language = ENGLISH) -> SearchRules:
    """Return rules in force, ready to be looked up; where two can't both be, the older one is."""
    in_order = sorted(rules, key=lambda rule: rule.rule_id)
    synonyms = Synonyms.of(
        (
            SynonymRule(rule.rule_id, rule.from_words or rule.words, rule.words)
            for rule in in_order
            if rule.kind == "synonym"
        ),
        language,
    )
    general = [rule for rule in in_order if not rule.queries]
    everywhere = Wishes(hidden=_hidden(general), weights=_weights(general), synonyms=synonyms)
    by_key: dict[Key, list[SearchRule]] = defaultdict(list)
    for rule in in_order:
        # A query whose words are longer than any in the index is nobody's.
        for key in {key_of(query, language) for query in rule.queries} - {frozenset()}:
            by_key[key].append(rule)
    by_query = {key: _wanted(own, everywhere) for key, own in by_key.items()}
    return SearchRules(by_query, Wanted(everywhere), language)


def _wanted(own: Sequence[SearchRule], everywhere: Wishes) -> Wanted:
    redirects = [rule for rule in own if rule.kind == "redirect"][:1]
    hidings = [rule for rule in own if rule.kind == "hide"]
    wishes = Wishes(
        pins=_pins(own),
        hidden=everywhere.hidden + _hidden(own),
        weights=(*everywhere.weights, *_weights(own)),
        synonyms=everywhere.synonyms,
        rule_ids=[rule.rule_id for rule in (*redirects, *hidings)],
    )
    return Wanted(wishes, redirects[0].url if redirects else None)


def _pins(rules: Iterable[SearchRule]) -> list[Pin]:
    by_place: dict[int, Pin] = {}
    for rule in rules:
        if rule.position is None or rule.product_id is None:
            continue
        is_pinned = any(pin.product_id == rule.product_id for pin in by_place.values())
        if rule.position not in by_place and not is_pinned:
            by_place[rule.position] = Pin(rule.position, rule.product_id, rule.rule_id)
    return [by_place[place] for place in sorted(by_place)]


def _hidden(rules: Iterable[SearchRule]) -> tuple[Things, ...]:
    hidings = [rule for rule in rules if rule.kind == "hide"]
    if not hidings:
        return ()
    named = {name: [getattr(rule, name) for rule in hidings] for name in ABOUT}
    ids, categories, sellers, brands = (
        tuple(dict.fromkeys(each for each in values if each is not None))
        for values in named.values()
    )
    return (Things(ids, categories, sellers, brands),)


def _weights(rules: Iterable[SearchRule]) -> tuple[Weights, ...]:
    by_column: dict[str, dict[int | str, tuple[float, tuple[int, ...]]]] = defaultdict(dict)
    for rule in rules:
        if rule.factor is None:
            continue
        [(column, value)] = [
            (name, getattr(rule, name)) for name in ABOUT if getattr(rule, name) is not None
        ]
        factor, rule_ids = by_column[column].get(value, (1.0, ()))
        by_column[column][value] = (factor * rule.factor, (*rule_ids, rule.rule_id))
    return (Weights(dict(by_column)),) if by_column else ()
