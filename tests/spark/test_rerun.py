"""A rerun and a backfill give the same tables."""

import pytest

from features.schemas.lake import (
    DERIVED,
    DemandForecast,
    ExperimentResult,
    ForecastScore,
    PurchaseProposal,
    QualityFinding,
    StockCost,
)
from jobs.runner import Dates
from tests.spark.conftest import JOBS
from tests.tiny_shop import DAYS, contents, filled

pytestmark = pytest.mark.spark
DAY, NEXT_DAY, _ = DAYS


def test_days_built_again_as_one_range_equal_the_days_built_one_by_one(built):
    """Every job, every table, every row: what the second day knew must not reach the first."""
    day_by_day = filled(built.lake)

    for job in JOBS:
        job.main(built, Dates(DAY, NEXT_DAY))

    again = filled(built.lake)
    assert again.keys() == day_by_day.keys()
    for partition, rows in day_by_day.items():
        assert again[partition] == rows, partition


def test_the_jobs_leave_rows_in_every_table(built_home):
    """The comparison above means something: no table is empty but those of jobs that need more days, or experiments."""
    found = contents(built_home.lake)

    filled = {table for (_, table, day), rows in found.items() if rows and day == str(NEXT_DAY)}
    assert {row.table for row in DERIVED} - filled == {
        DemandForecast.table,
        ForecastScore.table,
        StockCost.table,
        PurchaseProposal.table,
        ExperimentResult.table,
        QualityFinding.table,
    }
