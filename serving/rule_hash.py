"""Operators' rules as the shop's worker writes them: a hash of Redis, field -> JSON list."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import structlog
from pydantic import TypeAdapter
from redis import Redis

R = TypeVar("R")


@dataclass
class RuleHash(Generic[R]):
    """A hash that is read again and again; `rules` is what each of its fields holds."""

    redis: Redis
    key: str
    rules: TypeAdapter[list[R]]
    log: structlog.BoundLogger
    _told: Mapping[bytes, bytes] | None = None
    _problem: str | None = None

    def changed(self) -> Mapping[str, list[R]] | None:
        """Return all rules by field if they are other ones than the last time.

        Never raises, for it runs beside requests: what can't be read leaves the last rules in force.
        """
        try:
            told: Mapping[bytes, bytes] = self.redis.hgetall(self.key)  # type: ignore[assignment]
            if told == self._told:
                return None
            found = {field.decode(): self.rules.validate_json(text) for field, text in told.items()}
            self._told, self._problem = told, None
        except Exception as error:  # noqa: BLE001 - Redis gone, or rules that nobody understands
            problem = repr(error)
            if problem != self._problem:  # once, not at every look
                self.log.warning("rules unreadable", key=self.key, error=problem)
            self._problem = problem
            return None
        return found
