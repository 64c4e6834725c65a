import gc
import os
import shutil
import sys

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as properties

from emporium.services import SPARK_CLASSES
from tests import services
from tests.examples import examples
from tests.opensearch_node import fetch_ahead, opensearch_node

os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
os.environ["PYSPARK_PYTHON"] = sys.executable  # else workers take the first `python3` of PATH
os.environ["SPARK_SUBMIT_OPTS"] = SPARK_CLASSES
# The workers and a platform keep all cores busy: threads of one process would only wait for each other.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# A worker of pytest-xdist has no main module; PySpark would take it for a doctest run and exit.
if not hasattr(sys.modules["__main__"], "__file__"):
    sys.modules["__main__"].__file__ = __file__


# On a busy machine an example takes as long as it takes.
properties.register_profile(
    "ours",
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
properties.load_profile("ours")

pytest_plugins = ["tests.time_limits"]

PLATFORM = "tests/live/platform/"
SPARK = "tests/spark/"
SHARED = {
    PLATFORM: (PLATFORM,),
    SPARK: (SPARK, "tests/contracts/", "tests/live/serving/test_opensearch.py"),
}
"""Modules that share what is dear to start: one worker runs all of a group, in this order.

One platform; one Spark session and what was built with it, one OpenSearch node, whose jars may still have to
be fetched while Spark works.
"""


def pytest_addoption(parser):
    parser.addoption(
        "--home", default="", help=f"home of a running platform, for {PLATFORM}: none is started"
    )


def group_of(nodeid):
    """Which group of `SHARED` a test is of; None: its module is for itself."""
    return next((group for group, starts in SHARED.items() if nodeid.startswith(starts)), None)


def turn_of(nodeid):
    """When a test's turn comes: groups first, each in its order."""
    in_order = [start for starts in SHARED.values() for start in starts]
    return next((n for n, start in enumerate(in_order) if nodeid.startswith(start)), len(in_order))


# Imports and thousands of tests make objects that stay: to look through them again and again for
# what can go takes time and finds nothing.
gc.disable()


def pytest_collection_finish(session):
    gc.freeze()
    gc.enable()
    runs = not session.config.option.collectonly
    if runs and any("opensearch_url" in item.fixturenames for item in session.items):
        fetch_ahead()


def pytest_collection_modifyitems(items):
    """What takes longest begins first: workers of pytest-xdist are given groups in this order."""
    items.sort(key=lambda item: turn_of(item.nodeid))


def pytest_xdist_make_scheduler(config, log):
    """Send each module to one worker, as `--dist loadfile`; those of a group to the same one."""
    from xdist.scheduler import LoadFileScheduling

    class SharedGroups(LoadFileScheduling):
        def _split_scope(self, nodeid):
            return group_of(nodeid) or super()._split_scope(nodeid)

    return SharedGroups(config, log) if config.getvalue("dist") == "loadfile" else None


@pytest.fixture(scope="session")
def spark():
    from pyspark.sql import SparkSession

    from jobs.spark import QUICK_JAVA

    session = (
        SparkSession.builder.master("local[1]")
        .config("spark.sql.shuffle.partitions", 1)
        .config("spark.ui.enabled", False)
        .config("spark.driver.extraJavaOptions", QUICK_JAVA)
        .config("spark.sql.session.timeZone", "UTC")
        # A query over ten rows would spend its time compiling; subprocess tests run the defaults.
        .config("spark.sql.codegen.wholeStage", False)
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.adaptive.enabled", False)
        .config("spark.python.sql.dataFrameDebugging.enabled", False)
        .getOrCreate()
    )
    yield session
    session.stop()


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory):
    with services.postgres_server(tmp_path_factory.mktemp("postgres")) as url:
        yield url


@pytest.fixture
def database_url(postgres_server):
    """The URL (postgresql://...) of an empty database of this test's own."""
    with services.database(postgres_server) as url:
        yield url


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory):
    with services.redis_server(tmp_path_factory.mktemp("redis")) as url:
        yield url


@pytest.fixture
def redis_url(redis_server):
    """The URL of an empty Redis."""
    import redis

    redis.Redis.from_url(redis_server).flushall()
    return redis_server


def pytest_terminal_summary(terminalreporter):
    """Print what tests measured (`record_property`): figures, not conditions."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            terminalreporter.write_line(f"{name}: {value}")


@pytest.fixture(scope="session")
def opensearch_url(tmp_path_factory):
    """URL of a node; who uses it names its own indexes. Skips, with the reason, where none can be had."""
    with opensearch_node(tmp_path_factory.mktemp("opensearch")) as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    """A headless browser; of modules without async tests alone (tests/chromium.py)."""
    from tests.chromium import CHROMIUM, chromium

    if not CHROMIUM:
        pytest.skip("needs Chromium (apt-get install chromium)")
    with chromium() as browser:
        yield browser


@pytest.fixture
def page(browser):
    """A page of a visitor nobody knows; nothing may go wrong in it."""
    from tests.chromium import DESKTOP, MILLISECONDS, complaints

    context = browser.new_context(viewport=DESKTOP, locale="en-GB")
    page = context.new_page()
    page.set_default_timeout(MILLISECONDS)
    found = complaints(page)
    yield page
    context.close()
    assert found == []


@pytest.fixture
def look(request):
    """Keep how a page looks, under a name: pictures of the newest run, by test, in `.artifacts/`."""
    from tests.chromium import ARTIFACTS, Album

    folder = ARTIFACTS / "pages" / request.module.__name__.rpartition(".")[2] / request.node.name
    shutil.rmtree(folder, ignore_errors=True)
    return Album(folder)
