"""Threads beside a process's own work, each looking after one thing until the process stops."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import structlog

STOP_SECONDS = 5.0

Runs = Callable[[threading.Event], None]
"""Works until the event is set."""


class Background:
    """Runs each of `things` in a thread of its own while its block lasts."""

    def __init__(self, things: Sequence[Runs]) -> None:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=thing, args=(self._stop,), daemon=True) for thing in things
        ]

    def __enter__(self) -> None:
        for thread in self._threads:
            thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(STOP_SECONDS)


class Duty(Protocol):
    """Something to do again and again."""

    def refresh(self) -> None:
        """Do it once."""


@dataclass
class Steady:
    """Does a duty again and again; what fails is told once, and tried the next time."""

    duty: Duty
    seconds: float
    log: structlog.BoundLogger
    _problem: str | None = None

    def run(self, stop: threading.Event) -> None:
        """Do it until `stop` is set."""
        while not stop.is_set():
            self._try()
            stop.wait(self.seconds)

    def _try(self) -> None:
        try:
            self.duty.refresh()
            self._problem = None
        except Exception as error:  # noqa: BLE001 - Redis gone, the views not applied yet, ...
            if repr(error) != self._problem:
                self.log.warning("duty failed", duty=type(self.duty).__name__, error=repr(error))
            self._problem = repr(error)
