"""The rules by which operators pin, hide and weigh in a slot."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pydantic import ValidationError

from features.schemas.slots import SlotRule
from transactional.errors import StaleVersionProblem
from transactional.orders.keys import KeyReusedProblem
from transactional.rules.known import check_known
from transactional.rules.states import made_by, note_change
from transactional.slots.models import SlotRuleRow
from transactional.slots.problems import (
    NoSlotRuleProblem,
    PlaceTakenProblem,
    TooManySlotRulesProblem,
    UnknownSlotRuleProblem,
)
from transactional.slots.repository import SlotRepository
from transactional.slots.schemas import RULE_FIELDS

MAX_RULES = 100
FIXED = ("slot", "kind", "product_id", "category_id", "seller_id")


def rule_of(row: SlotRuleRow) -> SlotRule:
    """Return what serving shall know of a row.

    Raises
    ------
    ValidationError
        If it is no rule.
    """
    return SlotRule(**{name: getattr(row, name) for name in RULE_FIELDS})


@dataclass(frozen=True)
class SlotService:
    """What operators do with slots, inside a request's transaction; `actor_id` is the operator."""

    slots: SlotRepository
    actor_id: int
    now: Callable[[], dt.datetime]

    async def add(self, slot: str, key: str, values: Mapping[str, object]) -> SlotRuleRow:
        """Make a rule; the same `key` of the same operator again is the same rule, as it is now.

        Raises
        ------
        KeyReusedProblem
            If the key made a rule about something else.
        UnknownProductProblem, UnknownCategoryProblem, UnknownSellerProblem
            If there is nothing that it is about.
        PlaceTakenProblem, TooManySlotRulesProblem
            If the slot has no room for it.
        """
        await self.slots.hold(slot)
        values = {**values, "slot": slot, "key": key}
        before = await self.slots.of_key(self.actor_id, key)
        if before is None:
            before = await self._make(SlotRuleRow(rule_id=0, **values), values)
        if any(getattr(before, name) != values[name] for name in FIXED):
            raise KeyReusedProblem("This Idempotency-Key made another rule before. Use a new key.")
        return before

    async def read(self, slot: str, rule_id: int) -> SlotRuleRow:
        """Return a rule, removed or not.

        Raises
        ------
        UnknownSlotRuleProblem
            If the slot has no such rule.
        """
        rule = await self.slots.rule(slot, rule_id)
        if rule is None:
            raise UnknownSlotRuleProblem(slot, rule_id)
        return rule

    async def change(
        self, slot: str, rule_id: int, version: int | None, values: Mapping[str, object]
    ) -> SlotRuleRow:
        """Set the columns in `values`.

        Raises
        ------
        UnknownSlotRuleProblem
            If the slot has no such rule, or no more.
        StaleVersionProblem
            If it has another version than the one that was read; None is any.
        NoSlotRuleProblem, PlaceTakenProblem
            If it cannot be as they say.
        """
        rule = await self._held(slot, rule_id, version)
        if rule.removed_at is not None:
            raise UnknownSlotRuleProblem(slot, rule_id)
        changed = {name: value for name, value in values.items() if getattr(rule, name) != value}
        if changed:
            with self.slots.session.no_autoflush:
                await self._apply(rule, changed)
            await self.slots.session.flush()
        return rule

    async def remove(self, slot: str, rule_id: int, version: int | None) -> None:
        """End a rule for good; its row stays, and removing it again changes nothing.

        Raises
        ------
        UnknownSlotRuleProblem
            If the slot has no such rule.
        StaleVersionProblem
            If it has another version than the one that was read; None is any.
        """
        rule = await self._held(slot, rule_id, version)
        if rule.removed_at is None:
            now = self.now()
            note_change(rule, {"removed_at": now}, self.actor_id, now)

    async def _make(self, wanted: SlotRuleRow, values: Mapping[str, object]) -> SlotRuleRow:
        """Write a rule; another request with the key, about another slot, may have come first."""
        await check_known(self.slots.session, wanted)
        await self._check_room(wanted)
        n_rules = await self.slots.n_not_over(wanted.slot, self.now())
        if n_rules >= MAX_RULES:
            raise TooManySlotRulesProblem(n_rules)
        row = await self.slots.add({**values, **made_by(self.actor_id, self.now())})
        if row is None:
            raise KeyReusedProblem("This Idempotency-Key made another rule before. Use a new key.")
        return row

    async def _held(self, slot: str, rule_id: int, version: int | None) -> SlotRuleRow:
        await self.slots.hold(slot)
        rule = await self.read(slot, rule_id)
        if version is not None and version != rule.version:
            raise StaleVersionProblem("rule", rule.version)
        return rule

    async def _apply(self, rule: SlotRuleRow, values: Mapping[str, object]) -> None:
        note_change(rule, values, self.actor_id, self.now())
        try:
            rule_of(rule)
        except ValidationError as error:
            reasons = "; ".join(each["msg"] for each in error.errors())
            raise NoSlotRuleProblem(f"{reasons}.") from error
        await self._check_room(rule)

    async def _check_room(self, rule: SlotRuleRow) -> None:
        other = await self.slots.same_pin(rule) if rule.kind == "pin" else None
        if other is not None:
            raise PlaceTakenProblem(other)
