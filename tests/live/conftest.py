"""A platform of a module's own, for what must not be shared: tests/live/platform shares one."""

import pytest

from tests import platform


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Real PostgreSQL, Redis, MLflow, Airflow and all services, on ports and a home of their own."""
    with platform.started(tmp_path_factory.mktemp("emporium").resolve()) as site:
        yield site


@pytest.fixture(scope="module")
def figures(site):
    """The demo's figures after its first run of all DAGs."""
    return platform.first_figures(site)
