"""The whole platform on a small shop, as `make demo` starts it."""

import contextlib
import datetime as dt
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console

from emporium import processes
from emporium.data import Wanted
from emporium.demo import Demo
from emporium.ports import free_port
from emporium.services import Site, plan
from emporium.settings import Settings
from emporium.supervisor import Supervisor, read_state, repair

SMALL = Wanted(scale=0.1, n_days=60)


@contextlib.contextmanager
def started(home: Path) -> Iterator[Site]:
    """Start all services, on ports and in a home of their own; nothing of it is left at the end."""
    settings = Settings(emporium_home=home, database_url="", redis_url="", port=free_port())
    supervisor = Supervisor(plan(settings, "test"), say=lambda line: None)
    try:
        supervisor.start()
        yield supervisor.site
    finally:
        supervisor.stop()
        repair(home, lambda line: None)
        assert processes.of_home(home) == []


def running(home: Path) -> Site:
    """Return the platform that runs on a home already."""
    state = read_state(home)
    assert state is not None, f"nothing runs on {home}: start it with `emporium demo`"
    kept = state["site"]
    return Site(**{**kept, "home": Path(kept["home"]), "embedded": tuple(kept["embedded"])})


def first_figures(site: Site) -> dict[str, Any]:
    """Return the demo's figures after its first run of all DAGs."""
    return Demo(site, Console(file=io.StringIO())).run(SMALL, dt.datetime.now(dt.UTC))
