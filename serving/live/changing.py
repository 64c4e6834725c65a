"""Live states changed by a stream's entries, each entry exactly once.

States and the place that was reached in the stream are written in one transaction, and the next one
begins behind that place. So an entry that is delivered again, because its reader was killed before it
acknowledged it, changes nothing. The transaction fails if another reader wrote the place meanwhile: one
that was held up for longer than its lock lasts can't write over what its successor did.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.client import Pipeline

from features.live.states import STATES, Family, State, due_key, known_key, position_key, state_key
from serving.events.entries import Entry
from serving.live.lags import Lags
from serving.live.telling import Telling, Told

START = "0-0"
Changed = dict[tuple[Family, str], State]


@dataclass(frozen=True)
class LiveStates:
    """Lets entries change states.

    Parameters
    ----------
    group
        Whose place in the stream is kept.
    clock
        Seconds since 1970.
    ids_are_times
        Whether Redis gave the entries their ids, as those of the shop's events are not.
    """

    redis: Redis
    group: str
    told: Telling
    lags: Lags
    clock: Callable[[], float]
    ids_are_times: bool = True

    def __call__(self, entries: Sequence[Entry]) -> None:
        """Bring the entries that are not there yet into the states.

        Raises
        ------
        WatchError
            If another reader was there at the same time; nothing is written then.
        """
        read_at = self.clock()
        with self.redis.pipeline(transaction=True) as pipeline:
            pipeline.watch(position_key(self.group))  # type: ignore[no-untyped-call]
            position: Any = pipeline.get(position_key(self.group))
            new = [each for each in entries if place(each.entry_id) > place(position or START)]
            if not new:
                return
            told = self.told(new)
            self._write(pipeline, self._changed(pipeline, told), new[-1].entry_id)
        self.lags.written(new, read_at, self.clock(), ids_are_times=self.ids_are_times)

    def _changed(self, pipeline: Pipeline, told: Sequence[Told]) -> Changed:
        names = list(dict.fromkeys((each.family, each.name) for each in told))
        texts: Any = pipeline.mget([state_key(*name) for name in names]) if names else []
        states: Changed = {
            (family, name): STATES[family].of_json(text) if text else STATES[family]()
            for (family, name), text in zip(names, texts, strict=True)
        }
        for each in told:
            states[each.family, each.name].take(each.act)
        return states

    def _write(self, pipeline: Pipeline, changed: Changed, entry_id: str) -> None:
        pipeline.multi()
        now = self.clock()
        for (family, name), state in changed.items():
            pipeline.set(state_key(family, name), state.json(), ex=state.kept_seconds(name))
        for family in {family for family, _ in changed}:
            of_family = {n: state for (f, n), state in changed.items() if f == family}
            pipeline.zadd(due_key(family), dict.fromkeys(of_family, now))
            pipeline.zadd(known_key(family), {n: state.at for n, state in of_family.items()})
        pipeline.set(position_key(self.group), entry_id)
        pipeline.execute()


def place(entry_id: str) -> tuple[int, int]:
    """Return an entry's place in its stream: milliseconds since 1970, and a number within them."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number)
