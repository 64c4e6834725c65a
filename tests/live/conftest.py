"""The whole platform on a small shop, as `make demo` starts it."""

import datetime as dt
import io

import pytest
from rich.console import Console

from emporium import processes
from emporium.data import Wanted
from emporium.demo import Demo
from emporium.ports import free_port
from emporium.services import plan
from emporium.settings import Settings
from emporium.supervisor import Supervisor, repair

SMALL = Wanted(scale=0.1, n_days=60)
QUICK_JAVA = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
"""A dozen JVMs start for a small shop: none lives long enough for the optimising compiler."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Real PostgreSQL, Redis, MLflow, Airflow and all services, on ports and a home of their own."""
    home = tmp_path_factory.mktemp("emporium").resolve()
    patched = pytest.MonkeyPatch()
    patched.setenv("JAVA_TOOL_OPTIONS", QUICK_JAVA)
    settings = Settings(emporium_home=home, database_url="", redis_url="", port=free_port())
    supervisor = Supervisor(plan(settings, "test"), say=lambda line: None)
    try:
        supervisor.start()
        yield supervisor.site
    finally:
        supervisor.stop()
        repair(home, lambda line: None)
        patched.undo()
        assert processes.of_home(home) == []


@pytest.fixture(scope="module")
def figures(site):
    """The demo's figures after its first run of all DAGs."""
    return Demo(site, Console(file=io.StringIO())).run(SMALL, dt.datetime.now(dt.UTC))
