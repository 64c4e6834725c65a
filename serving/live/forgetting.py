"""Live states are bounded: of too many names of a family the oldest are forgotten."""

from dataclasses import dataclass
from typing import Any

from redis import Redis

from features.live.states import STATES, Family, due_key, known_key, state_key

N_KEPT = 200_000
N_AT_ONCE = 5_000


@dataclass(frozen=True)
class Forgetting:
    """Keeps at most `n_kept` names of each family, those that something happened to last."""

    redis: Redis
    n_kept: int = N_KEPT

    def refresh(self) -> None:
        """Forget what is too much."""
        for family in STATES:
            while self._forget_some(family):
                pass

    def _forget_some(self, family: Family) -> int:
        known: Any = self.redis.zcard(known_key(family))
        n = min(int(known) - self.n_kept, N_AT_ONCE)
        if n <= 0:
            return 0
        oldest: Any = self.redis.zrange(known_key(family), 0, n - 1)
        with self.redis.pipeline(transaction=True) as pipeline:
            pipeline.unlink(*(state_key(family, name) for name in oldest))
            pipeline.zrem(due_key(family), *oldest)
            pipeline.zrem(known_key(family), *oldest)
            pipeline.execute()
        return n
