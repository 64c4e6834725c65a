"""One read for all that wait for the same page."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Result = TypeVar("Result")


@dataclass(eq=False)
class Flight:
    """A read under way, and the tags that were told to change since it began."""

    changed: set[str] = field(default_factory=set)
    doubted: bool = False

    def sees(self, tags: frozenset[str]) -> bool:
        """Tell whether what it brings is surely what it was told of since, for a page of these tags."""
        return not self.doubted and self.changed.isdisjoint(tags)

    @property
    def overtaken(self) -> bool:
        """Whether anything was told since it began: who comes now waits for a later one."""
        return self.doubted or bool(self.changed)


@dataclass
class Flights(Generic[Result]):
    """Reads under way by key. A read goes on although who asked for it went away."""

    _under_way: dict[str, tuple[Flight, "asyncio.Task[Result]"]] = field(default_factory=dict)
    _all: dict["asyncio.Task[Result]", Flight] = field(default_factory=dict)

    async def join(self, key: str, read: Callable[[Flight], Awaitable[Result]]) -> Result:
        """Return what `read` brings; who asks for the same key meanwhile gets the same."""
        found = self._under_way.get(key)
        if found is None or found[0].overtaken:
            found = self._start(key, read)
        return await asyncio.shield(found[1])

    def tell(self, tags: Iterable[str]) -> None:
        """Tell all reads under way what changes."""
        tags = frozenset(tags)
        for flight in self._all.values():
            flight.changed |= tags

    def doubt(self) -> None:
        """Tell all reads under way that changes may have been missed."""
        for flight in self._all.values():
            flight.doubted = True

    def _start(
        self, key: str, read: Callable[[Flight], Awaitable[Result]]
    ) -> tuple[Flight, "asyncio.Task[Result]"]:
        flight = Flight()
        task = asyncio.ensure_future(read(flight))
        found = flight, task
        self._under_way[key], self._all[task] = found, flight

        def landed(task: "asyncio.Task[Result]") -> None:
            del self._all[task]
            if self._under_way.get(key) == found:
                del self._under_way[key]
            if not task.cancelled():
                task.exception()  # whoever waits has it; nobody may wait any more

        task.add_done_callback(landed)
        return found
