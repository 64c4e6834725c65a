"""Structured logs: one JSON object per line on standard output."""

import json
import logging
from contextvars import ContextVar

import structlog
from pydantic_core import PydanticSerializationError, to_json
from structlog.typing import EventDict

# Without local variables: they hold passwords and tokens.
TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


REQUEST_ID: ContextVar[str] = ContextVar("request_id")
"""Of the request that is being served. One variable: structlog's own look at all there are."""


def make_logger(level: str, service: str) -> structlog.BoundLogger:
    """Return a logger that writes lines of `level` and above, each with the request's id.

    Parameters
    ----------
    level
        A name of `logging`: DEBUG, INFO, WARNING, ERROR.
    """
    logger: structlog.BoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(),
        processors=[
            _with_request_id,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            TRACEBACKS,
            structlog.processors.JSONRenderer(_to_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        context_class=dict,
        service=service,
    ).bind()  # once: the lazy one that `wrap_logger` returns is bound anew for each line
    return logger


def _with_request_id(_: object, __: str, event: EventDict) -> EventDict:
    request_id = REQUEST_ID.get("")
    return {"request_id": request_id, **event} if request_id else event


def _to_json(event: EventDict, **_: object) -> str:
    """Return a line without anything that a terminal or a reader of lines could stumble over."""
    try:
        line = to_json(event, fallback=str).decode()
    except PydanticSerializationError:  # half of a character, say: the slower one escapes it
        return json.dumps(event, default=str)
    return line if line.isascii() else json.dumps(event, default=str)
