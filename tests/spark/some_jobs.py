"""One Spark application that builds days with jobs: spark-submit some_jobs.py FIRST LAST JOB ..."""

import datetime as dt
import importlib
import sys

from jobs.runner import Dates, Settings

JOBS = (
    "ingest",
    "build_daily_facts",
    "build_demand_history",
    "build_features",
    "build_lists",
    "build_search_documents",
    "report_searches",
)
"""All that use Spark, in their order."""

if __name__ == "__main__":
    first, last = (dt.date.fromisoformat(text) for text in sys.argv[1:3])
    for name in sys.argv[3:]:
        importlib.import_module(f"jobs.{name}").main(Settings(), Dates(first, last))
