"""Airflow, as its REST API (v2) has it."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import httpx2

from operations.problems import AwayProblem, NotHereProblem, RunRefusedProblem, UnknownProblem

N_DAGS = 100
N_LOG_LINES = 60


@dataclass
class Airflow:
    """Asks the API server at `url` with a token of its auth manager, which is kept until it is refused."""

    http: httpx2.AsyncClient
    url: str
    _token: str = ""
    _asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def dags(self) -> list[dict[str, Any]]:
        """Return all DAGs that are parsed, by id; at most 100."""
        found = await self._ask("GET", "/dags", params={"limit": N_DAGS, "order_by": "dag_id"})
        dags: list[dict[str, Any]] = [each for each in found["dags"] if not each["is_stale"]]
        return dags

    async def dag(self, dag_id: str) -> dict[str, Any]:
        """Return a DAG with its page and parameters.

        Raises
        ------
        UnknownProblem
            If there is none.
        """
        return await self._ask("GET", f"/dags/{dag_id}/details")

    async def runs(self, dag_id: str, limit: int, offset: int = 0) -> list[dict[str, Any]]:
        """Return runs of a DAG, `~` for all, the newest first."""
        params = {"limit": limit, "offset": offset, "order_by": "-run_after"}
        found = await self._ask("GET", f"/dags/{dag_id}/dagRuns", params=params)
        runs: list[dict[str, Any]] = found["dag_runs"]
        return runs

    async def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """Return one run.

        Raises
        ------
        UnknownProblem
            If there is none.
        """
        return await self._ask("GET", f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}")

    async def tasks(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Return the tasks of a run."""
        path = f"/dags/{dag_id}/dagRuns/{quote(run_id, safe='')}/taskInstances"
        found = await self._ask("GET", path, params={"limit": 100})
        tasks: list[dict[str, Any]] = found["task_instances"]
        return tasks

    async def log(self, task: Mapping[str, Any]) -> list[str]:
        """Return the last lines of a task's last try."""
        path = (
            f"/dags/{task['dag_id']}/dagRuns/{quote(task['dag_run_id'], safe='')}"
            f"/taskInstances/{task['task_id']}/logs/{max(task['try_number'], 1)}"
        )
        found = await self._ask("GET", path, params={"full_content": True})
        content = found.get("content", [])
        lines = content.splitlines() if isinstance(content, str) else map(_line, content)
        return list(lines)[-N_LOG_LINES:]

    async def trigger(self, dag_id: str, conf: Mapping[str, Any], note: str) -> dict[str, Any]:
        """Start a run and return it.

        Raises
        ------
        UnknownProblem, RunRefusedProblem
            If there is no such DAG, or it does not take these parameters.
        """
        body = {"logical_date": None, "conf": dict(conf), "note": note}
        return await self._ask("POST", f"/dags/{dag_id}/dagRuns", json=body)

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - httpx2's
        if not self.url:
            raise NotHereProblem("This platform runs without Airflow: set OPERATIONS_AIRFLOW_URL.")
        try:
            answer = await self._send(method, path, **more)
            if answer.status_code == 401:  # the token ran out, and is forgotten by now
                answer = await self._send(method, path, **more)
        except (httpx2.TransportError, KeyError, ValueError) as error:
            raise AwayProblem(f"Airflow does not answer ({type(error).__name__}).") from error
        return _document(answer, path)

    async def _send(self, method: str, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401
        token = await self._bearer()
        headers = {"Authorization": f"Bearer {token}"}
        url = f"{self.url}/api/v2{path}"
        answer = await self.http.request(method, url, headers=headers, **more)
        if answer.status_code == 401 and self._token == token:
            self._token = ""
        return answer

    async def _bearer(self) -> str:
        async with self._asking:
            if not self._token:
                told = await self.http.get(f"{self.url}/auth/token", follow_redirects=True)
                self._token = told.json()["access_token"]
        return self._token


def _document(answer: httpx2.Response, path: str) -> dict[str, Any]:
    if answer.status_code == 404:
        raise UnknownProblem(
            f"Airflow has nothing at {path}: GET /api/v1/operations/dags lists DAGs."
        )
    if answer.status_code in (400, 409, 422):
        raise RunRefusedProblem(f"Airflow refuses: {_reason(answer)}")
    if answer.status_code >= 400:
        raise AwayProblem(f"Airflow answers {answer.status_code}.")
    found: dict[str, Any] = answer.json()
    return found


def _reason(answer: httpx2.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        detail = answer.text
    return str(detail)[:500]


def _line(entry: object) -> str:
    return str(entry.get("event", entry)) if isinstance(entry, dict) else str(entry)
