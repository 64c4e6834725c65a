"""The index's folders: built aside, checked, then made `current` by replacing one link.

`<root>/versions/<date>-<id>.building` is being written; without the suffix it is whole. `current`
is a symbolic link to a whole one. A killed build leaves `current` as it was; what it wrote is
removed by the next build.
"""

import contextlib
import datetime as dt
import fcntl
import json
import shutil
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from models.search.index import MANIFEST, Found
from models.search.languages import ENGLISH, Language
from models.search.query import Search, words

BUILDING = ".building"
N_EARLIER_VERSIONS = 2
CHECK_LIMIT = 100


class IndexCheckError(Exception):
    """A built index does not answer as it should; it is not published."""


class BuildInProgressError(Exception):
    """Another process is building an index in the same folder."""


class Searched(Protocol):
    """An index of any engine."""

    @property
    def n_documents(self) -> int:
        """Number of documents."""

    def search(self, search: Search, offset: int = 0, limit: int = 20) -> Found:
        """Return the matches from `offset` on, at most `limit`."""


@dataclass(frozen=True)
class IndexVersions:
    """The versions below one root; new ones are of products described in a language."""

    root: Path
    language: Language = ENGLISH

    @property
    def versions(self) -> Path:
        """Folder of all versions."""
        return self.root / "versions"

    @property
    def current(self) -> Path:
        """The link that readers follow."""
        return self.root / "current"

    def current_date(self) -> dt.date | None:
        """Return the day of the published index, None before the first."""
        if not self.current.exists():
            return None
        manifest = json.loads((self.current / MANIFEST).read_bytes())
        return dt.date.fromisoformat(manifest["date"])

    @contextlib.contextmanager
    def building(self, date: dt.date) -> Iterator[Path]:
        """Give a fresh folder to build in, and remove what killed builds left.

        Raises
        ------
        BuildInProgressError
            If another process builds now; its lock goes with it, also if it is killed.
        """
        self.versions.mkdir(parents=True, exist_ok=True)
        with (self.versions / ".lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BuildInProgressError(f"an index is being built in {self.root}") from None
            for left in self.versions.glob(f"*{BUILDING}"):
                shutil.rmtree(left)
            yield self.versions / f"{date}-{uuid.uuid4().hex[:12]}{BUILDING}"

    def publish(self, built: Path, manifest: dict[str, Any]) -> Path:
        """Complete a built version with its manifest and make it current, all at once."""
        (built / MANIFEST).write_text(json.dumps(manifest, indent=2))
        version = built.with_name(built.name.removesuffix(BUILDING))
        built.rename(version)
        link = self.root / f"current.{version.name}"
        link.symlink_to(version.relative_to(self.root))
        link.replace(self.current)
        self._drop_old(version)
        return version

    def _drop_old(self, current: Path) -> None:
        others = [path for path in self.versions.iterdir() if path.is_dir() and path != current]
        by_age = sorted(others, key=lambda path: path.stat().st_mtime_ns, reverse=True)
        for path in by_age[N_EARLIER_VERSIONS:]:
            shutil.rmtree(path)


def check(index: Searched, n_documents: int, known_titles: dict[int, str]) -> None:
    """Check that an index holds all its documents and finds known products by their titles.

    Parameters
    ----------
    known_titles
        By product id. Where many products share a title, one of them must come first.

    Raises
    ------
    IndexCheckError
        If it does not.
    """
    if index.n_documents != n_documents:
        raise IndexCheckError(f"the index holds {index.n_documents} of {n_documents} documents")
    for product_id, title in known_titles.items():
        found = index.search(Search(title), limit=CHECK_LIMIT).documents
        twin = bool(found) and words(found[0]["title"]) == words(title)
        if words(title) and not twin and product_id not in {each["product_id"] for each in found}:
            raise IndexCheckError(f"the title {title!r} does not find product {product_id}")
