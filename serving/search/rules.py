"""Operators' rules for searches as they lie in Redis, kept ready beside the requests."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pydantic import TypeAdapter

from features.schemas.search_rules import SearchRule
from models.search.languages import ENGLISH, Language
from serving.rule_hash import RuleHash
from serving.search.compiling import NO_RULES, SearchRules, compiled

SEARCH_RULES = TypeAdapter(list[SearchRule])


@dataclass
class SearchRuleBook:
    """The rules in force: looked at again when they change in Redis, or when one begins or ends."""

    told: RuleHash[SearchRule]
    now: Callable[[], dt.datetime]
    language: Language = ENGLISH
    rules: Sequence[SearchRule] = ()
    current: SearchRules = NO_RULES
    changes_at: dt.datetime | None = None

    def refresh(self) -> None:
        """Read the rules again. Never raises: it runs beside requests."""
        changed, now = self.told.changed(), self.now()
        if changed is not None:
            self.rules = [rule for rules in changed.values() for rule in rules]
        elif self.changes_at is None or now < self.changes_at:
            return
        # One assignment: a request sees all of the rules before, or all of those after.
        self.current = compiled([rule for rule in self.rules if rule.holds(now)], self.language)
        self.changes_at = next_change(self.rules, now)


def next_change(rules: Sequence[SearchRule], now: dt.datetime) -> dt.datetime | None:
    """Return the first moment after `now` at which a rule begins or ends."""
    moments = (moment for rule in rules for moment in (rule.starts_at, rule.ends_at))
    return min((moment for moment in moments if moment and moment > now), default=None)
