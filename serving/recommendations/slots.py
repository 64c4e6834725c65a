"""The rules of one slot, ready to be applied to columns of products."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from pydantic import TypeAdapter

from features.schemas.slots import SlotRule
from features.store.packed import Ids, Numbers
from models.search.listing import Listing
from serving.rule_hash import RuleHash

RULES = TypeAdapter(list[SlotRule])
Slots = Mapping[str, list[SlotRule]]


@dataclass(frozen=True)
class Placing:
    """What operators want of a slot at one moment."""

    rules: tuple[SlotRule, ...] = ()

    @classmethod
    def of(cls, rules: Iterable[SlotRule], now: dt.datetime) -> "Placing":
        """Return the rules that hold."""
        return cls(tuple(rule for rule in rules if rule.holds(now)))

    @property
    def pins(self) -> list[tuple[int, int]]:
        """Return (position from 1, product) of what is pinned, the first place first."""
        return sorted(
            (rule.position, rule.product_id)
            for rule in self.rules
            if rule.position is not None and rule.product_id is not None
        )

    def hidden(self, listing: Listing, places: Ids) -> np.ndarray:
        """Return which products, by their places in the listing, the slot must not show."""
        flags = np.zeros(len(places), bool)
        for rule in self.rules:
            if rule.kind == "hide":
                flags |= _about(rule, listing, places)
        return flags

    def factors(self, listing: Listing, places: Ids) -> Numbers:
        """Return how much more or less each product is worth in the slot."""
        worth = np.ones(len(places))
        for rule in self.rules:
            if rule.factor is not None:
                worth[_about(rule, listing, places)] *= rule.factor
        return worth


def _about(rule: SlotRule, listing: Listing, places: Ids) -> np.ndarray:
    if rule.product_id is not None:
        return np.asarray(listing.product_ids[places] == rule.product_id)
    if rule.category_id is not None:
        return np.asarray(listing.category_ids[places] == rule.category_id)
    return np.asarray(listing.seller_ids[places] == rule.seller_id)


@dataclass
class SlotBook:
    """All slots' rules as they lie in Redis; what can't be read leaves the last ones in force."""

    told: RuleHash[SlotRule]
    slots: Slots

    def refresh(self) -> None:
        """Read the rules again. Never raises: it runs beside requests."""
        changed = self.told.changed()
        if changed is not None:
            self.slots = changed

    def placing(self, slot: str | None, now: dt.datetime) -> Placing:
        """Return what operators want of a slot now."""
        rules = self.slots.get(slot) if slot else None
        return Placing.of(rules, now) if rules else NO_WISHES


NO_WISHES = Placing()


def slot_message(rules: Iterable[SlotRule]) -> str:
    """Return rules as they lie in Redis."""
    return json.dumps([rule.model_dump(mode="json", exclude_none=True) for rule in rules])
