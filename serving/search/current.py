"""The index that requests are answered from: the published one, with all that changed since."""

import shutil
from collections.abc import Callable
from pathlib import Path

import structlog

from models.search.fork import Fork
from models.search.index import Index
from serving.published import Published, Version
from serving.search.changes import Changes, ProductChanges, documents_now


class CurrentIndex:
    """Keeps the newest snapshot in `current`: of the newest version, and newer than it by what is told.

    One thread refreshes it; a request that holds a snapshot goes on with it.
    """

    def __init__(
        self, published: Published[Fork], changes: ProductChanges, log: structlog.BoundLogger
    ) -> None:
        self.published = published
        self.current: Version[Index] | None = None
        self._changes = changes
        self._log = log
        self._knows_all = False

    def refresh(self) -> None:
        """Look for a newer version, and for what changed. Never raises: it runs beside requests."""
        self.published.refresh()
        forked = self.published.current
        if forked is None:
            return
        before = self.current
        is_new = before is None or before.name != forked.name
        index = self._changed(forked.value, is_new=is_new)
        if is_new or before is None or before.value is not index:
            self.current = Version(forked.name, index)

    def require(self) -> Version[Index]:
        """Return the current snapshot.

        Raises
        ------
        NotPublishedError
            If there is no index yet.
        """
        return self.current or Version("", self.published.require().value.index)

    def _changed(self, fork: Fork, *, is_new: bool) -> Index:
        try:
            told = self._told(is_new=is_new)
            known = {product_id: fork.index.product(product_id) for product_id in told}
            return fork.apply(documents_now(told, known))
        except Exception as error:  # noqa: BLE001 - Redis gone: the index stays as it is
            self._knows_all = False
            self._log.warning("changes of products not read", error=repr(error))
            return fork.index

    def _told(self, *, is_new: bool) -> Changes:
        if self._knows_all and not is_new:
            return self._changes.new()
        told = self._changes.all()
        self._knows_all = True
        return told


class Forking:
    """Loads versions below `root` as forks in `folder`, and removes the one before."""

    def __init__(self, root: Path, folder: Path, when_loaded: Callable[[], None]) -> None:
        self._root, self._folder = root, folder
        self._when_loaded = when_loaded
        self._before: Fork | None = None

    def __call__(self, name: str) -> Fork:
        """Return a fork of the version that the link names."""
        place = self._folder / Path(name).name
        shutil.rmtree(place, ignore_errors=True)
        fork = Fork.of(self._root / name, place)
        if self._before is not None:
            self._before.close()
        self._before = fork
        self._when_loaded()
        return fork
