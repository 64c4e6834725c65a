"""The published search index: the folder that the link `current` names."""

from pathlib import Path

import structlog

from models.search.index import Index
from serving.published import Published

MISSING = "There is no search index yet: run the DAG build_search_index."


def published_index(root: Path, log: structlog.BoundLogger) -> Published[Index]:
    """Return the index below `root`, not loaded yet."""
    return Published(
        latest=lambda: _latest(root),
        load=lambda name: Index.open(root / name),
        missing=MISSING,
        log=log.bind(what="search index"),
    )


def _latest(root: Path) -> str | None:
    link = root / "current"
    return str(link.readlink()) if link.is_symlink() else None
