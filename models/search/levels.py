"""Categories by their paths, from the outermost to the innermost, joined by ' > '."""

from functools import lru_cache

BETWEEN = " > "


@lru_cache(maxsize=10_000)
def levels(path: str) -> list[str]:
    """Return a category's path and those of all above it, the outermost first."""
    names = path.split(BETWEEN) if path else []
    return [BETWEEN.join(names[: n + 1]) for n in range(len(names))]
