"""Live states by family: which keys they lie under and what they have in common.

| key | holds |
|---|---|
| `live:<family>:<name>` | a state, JSON; goes when nothing happened for its time |
| `live:due:<family>` | sorted set: name -> when the feature store is to get it next |
| `live:known:<family>` | sorted set: name -> when something happened last; the oldest of too many are forgotten |
| `live:position:<group>` | the last entry of a stream that is in the states |
| `live:lags` | hash: worker -> how long events took lately, JSON (`serving.live.lags`) |
"""

from collections.abc import Mapping
from typing import Any, Literal, Protocol, Self

from features.live.products import Interest, Offer
from features.live.shoppers import Shopper

Family = Literal["shopper", "interest", "offer"]
LAGS = "live:lags"


class State(Protocol):
    """What is known of one name of a family."""

    at: float

    @staticmethod
    def kept_seconds(name: str, /) -> int:
        """Return how long it is kept after its last event."""

    @classmethod
    def of_json(cls, text: bytes | str) -> Self:
        """Return a state as it was written."""

    def json(self) -> bytes:
        """Return the state as it lies in Redis."""

    def take(self, act: Any) -> None:  # noqa: ANN401 - each family has acts of its own
        """Let an event change the state."""

    def next_change(self, now: float) -> float | None:
        """Return when it changes next if nothing happens, None if it does not."""


STATES: Mapping[Family, type[State]] = {"shopper": Shopper, "interest": Interest, "offer": Offer}


def state_key(family: Family, name: str) -> str:
    """Return the key of a state."""
    return f"live:{family}:{name}"


def due_key(family: Family) -> str:
    """Return the key of what the feature store is to get."""
    return f"live:due:{family}"


def known_key(family: Family) -> str:
    """Return the key of all names of a family."""
    return f"live:known:{family}"


def position_key(group: str) -> str:
    """Return the key of how far a group's entries are in the states."""
    return f"live:position:{group}"
