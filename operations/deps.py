"""Wires settings and callers to a request."""

from typing import Annotated

from fastapi import Depends, Query, Request

from operations.settings import Settings
from web.operators import Operator
from web.tokens import Caller

Cursor = Annotated[str | None, Query(max_length=200)]
OperatorDep = Annotated[Caller, Depends(Operator("This is for operators of the shop."))]


async def settings_of(request: Request) -> Settings:
    """Return where everything is."""
    found: Settings = request.app.state.settings
    return found


SettingsDep = Annotated[Settings, Depends(settings_of)]
