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


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Real PostgreSQL, Redis, MLflow, Airflow and all services, on ports and a home of their own."""
    home = tmp_path_factory.mktemp("emporium").resolve()
    settings = Settings(emporium_home=home, database_url="", redis_url="", port=free_port())
    supervisor = Supervisor(plan(settings, "test"), say=lambda line: None)
    try:
        supervisor.start()
        yield supervisor.site
    finally:
        supervisor.stop()
        repair(home, lambda line: None)
        assert processes.of_home(home) == []


@pytest.fixture(scope="module")
def figures(site):
    """The demo's figures after its first run of all DAGs."""
    return Demo(site, Console(file=io.StringIO())).run(SMALL, dt.datetime.now(dt.UTC))
