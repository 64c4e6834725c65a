"""What tests of whole jobs share: one session, and a shop of three days small enough to read."""

import datetime as dt
import shutil

import pytest

from jobs import (
    build_daily_facts,
    build_demand_history,
    build_features,
    build_lists,
    build_search_documents,
    ingest,
    report_searches,
)
from jobs import spark as jobs_spark
from jobs.runner import Dates, Settings
from tests import tiny_shop

FEW = {"spark.sql.shuffle.partitions": "1", "spark.sql.files.minPartitionNum": "1"}


@pytest.fixture(autouse=True)
def _few_tasks(request, monkeypatch):
    """Jobs take the tests' session; eight tasks over ten rows would only cost time."""
    monkeypatch.setattr(jobs_spark, "FOR_SMALL_LAKES", jobs_spark.FOR_SMALL_LAKES | FEW)


@pytest.fixture
def home(tmp_path):
    """The settings of an empty home; no database, no Redis."""
    return Settings(emporium_home=tmp_path, database_url="", redis_url="", mlflow_tracking_uri="")


JOBS = (
    ingest,
    build_daily_facts,
    build_demand_history,
    build_features,
    build_lists,
    build_search_documents,
    report_searches,
)


@pytest.fixture(scope="session")
def built_home(spark, tmp_path_factory):
    """A home with the tiny shop's first two days built by every job, day by day. Copy it."""
    home = tmp_path_factory.mktemp("built")
    settings = Settings(emporium_home=home, database_url="", redis_url="")
    build_day_by_day(settings)
    return settings


def build_day_by_day(settings):
    tiny_shop.write_raw(settings.lake)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(jobs_spark, "FOR_SMALL_LAKES", jobs_spark.FOR_SMALL_LAKES | FEW)
        for day in tiny_shop.DAYS[:2]:
            for job in JOBS:
                job.main(settings, on(day))


@pytest.fixture
def built(built_home, tmp_path):
    """A home of this test's own like `built_home`."""
    shutil.copytree(built_home.emporium_home, tmp_path / "home", symlinks=True)
    return built_home.model_copy(update={"emporium_home": tmp_path / "home"})


def on(day: dt.date, last: dt.date | None = None) -> Dates:
    return Dates(day, last or day)
