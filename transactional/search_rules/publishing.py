"""Searches' rules in Redis: kind -> JSON list."""

from collections.abc import Iterable
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Row, text

from features.schemas.search_rules import SEARCH_RULES_KEY, SearchRule
from transactional.rules.publishing import Told, json_lists
from transactional.rules.states import NOT_OVER_SQL
from transactional.search_rules.schemas import RULE_FIELDS

RULES = TypeAdapter(list[SearchRule])
NOT_OVER = text(f"""
select {", ".join(RULE_FIELDS)} from search_rules where {NOT_OVER_SQL} order by rule_id
""")  # noqa: S608 - constants of ours


def search_messages(rows: Iterable[Row[Any]]) -> dict[str, str]:
    """Return the hash's fields: kind -> JSON list of its rules, in the order of `rows`."""
    return json_lists(
        (
            (row.kind, SearchRule(**{name: getattr(row, name) for name in RULE_FIELDS}))
            for row in rows
        ),
        RULES,
    )


SEARCH_RULES = Told("search_rules", SEARCH_RULES_KEY, NOT_OVER, search_messages)
