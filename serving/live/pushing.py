"""Bringing live states into the feature store, behind the events: each state that changed, once.

What changed is due at once; what was pushed is due again when the next of its counts falls. A name
that changed while it was pushed stays due.
"""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redis import Redis

from features.live.states import STATES, Family, State, due_key, state_key
from serving.live.lags import Lags

N_AT_ONCE = 500
DONE = """
for n = 1, #ARGV, 3 do
  local at = redis.call('ZSCORE', KEYS[1], ARGV[n])
  if at and tonumber(at) == tonumber(ARGV[n + 1]) then
    if ARGV[n + 2] == '' then redis.call('ZREM', KEYS[1], ARGV[n])
    else redis.call('ZADD', KEYS[1], ARGV[n + 2], ARGV[n]) end
  end
end
"""
"""Of names whose time is still the one that was read: the next one, or none. Arguments in threes."""

Push = Callable[[Family, Mapping[str, State], dt.datetime], None]
Due = Sequence[tuple[str, float]]


@dataclass(frozen=True)
class LivePushing:
    """Pushes what is due. Several may do so: a state pushed twice is the same."""

    redis: Redis
    push: Push
    lags: Lags
    clock: Callable[[], float]

    def refresh(self) -> None:
        """Push all that is due, the longest due first."""
        for family in STATES:
            while self._push_some(family) == N_AT_ONCE:
                pass

    def _push_some(self, family: Family) -> int:
        now = self.clock()
        told: Any = self.redis.zrangebyscore(
            due_key(family), "-inf", now, start=0, num=N_AT_ONCE, withscores=True
        )
        due: Due = told
        states = self._states(family, [name for name, _ in due])
        if states:
            self.push(family, states, dt.datetime.fromtimestamp(now, dt.UTC))
        self._done(family, due, states, now)
        self.lags.observe("pushed", (self.clock() - at for name, at in due if name in states))
        return len(due)

    def _states(self, family: Family, names: Sequence[str]) -> dict[str, State]:
        texts: Any = self.redis.mget([state_key(family, n) for n in names]) if names else []
        told = zip(names, texts, strict=True)
        return {name: STATES[family].of_json(text) for name, text in told if text}

    def _done(self, family: Family, due: Due, states: Mapping[str, State], now: float) -> None:
        arguments: list[str] = []
        for name, at in due:
            following = states[name].next_change(now) if name in states else None
            arguments += [name, repr(at), "" if following is None else repr(following)]
        if arguments:
            self.redis.eval(DONE, 1, due_key(family), *arguments)
