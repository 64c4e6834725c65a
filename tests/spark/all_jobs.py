"""One Spark application that builds days with every job: spark-submit all_jobs.py FIRST LAST."""

import datetime as dt
import sys

from jobs import (
    build_daily_facts,
    build_demand_history,
    build_features,
    build_lists,
    build_search_documents,
    ingest,
    report_searches,
)
from jobs.runner import Dates, Settings

if __name__ == "__main__":
    first, last = (dt.date.fromisoformat(text) for text in sys.argv[1:])
    for job in (
        ingest,
        build_daily_facts,
        build_demand_history,
        build_features,
        build_lists,
        build_search_documents,
        report_searches,
    ):
        job.main(Settings(), Dates(first, last))
