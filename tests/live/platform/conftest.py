"""One platform for all modules of this folder: the demo runs once.

All of them run in one worker of pytest-xdist (tests/conftest.py), one after another. Each makes accounts
and products of its own, and asserts nothing that another one's orders or clicks could change.
"""

import contextlib
from pathlib import Path

import httpx2
import pytest

from emporium.services import environment
from tests import platform

FOLDER = Path(__file__).parent
RUNNING = pytest.StashKey[contextlib.ExitStack]()


@pytest.fixture(scope="session")
def site(tmp_path_factory, pytestconfig):
    """All services, shared; those that run already where `--home` names theirs."""
    home = pytestconfig.getoption("home")
    if home:
        yield platform.running(Path(home).resolve())
        return
    with contextlib.ExitStack() as stack:
        pytestconfig.stash[RUNNING] = stack
        yield stack.enter_context(platform.started(tmp_path_factory.mktemp("emporium").resolve()))


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(item, nextitem):
    """Stop the platform after this folder's last test: it would take from what the others run on."""
    if nextitem is None or FOLDER not in nextitem.path.parents:
        item.config.stash.get(RUNNING, contextlib.ExitStack()).close()


@pytest.fixture(scope="session")
def figures(site):
    """The demo's figures after its first run of all DAGs; what is measured or changed comes after it."""
    return platform.first_figures(site)


@pytest.fixture(scope="session")
def shop(site):
    """The two APIs behind the gateway."""
    with httpx2.Client(base_url=f"{site.url('gateway')}/api/v1", timeout=30) as client:
        yield client


@pytest.fixture(scope="session")
def operator(site, shop):
    """The headers of the operator in whose name purchases are planned."""
    env = environment(site)
    credentials = {
        "email": env["SHOP_OPERATOR_EMAIL"],
        "password": env["SHOP_OPERATOR_PASSWORD"],
    }

    def headers():
        token = shop.post("/tokens", json=credentials).json()["access_token"]
        return {"Authorization": f"Bearer {token}"}

    return headers
