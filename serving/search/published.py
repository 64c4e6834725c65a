"""The published search index: the folder that the link `current` names."""

from collections.abc import Callable
from pathlib import Path

import structlog

from models.search.fork import Fork
from serving.published import Published
from serving.search.current import Forking

MISSING = "There is no search index yet: run the DAG build_search_index."


def published_index(
    root: Path, folder: Path, log: structlog.BoundLogger, when_loaded: Callable[[], None]
) -> Published[Fork]:
    """Return the index below `root`, not loaded yet; `folder` is this process's own, for its copy."""
    return Published(
        latest=lambda: latest_version(root),
        load=Forking(root, folder, when_loaded),
        missing=MISSING,
        log=log.bind(what="search index"),
    )


def latest_version(root: Path) -> str | None:
    """Return the name of the version that the link names, None if there is none yet."""
    link = root / "current"
    return str(link.readlink()) if link.is_symlink() else None
