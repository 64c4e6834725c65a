"""The data dictionary: every table and column in Markdown.

python -m features.schemas.dictionary > docs/data-dictionary.md
"""

import inspect
import sys

from features.schemas.column import Column, columns
from features.schemas.lake import DERIVED
from features.schemas.logs import LOGS
from features.schemas.row import Row

TYPE_NAMES = {"AwareDatetime": "timestamp (UTC)", "int": "bigint", "str": "text", "float": "double"}


def dictionary() -> str:
    """Return the whole page."""
    logs = "\n".join(_table(row) for row in LOGS)
    derived = "\n".join(_table(row) for row in DERIVED)
    return (
        "# Data dictionary\n\nDerived from `features/schemas`; `make dictionary` writes it anew.\n\n"
        f"## Logs: `raw`, `validated` and `quarantine`\n\n{logs}\n## Derived tables\n\n{derived}"
    )


def _table(row: type[Row]) -> str:
    head = f"### `{row.table}`\n\n{inspect.cleandoc(row.__doc__ or '')}\n\n"
    key = f"Key: {', '.join(f'`{name}`' for name in row.key)}\n\n"
    lines = "\n".join(_line(column) for column in columns(row))
    return (
        f"{head}{key}| column | type | null | allowed | meaning |\n|---|---|---|---|---|\n{lines}\n"
    )


def _line(column: Column) -> str:
    name = getattr(column.type, "__name__", str(column.type))
    if str(column.type).startswith("list"):
        name = str(column.type)
    null = "yes" if column.nullable else ""
    allowed = ", ".join(_allowed(column)).replace("|", "\\|")
    shown = TYPE_NAMES.get(name, name)
    return f"| `{column.name}` | {shown} | {null} | {allowed} | {column.description} |"


def _allowed(column: Column) -> list[str]:
    parts = {
        "at least": column.ge,
        "at most": column.le,
        "length from": column.min_length,
        "length to": column.max_length,
        "like": column.pattern,
        "one of": " · ".join(column.options) or None,
    }
    return [f"{word} {value}" for word, value in parts.items() if value is not None]


if __name__ == "__main__":
    sys.stdout.write(dictionary())
