"""What was made of keys, each once: looked up as quickly as in a dict, which it is."""

from collections.abc import Callable
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Remembered(dict[K, V]):
    """Makes the value of a key that it does not have, and keeps it.

    Of more than `n_kept` all are forgotten, which costs less than to tell the old from the new.
    """

    def __init__(self, make: Callable[[K], V], n_kept: int) -> None:
        super().__init__()
        self._make, self._n_kept = make, n_kept

    def __missing__(self, key: K) -> V:
        if len(self) >= self._n_kept:
            self.clear()
        value = self[key] = self._make(key)
        return value
