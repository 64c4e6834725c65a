"""What each process reads of its environment, out of its settings' classes."""

from collections.abc import Mapping
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined
from pydantic_settings import BaseSettings

from docs_site.markdown import section, table
from docs_site.variables import MEANINGS

INTRODUCTION = """Read once, when a process starts. `emporium up` sets what the parts must know of each other; what you set yourself is
in the [table of variables](../operations.md#start-look-stop)."""


def settings_page(by_process: Mapping[str, type[BaseSettings]]) -> str:
    """Return the page of all settings."""
    parts = [_section(name, settings) for name, settings in by_process.items()]
    return section(1, "Settings", INTRODUCTION) + "".join(parts)


def _section(name: str, settings: type[BaseSettings]) -> str:
    prefix = str(settings.model_config.get("env_prefix", "")).upper()
    rows = [_row(prefix, key, field) for key, field in settings.model_fields.items()]
    return section(
        2, name, (settings.__doc__ or "").strip(), table(["variable", "default", "meaning"], rows)
    )


def _row(prefix: str, name: str, field: FieldInfo) -> tuple[str, str, str]:
    variable = str(field.validation_alias) if field.validation_alias else f"{prefix}{name.upper()}"
    meaning = field.description or MEANINGS.get(variable, "")
    return f"`{variable}`", _default(field), meaning


def _default(field: FieldInfo) -> str:
    default: Any = field.default
    if default is PydanticUndefined:
        return "(needed)"
    if default in ("", None, {}) or not str(default).strip("*"):
        return ""
    # A path of the machine that builds the page would be nobody else's.
    return "" if str(default).startswith("/") else f"`{default}`"
