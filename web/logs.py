"""Structured logs: one JSON object per line on standard output."""

import logging

import structlog

# Without local variables: they hold passwords and tokens.
TRACEBACKS = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def make_logger(level: str, service: str) -> structlog.BoundLogger:
    """Return a logger that writes lines of `level` and above, each with the request's id.

    Parameters
    ----------
    level
        A name of `logging`: DEBUG, INFO, WARNING, ERROR.
    """
    logger: structlog.BoundLogger = structlog.wrap_logger(
        structlog.PrintLogger(),
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            TRACEBACKS,
            structlog.processors.JSONRenderer(default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        context_class=dict,
        service=service,
    )
    return logger
