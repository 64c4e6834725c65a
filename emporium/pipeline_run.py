"""One run of the DAGs through Airflow's API, watched to its end."""

import datetime as dt
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from emporium.airflow_client import TERMINAL, AirflowClient

CHAIN = (
    "ingest",
    "build_features",
    "build_search_index",
    "train_search_ranker",
    "train_recommendations",
    "forecast_demand",
    "plan_purchases",
)
POLL_SECONDS = 2.0
NOT_YET = "9999"
"""After every start that has been."""


class StepFailedError(Exception):
    """A step of a run failed; the message is what people need to see."""


@dataclass(frozen=True)
class Days:
    """The days a run is for; see `dags.common.DAYS`."""

    first: dt.date
    last: dt.date
    features_first: dt.date
    pictures_first: dt.date
    features_every: int = 1

    def conf(self) -> dict[str, str | int]:
        """Return the run's configuration."""
        return {
            "from": str(self.first),
            "to": str(self.last),
            "features_from": str(self.features_first),
            "pictures_from": str(self.pictures_first),
            "features_every": self.features_every,
        }


@dataclass(frozen=True)
class Progress:
    """The tasks of the runs so far, in the chain's order."""

    tasks: list[dict[str, Any]] = field(default_factory=list)
    finished_dags: frozenset[str] = frozenset()

    @property
    def failed(self) -> list[dict[str, Any]]:
        """Return the tasks that failed for good."""
        return [task for task in self.tasks if task["state"] == "failed"]

    def has_done(self, dag_id: str, task_id: str) -> bool:
        """Tell whether a task succeeded."""
        return any(
            (task["dag_id"], task["task_id"], task["state"]) == (dag_id, task_id, "success")
            for task in self.tasks
        )

    @property
    def done(self) -> bool:
        """Tell whether nothing more will come."""
        return bool(self.failed) or self.finished_dags == frozenset(CHAIN)


def run_chain(airflow: AirflowClient, days: Days, since: dt.datetime) -> Iterator[Progress]:
    """Trigger `ingest` and yield the state of the whole chain until it ends, or a task fails.

    Parameters
    ----------
    since
        Now: runs that Airflow's assets start after it belong to this chain.
    """
    airflow.wait_for_dags(set(CHAIN))
    airflow.trigger("ingest", days.conf())
    progress = Progress()
    while not progress.done:
        time.sleep(POLL_SECONDS)
        progress = observe(airflow, since.isoformat())
        yield progress


def observe(airflow: AirflowClient, since: str) -> Progress:
    """Return the state of the chain's runs since a moment.

    Two requests, whatever runs: an API server that is asked for each run takes a core from the jobs.
    """
    states: dict[str, list[str]] = defaultdict(list)
    for run in airflow.runs(since):
        states[run["dag_id"]].append(run["state"])
    tasks = [task for task in airflow.tasks(since) if task["dag_id"] in CHAIN]
    tasks.sort(key=lambda task: (CHAIN.index(task["dag_id"]), task["start_date"] or NOT_YET))
    finished = {
        dag_id for dag_id in CHAIN if states[dag_id] and TERMINAL.issuperset(states[dag_id])
    }
    return Progress(tasks, frozenset(finished))


def seconds_by_task(progress: Progress) -> dict[str, float]:
    """Return how long each task took, by `dag.task`."""
    return {
        f"{task['dag_id']}.{task['task_id']}": round(float(task["duration"] or 0), 1)
        for task in progress.tasks
    }
