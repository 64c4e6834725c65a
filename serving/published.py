"""Something that jobs publish in versions, swapped under running requests without losing one."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import structlog

T = TypeVar("T")


@dataclass(frozen=True)
class Version(Generic[T]):
    """One loaded version. A request that holds it goes on with it, whatever is loaded meanwhile."""

    name: str
    value: T


class NotPublishedError(Exception):
    """There is no version yet; the message says what to run."""


class Published(Generic[T]):
    """The current version of something, None until there is one.

    Parameters
    ----------
    latest
        Returns the name of the newest published version, None if there is none.
    load
        Loads a version by name. If it fails the old one stays, and the next look tries again.
    missing
        What to say while there is none: what it is, and what to run.
    """

    def __init__(
        self,
        latest: Callable[[], str | None],
        load: Callable[[str], T],
        missing: str,
        log: structlog.BoundLogger,
    ) -> None:
        self._latest = latest
        self._load = load
        self._missing = missing
        self._log = log
        self._problem: str | None = None
        self.current: Version[T] | None = None

    def refresh(self) -> None:
        """Load the newest version unless it is loaded. Never raises: it runs beside requests."""
        try:
            name = self._latest()
            if name is not None and (self.current is None or self.current.name != name):
                # One assignment: a reader sees the whole old version or the whole new one.
                self.current = Version(name, self._load(name))
                self._log.info("loaded", version=name)
            self._problem = None
        except Exception as error:  # noqa: BLE001 - a broken version must not end the service
            problem = str(error) or type(error).__name__
            if problem != self._problem:  # once, not at every look
                self._log.warning("could not load", error=repr(error))
            self._problem = problem

    def require(self) -> Version[T]:
        """Return the current version.

        Raises
        ------
        NotPublishedError
            If there is none yet.
        """
        if self.current is None:
            reason = f" ({self._problem})" if self._problem else ""
            raise NotPublishedError(f"{self._missing}{reason}")
        return self.current


class Refreshed(Protocol):
    """What is looked after beside the requests."""

    def refresh(self) -> None:
        """Look for something newer. Never raises."""


def watch(thing: Refreshed, seconds: float, stop: threading.Event) -> None:
    """Refresh `thing` every so many seconds until `stop` is set."""
    while True:
        thing.refresh()
        if stop.wait(seconds):
            return
