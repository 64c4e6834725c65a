"""A row class taken apart: one `Column` per field, from which every other form of it is derived."""

import types
import typing
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from features.schemas.row import Row


@dataclass(frozen=True)
class Column:
    """What a field allows. `type` is a Python type, or `list[...]` of one."""

    name: str
    type: Any
    nullable: bool
    description: str
    ge: float | None = None
    le: float | None = None
    min_length: int | None = None
    max_length: int | None = None
    pattern: str | None = None
    options: tuple[str, ...] = ()


def columns(row: type[Row]) -> list[Column]:
    """Return the table's columns in order."""
    hints = typing.get_type_hints(row, include_extras=True)
    return [_column(name, hints[name]) for name in row.model_fields]


def _column(name: str, hint: object) -> Column:
    allowed = _allowed_types(hint)
    [type_] = [option for option in allowed if option is not types.NoneType]
    options = get_args(type_) if get_origin(type_) is Literal else ()
    return Column(
        name=name,
        type=str if options else type_,
        nullable=types.NoneType in allowed,
        options=options,
        **_constraints(hint),
    )


def _allowed_types(hint: object) -> tuple[Any, ...]:
    if get_origin(hint) is Annotated:
        return _allowed_types(get_args(hint)[0])
    if get_origin(hint) in (types.UnionType, typing.Union):
        return tuple(option for arg in get_args(hint) for option in _allowed_types(arg))
    return (hint,)


def _constraints(hint: object) -> dict[str, Any]:
    """Return what the `Field(...)`s around and inside a hint say, the outer ones first."""
    found: dict[str, Any] = {"description": ""}
    for field in _fields(hint):
        found["description"] = found["description"] or field.description or ""
        for rule in field.metadata:
            for name in ("ge", "le", "min_length", "max_length", "pattern"):
                value = getattr(rule, name, None)
                if value is not None:
                    found.setdefault(name, value)
    return found


def _fields(hint: object) -> list[FieldInfo]:
    if get_origin(hint) is Annotated:
        inner, *extras = get_args(hint)
        return [extra for extra in extras if isinstance(extra, FieldInfo)] + _fields(inner)
    if get_origin(hint) in (types.UnionType, typing.Union):
        return [field for arg in get_args(hint) for field in _fields(arg)]
    return []
