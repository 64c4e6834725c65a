"""The rules by which operators run the search."""

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from features.schemas.search_rules import SearchRule, folded
from transactional.errors import StaleVersionProblem
from transactional.orders.keys import KeyReusedProblem
from transactional.rules.known import check_known
from transactional.rules.states import made_by, note_change, state_of
from transactional.search_rules.models import SearchRuleRow
from transactional.search_rules.problems import (
    NoSearchRuleProblem,
    SearchPlaceTakenProblem,
    TooManySearchRulesProblem,
    UnknownSearchRuleProblem,
)
from transactional.search_rules.repository import SearchRuleRepository
from transactional.search_rules.schemas import RULE_FIELDS

MAX_RULES = 2_000


@dataclass(frozen=True)
class SearchRuleService:
    """What operators do with rules, inside a request's transaction; `actor_id` is the operator."""

    rules: SearchRuleRepository
    actor_id: int
    now: Callable[[], dt.datetime]

    async def add(self, key: str, values: Mapping[str, object]) -> SearchRuleRow:
        """Make a rule; the same `key` of the same operator again is the same rule, as it is now.

        Raises
        ------
        KeyReusedProblem
            If the key came with another wish before.
        UnknownProductProblem, UnknownCategoryProblem, UnknownSellerProblem
            If there is nothing that it is about.
        SearchPlaceTakenProblem, TooManySearchRulesProblem
            If there is no room for it.
        """
        await self.rules.hold()
        digest = _digest(values)
        before = await self.rules.of_key(self.actor_id, key)
        if before is None:
            return await self._make({**_with_keys(values), "key": key, "request_digest": digest})
        if before.request_digest != digest:
            raise KeyReusedProblem("This Idempotency-Key made another rule before. Use a new key.")
        return before

    async def read(self, rule_id: int) -> SearchRuleRow:
        """Return a rule, removed or not.

        Raises
        ------
        UnknownSearchRuleProblem
            If there is no such rule.
        """
        rule = await self.rules.rule(rule_id)
        if rule is None:
            raise UnknownSearchRuleProblem(rule_id)
        return rule

    async def change(
        self, rule_id: int, version: int | None, values: Mapping[str, object]
    ) -> SearchRuleRow:
        """Set the columns in `values`.

        Raises
        ------
        UnknownSearchRuleProblem
            If there is no such rule, or no more.
        StaleVersionProblem
            If it has another version than the one that was read; None is any.
        NoSearchRuleProblem, SearchPlaceTakenProblem, TooManySearchRulesProblem
            If it cannot be as they say.
        """
        rule = await self._held(rule_id, version)
        if rule.removed_at is not None:
            raise UnknownSearchRuleProblem(rule_id)
        changed = {name: value for name, value in values.items() if getattr(rule, name) != value}
        if changed:
            with self.rules.session.no_autoflush:
                note_change(rule, _with_keys(changed), self.actor_id, self.now())
                _check_form(rule)
                await self._check_room(rule)
            await self.rules.session.flush()
        return rule

    async def remove(self, rule_id: int, version: int | None) -> None:
        """End a rule for good; its row stays, and removing it again changes nothing.

        Raises
        ------
        UnknownSearchRuleProblem
            If there is no such rule.
        StaleVersionProblem
            If it has another version than the one that was read; None is any.
        """
        rule = await self._held(rule_id, version)
        if rule.removed_at is None:
            now = self.now()
            note_change(rule, {"removed_at": now}, self.actor_id, now)

    async def _make(self, values: Mapping[str, object]) -> SearchRuleRow:
        wanted = SearchRuleRow(rule_id=0, **values)
        await check_known(self.rules.session, wanted)
        await self._check_room(wanted)
        return await self.rules.add({**values, **made_by(self.actor_id, self.now())})

    async def _held(self, rule_id: int, version: int | None) -> SearchRuleRow:
        await self.rules.hold()
        rule = await self.read(rule_id)
        if version is not None and version != rule.version:
            raise StaleVersionProblem("rule", rule.version)
        return rule

    async def _check_room(self, rule: SearchRuleRow) -> None:
        if rule.kind in ("pin", "redirect"):
            other = await self.rules.same_place(rule)
            if other is not None:
                raise SearchPlaceTakenProblem(other)
        n_others = await self.rules.n_others_not_over(rule.rule_id, self.now())
        if n_others >= MAX_RULES and state_of(rule, self.now()) != "over":
            raise TooManySearchRulesProblem(n_others)


def rule_of(row: SearchRuleRow) -> SearchRule:
    """Return what serving shall know of a row.

    Raises
    ------
    ValidationError
        If it is no rule.
    """
    return SearchRule(**{name: getattr(row, name) for name in RULE_FIELDS})


def _check_form(rule: SearchRuleRow) -> None:
    try:
        rule_of(rule)
    except ValidationError as error:
        reasons = "; ".join(each["msg"] for each in error.errors())
        raise NoSearchRuleProblem(f"{reasons}.") from error


def _with_keys(values: Mapping[str, object]) -> dict[str, object]:
    """Return columns with the keys of their queries."""
    queries = values.get("queries")
    if not isinstance(queries, list):
        return dict(values)
    return {**values, "query_keys": sorted({folded(query) for query in queries})}


def _digest(values: Mapping[str, object]) -> str:
    text = json.dumps(values, sort_keys=True, default=str)
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
