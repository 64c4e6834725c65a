"""Slots' rules in Redis: slot -> JSON list."""

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, text

from features.schemas.slots import SLOTS_KEY, SlotRule
from transactional.rules.publishing import Told, json_lists
from transactional.rules.states import NOT_OVER_SQL
from transactional.slots.schemas import RULE_FIELDS

RULES = TypeAdapter(list[SlotRule])
NOT_OVER = text(f"""
select slot, {", ".join(RULE_FIELDS)} from slot_rules where {NOT_OVER_SQL} order by slot, rule_id
""")  # noqa: S608 - constants of ours


def slot_messages(rows: Iterable[Row[Any]]) -> dict[str, str]:
    """Return the hash's fields: slot -> JSON list of its rules, in the order of `rows`."""
    return json_lists(
        (
            (row.slot, SlotRule(**{name: getattr(row, name) for name in RULE_FIELDS}))
            for row in rows
        ),
        RULES,
    )


SLOTS = Told("slot_rules", SLOTS_KEY, NOT_OVER, slot_messages)
