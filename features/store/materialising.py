"""Many rows of a view written to the online store: in parts, by several processes.

What Feast does with a row on its way to Redis is Python, some tenths of a millisecond for each, and it holds all
rows of a call at once, several kilobytes each. Parts bound the memory, processes share the time.
"""

import multiprocessing
from collections.abc import Iterator
from dataclasses import dataclass

import pyarrow as pa

from features.store.opening import FeatureStore, Registry, open_store

N_ROWS_A_PART = 10_000
N_WORTH_PROCESSES = 100_000
"""Fewer rows are written sooner than another process has loaded Feast."""


@dataclass(frozen=True)
class Materialising:
    """Writes rows whatever was there: for the one job that publishes a day.

    Parameters
    ----------
    n_processes
        At most so many write at a time.
    n_worth_processes
        Fewer rows than these are written by this process alone.
    """

    registry: Registry
    redis_url: str
    n_processes: int = 1
    n_rows_a_part: int = N_ROWS_A_PART
    n_worth_processes: int = N_WORTH_PROCESSES

    def write(self, store: FeatureStore, view: str, rows: pa.Table) -> int:
        """Write rows of a view and return how many; `store` is this process's own, open on the same."""
        parts = self._parts(rows)
        if self.n_processes == 1 or len(rows) < self.n_worth_processes:
            return sum(_write(store, view, part) for part in parts)
        # Started anew, not forked: connections and threads of this process are no business of theirs.
        context = multiprocessing.get_context("spawn")
        with context.Pool(self.n_processes, _open, (self.registry, self.redis_url, view)) as pool:
            return sum(pool.imap_unordered(_write_packed, map(_packed, parts)))

    def _parts(self, rows: pa.Table) -> Iterator[pa.Table]:
        for start in range(0, len(rows), self.n_rows_a_part):
            yield rows.slice(start, self.n_rows_a_part)


_opened: list[tuple[FeatureStore, str]] = []
"""In a process that writes for another one: the store and the view."""


def _open(registry: Registry, redis_url: str, view: str) -> None:
    _opened.append((open_store(registry, redis_url, overwrite=True), view))


def _write_packed(packed: bytes) -> int:
    [(store, view)] = _opened
    return _write(store, view, pa.ipc.open_stream(packed).read_all())


def _write(store: FeatureStore, view: str, rows: pa.Table) -> int:
    store.write_to_online_store(view, df=rows.to_pandas())
    return len(rows)


def _packed(rows: pa.Table) -> bytes:
    """Return a part of a table as bytes; pickled, a part has the whole table with it."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, rows.schema) as writer:
        writer.write_table(rows)
    return bytes(sink.getvalue())
