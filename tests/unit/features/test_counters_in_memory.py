"""Feast's import leaves the process's counters alone (features.store)."""

import subprocess
import sys

import pytest

SHOW = """
import os
from prometheus_client import values
print(values.ValueClass.__name__, [name for name in os.environ if "PROMETHEUS" in name])
"""


@pytest.mark.parametrize(
    "module", ["features.store.opening", "serving.app", "jobs.publish_features"]
)
def test_counters_stay_in_memory_and_child_processes_inherit_nothing(module):
    shown = subprocess.run(
        [sys.executable, "-c", f"import {module}{SHOW}"], capture_output=True, text=True, check=True
    )

    assert shown.stdout.split("\n")[-2] == "MutexValue []"
