"""Prometheus itself loads the alerting rules that are shipped and fires them (ops/prometheus/alerts.yml)."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

RULES = Path(__file__).parents[3] / "ops" / "prometheus" / "alerts.yml"
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")

pytestmark = pytest.mark.skipif(
    not PROMTOOL, reason="needs promtool (apt-get install prometheus; or its path in PROMTOOL)"
)

CASES = """
rule                 | series                                          | by minute                | fires after
---------------------+-------------------------------------------------+--------------------------+------------
QualityBreached      | emporium_quality_breached{alert="drift"}        | 0 0 0 1 1 1              | 3
FutureInTrainingData | emporium_quality_breached{alert="leak"}         | 0 0 0 1 1 1              | 3
QualityNotChecked    | emporium_quality_checked_timestamp_seconds      | 0x4000                   | 2941
RowsOfLogsDropped    | recorded_rows_dropped_total{stream="a",reason="queue full"} | 0 0 0 5 5 5  | 3
RequestsFail         | http_requests_total{job="shop",status="500"}    | 0x3 10+60x30             | 9
CatalogueNotTold     | catalogue_told                                  | 1 1 1 0 0 0 0            | 5
"""


def table():
    lines = CASES.strip().splitlines()[2:]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def fired(folder, series, values, minutes, rule):
    """Whether the rule is firing at each of two minutes: right before and when it should."""
    found = []
    for minute in minutes:
        asked = {
            "rule_files": [str(RULES)],
            "evaluation_interval": "1m",
            "tests": [
                {
                    "interval": "1m",
                    "input_series": [{"series": series, "values": values}],
                    "alert_rule_test": [{"eval_time": f"{minute}m", "alertname": rule}],
                }
            ],
        }
        path = folder / "asked.json"
        path.write_text(json.dumps(asked))
        command = [str(PROMTOOL), "test", "rules", str(path)]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        assert "alertname" in done.stdout + done.stderr or done.returncode == 0, done.stderr
        found.append(done.returncode != 0)
    return found


@pytest.mark.parametrize(("rule", "series", "values", "minute"), table(), ids=lambda one: one)
def test_a_rule_fires_from_the_minute_on_when_it_should(tmp_path, rule, series, values, minute):
    at = int(minute)

    assert fired(tmp_path, series, values, (at - 1, at), rule) == [False, True]
