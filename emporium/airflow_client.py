"""Airflow's REST API, as ops would call it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2

TERMINAL = {"success", "failed", "upstream_failed", "skipped", "removed"}


class AirflowError(Exception):
    """Airflow refused, or is not there."""


@dataclass(frozen=True)
class AirflowClient:
    """A client of the API below `url`, with a token of its simple auth manager."""

    http: httpx2.Client

    def wait_for_dags(self, dag_ids: set[str], seconds: float = 90) -> None:
        """Return once all DAGs are parsed.

        Raises
        ------
        AirflowError
            If one is missing in the end; with the import errors.
        """
        deadline = time.monotonic() + seconds
        while missing := dag_ids - self.dag_ids():
            if time.monotonic() > deadline:
                errors = self._get("/importErrors").get("import_errors", [])
                raise AirflowError(f"not parsed: {sorted(missing)}; import errors: {errors}")
            time.sleep(0.5)

    def dag_ids(self) -> set[str]:
        """Return the DAGs that are parsed."""
        return {dag["dag_id"] for dag in self._get("/dags", limit=100)["dags"]}

    def trigger(self, dag_id: str, conf: Mapping[str, str | int]) -> str:
        """Start a run and return its id."""
        answer = self.http.post(
            f"/dags/{dag_id}/dagRuns", json={"logical_date": None, "conf": dict(conf)}
        )
        if answer.status_code >= 400:
            raise AirflowError(f"{dag_id}: {answer.status_code} {answer.text}")
        return str(answer.json()["dag_run_id"])

    def runs(self, since: str) -> list[dict[str, Any]]:
        """Return the runs of all DAGs that were queued after the moment `since` (ISO 8601), at most 100."""
        found: list[dict[str, Any]] = self._get("/dags/~/dagRuns", run_after_gte=since, limit=100)[
            "dag_runs"
        ]
        return found

    def latest(self, dag_id: str, limit: int) -> list[dict[str, Any]]:
        """Return the last runs of a DAG (`~`: of all), the newest first, at most 100."""
        path = f"/dags/{dag_id}/dagRuns"
        found: list[dict[str, Any]] = self._get(path, order_by="-run_after", limit=limit)[
            "dag_runs"
        ]
        return found

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """Return a run."""
        return self._get(f"/dags/{dag_id}/dagRuns/{run_id}")

    def tasks_of(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the task instances of a run."""
        path = f"/dags/{dag_id}/dagRuns/{run_id}/taskInstances"
        found: list[dict[str, Any]] = self._get(path)["task_instances"]
        return found

    def tasks(self, since: str) -> list[dict[str, Any]]:
        """Return the task instances of these runs, at most 100."""
        found: list[dict[str, Any]] = self._get(
            "/dags/~/dagRuns/~/taskInstances", run_after_gte=since, limit=100
        )["task_instances"]
        return found

    def log(self, task: dict[str, Any]) -> list[str]:
        """Return the lines of a task's last try."""
        path = (
            f"/dags/{task['dag_id']}/dagRuns/{task['dag_run_id']}/taskInstances/{task['task_id']}"
            f"/logs/{max(task['try_number'], 1)}"
        )
        content = self._get(path, full_content=True).get("content", [])
        if isinstance(content, str):
            return content.splitlines()
        return [
            str(line.get("event", line)) if isinstance(line, dict) else line for line in content
        ]

    def _get(self, path: str, **query: Any) -> dict[str, Any]:  # noqa: ANN401
        answer = self._patient_get(path, query)
        if answer.status_code >= 400:
            raise AirflowError(f"GET {path}: {answer.status_code} {answer.text}")
        found: dict[str, Any] = answer.json()
        return found

    def _patient_get(
        self, path: str, query: Mapping[str, Any], seconds: float = 60
    ) -> httpx2.Response:
        """GET; an API server that is just being started again is waited for."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                return self.http.get(path, params=query)
            except httpx2.TransportError as error:
                if time.monotonic() > deadline:
                    raise AirflowError(f"{error}: see `emporium logs airflow-api`") from error
                time.sleep(1)


def connect(url: str) -> AirflowClient:
    """Log in at the API server of `url` and return a client.

    Raises
    ------
    AirflowError
        If nobody answers there.
    """
    try:
        token = httpx2.get(f"{url}/auth/token", follow_redirects=True).json()["access_token"]
    except httpx2.TransportError as error:
        raise AirflowError(
            f"Airflow does not answer: see `emporium logs airflow-api` ({error})"
        ) from error
    headers = {"Authorization": f"Bearer {token}"}
    return AirflowClient(httpx2.Client(base_url=f"{url}/api/v2", headers=headers, timeout=30))
