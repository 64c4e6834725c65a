"""Parts of an index, asked side by side: Tantivy lets go of Python while it looks, and much to look at is worth a thread."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from typing import Self, TypeVar

import tantivy

Answer = TypeVar("Answer")
N_WORTH_THREADS = 100_000
"""Finds of words, over all shards; to look at fewer takes about as long as to hand a shard over."""


@dataclass(frozen=True)
class Shard:
    """One folder's documents."""

    schema: tantivy.Schema
    searcher: tantivy.Searcher


@dataclass(frozen=True)
class Shards:
    """All shards of an index, for one answer: asked one after the other, or side by side."""

    all: Sequence[Shard]
    by_threads: bool = False

    @classmethod
    def for_finds(cls, shards: Sequence[Shard], n_finds: int) -> Self:
        """Return shards of which all together look at about so many finds of words."""
        return cls(shards, len(shards) > 1 and n_finds >= N_WORTH_THREADS)

    def __iter__(self) -> Iterator[Shard]:
        return iter(self.all)

    def each(self, ask: Callable[[int, Shard], Answer]) -> list[Answer]:
        """Return what each shard answers to a question, which has the shard's number, too; in their order."""
        first, *others = enumerate(self.all)
        if not self.by_threads:
            return [ask(*each) for each in (first, *others)]
        asked = [_threads().submit(ask, *each) for each in others]
        return [ask(*first), *(each.result() for each in asked)]


@cache
def _threads() -> ThreadPoolExecutor:
    """Return a process's own, from its first use on."""
    return ThreadPoolExecutor(os.cpu_count(), thread_name_prefix="shard")
