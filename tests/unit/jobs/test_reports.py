"""The figures a job leaves (jobs.reports)."""

import datetime as dt
import json
import math

from jobs.reports import write_report

DAY = dt.date(2024, 5, 1)


def test_what_is_no_number_is_null_however_deep(tmp_path):
    figures = {"wape": math.nan, "models": {"a": {"bias": math.inf}}, "weeks": [0.5, math.nan]}

    write_report(tmp_path, "forecast_demand", DAY, figures)

    found = json.loads((tmp_path / "forecast_demand" / f"{DAY}.json").read_text())
    assert found == {"wape": None, "models": {"a": {"bias": None}}, "weeks": [0.5, None]}
