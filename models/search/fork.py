"""A published index that takes changes: a process's own copy, whose files are links to the published ones.

Tantivy never writes into a file that is there: what changes goes into new files beside them, and a list
names those that count. So the copy costs nothing, and the published index stays as it is. Who searches
has a snapshot (`Index`), which no later change touches.
"""

import contextlib
import errno
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import tantivy

from models.search import listing_changes
from models.search.documents import DOCUMENTS, Document
from models.search.encoding import encoded
from models.search.fields import register
from models.search.index import N_COUNTED_LAST, Index
from models.search.latest import Latest
from models.search.shards import Shard

HEAP_BYTES = 15_000_000
"""The least that Tantivy takes."""
LOCK = "in-use.lock"
UNLOCKED = ".new"
CANNOT_LINK = {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP}


@dataclass
class Fork:
    """The shards of one version, open for changes; `index` is the last snapshot."""

    folder: Path
    shards: Sequence[tantivy.Index]
    writers: Sequence[tantivy.IndexWriter]
    index: Index

    @classmethod
    def of(cls, published: Path, folder: Path) -> "Fork":
        """Make a copy of the index in `published` in the new folder `folder`, and open it.

        Raises
        ------
        BadIndexError
            If what is published is no whole index.
        """
        _link_files(published, folder)
        index = Index.open(folder)
        shards = [_opened(folder / name) for name in index.manifest["shards"]]
        writers = [each.writer(heap_size=HEAP_BYTES, num_threads=1) for each in shards]
        return cls(folder, shards, writers, index)

    def apply(self, changes: Mapping[int, Document | None]) -> Index:
        """Take in what products are now, None for those that are gone; return the new snapshot.

        What is as the index has it already costs nothing.
        """
        new = {id_: each for id_, each in changes.items() if self.index.product(id_) != each}
        shard_of = {product_id: self.index.shard_of(product_id) for product_id in new}
        for product_id, n_shard in shard_of.items():
            self.writers[n_shard].delete_documents_by_term("product_id", product_id)
        written = {id_: each for id_, each in new.items() if each is not None}
        fields = encoded(written.values(), self.index.vocabulary.language)
        for product_id, each in zip(written, fields, strict=True):
            self.writers[shard_of[product_id]].add_json(each)
        if new:
            self.index = self._snapshot({*shard_of.values()}, new)
        return self.index

    def _snapshot(self, touched: set[int], new: Mapping[int, Document | None]) -> Index:
        shards = list(self.index.shards)
        for n_shard in touched:
            self.writers[n_shard].commit()
            self.shards[n_shard].reload()
            shards[n_shard] = Shard(shards[n_shard].schema, self.shards[n_shard].searcher())
        self.index.vocabulary.learn(document for document in new.values() if document is not None)
        return replace(
            self.index,
            shards=shards,
            changed={**self.index.changed, **new},
            listing=listing_changes.changed(self.index.listing, new),
            signals=self.index.signals.changed(new),
            counted=Latest(N_COUNTED_LAST),
        )

    def close(self) -> None:
        """Remove the copy; snapshots can still be searched."""
        self.writers = ()
        shutil.rmtree(self.folder, ignore_errors=True)


def _opened(folder: Path) -> tantivy.Index:
    shard = tantivy.Index.open(str(folder))
    register(shard)
    shard.config_reader(reload_policy="manual")
    return shard


def _link_files(published: Path, folder: Path) -> None:
    for path in published.rglob("*"):
        copy = folder / path.relative_to(published)
        if path.is_file() and path.suffix != ".lock":
            copy.parent.mkdir(parents=True, exist_ok=True)
            _link(path, copy)


def _link(path: Path, copy: Path) -> None:
    try:
        os.link(path, copy)
    except OSError as error:
        if error.errno not in CANNOT_LINK:
            raise
        if path.name == DOCUMENTS:
            copy.symlink_to(path)  # mapped once, when the copy is opened
        else:
            shutil.copyfile(path, copy)


@contextlib.contextmanager
def own_folder(folder: Path) -> Iterator[None]:
    """Make a folder for a process's copies until the block ends; remove those that ended ones left.

    It stays the process's own as long as that lives, however it ends.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in [each for each in folder.parent.iterdir() if each.suffix != UNLOCKED]:
        _remove_unused(left)
    unlocked = folder.with_suffix(UNLOCKED)
    unlocked.mkdir()
    with (unlocked / LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        unlocked.rename(folder)  # seen by others only now that it is in use
        yield
        shutil.rmtree(folder, ignore_errors=True)


def _remove_unused(folder: Path) -> None:
    with contextlib.suppress(OSError), (folder / LOCK).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
