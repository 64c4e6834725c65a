"""Airflow, the inbox and two services in one application."""

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Host, Route, Router

AT = "2026-03-01T10:00:00Z"


def dag(dag_id):
    return {
        "dag_id": dag_id,
        "is_paused": False,
        "is_stale": dag_id == "gone",
        "timetable_summary": None,
        "tags": [{"name": "daily", "dag_id": dag_id}],
        "doc_md": f"# {dag_id}",
        "params": {
            "to": {"value": None, "schema": {"type": ["null", "string"], "format": "date"},
                   "description": "last day"},
            "features_every": {"value": 1, "schema": {"type": "integer", "minimum": 1}},
        },
    }  # fmt: skip


def run(dag_id, number, state="success", **more):
    return {
        "dag_id": dag_id,
        "dag_run_id": f"manual__{number}",
        "state": state,
        "run_type": "manual",
        "queued_at": AT,
        "start_date": AT,
        "end_date": None if state == "running" else AT,
        "conf": {},
        "note": None,
        **more,
    }


def task(task_id, state):
    return {
        "dag_id": "ingest",
        "dag_run_id": "manual__2",
        "task_id": task_id,
        "state": state,
        "duration": 1.5,
        "try_number": 1,
    }


class FakeNetwork:
    """`runs` are Airflow's, the newest first; `started` what was asked to be run; `n_tokens` how many were given."""

    def __init__(self):
        self.runs = [run("ingest", 3, "running"), run("ingest", 2, "failed"), run("ingest", 1)]
        self.started = []
        self.tokens = []
        self.mails = [
            {"number": n, "message_id": f"<{n}>", "recipients": "ada@example.org",
             "subject": f"Mail {n}", "body": "Hello", "received_at": AT}
            for n in range(5, 0, -1)
        ]  # fmt: skip
        self.serving = JSONResponse({"status": "ok", "checks": []})
        self.airflow_health = {
            "metadatabase": {"status": "healthy"},
            "scheduler": {"status": "healthy"},
        }
        airflow = Router(
            [
                Route("/auth/token", self.token),
                Route("/health", lambda _: JSONResponse(self.airflow_health)),
                Route("/api/v2/dags", self.dags),
                Route("/api/v2/dags/{dag_id}/details", self.details),
                Route("/api/v2/dags/{dag_id}/dagRuns", self.runs_of),
                Route("/api/v2/dags/{dag_id}/dagRuns", self.start, methods=["POST"]),
                Route("/api/v2/dags/{dag_id}/dagRuns/{run_id}", self.one_run),
                Route("/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances", self.tasks),
                Route(
                    "/api/v2/dags/{dag_id}/dagRuns/{run_id}/taskInstances/{task_id}/logs/1",
                    self.log,
                ),
            ]
        )
        self.app = Starlette(
            routes=[
                Host("airflow", airflow),
                Host("inbox", Router([Route("/inbox/mails", self.inbox)])),
                Host("serving", Router([Route("/readyz", lambda _: self.serving)])),
            ]
        )

    def token(self, _):
        self.tokens.append(f"t{len(self.tokens)}")
        return JSONResponse({"access_token": self.tokens[-1]}, 201)

    def refused(self, request):
        if request.headers["authorization"] != f"Bearer {self.tokens[-1]}":
            return JSONResponse({"detail": "who are you"}, 401)
        return None

    def dags(self, request):
        found = {"dags": [dag("gone"), dag("ingest"), dag("nightly")]}
        return self.refused(request) or JSONResponse(found)

    def details(self, request):
        name = request.path_params["dag_id"]
        if name not in ("ingest", "nightly"):
            return JSONResponse({"detail": "no such dag"}, 404)
        return JSONResponse(dag(name))

    def runs_of(self, request):
        offset, limit = (int(request.query_params[name]) for name in ("offset", "limit"))
        return JSONResponse({"dag_runs": self.runs[offset : offset + limit]})

    def one_run(self, request):
        for each in self.runs:
            if each["dag_run_id"] == request.path_params["run_id"]:
                return JSONResponse(each)
        return JSONResponse({"detail": "no such run"}, 404)

    async def start(self, request):
        body = await request.json()
        if body["conf"].get("to") == "yesterday":
            return JSONResponse({"detail": "'yesterday' is not a date"}, 400)
        self.started.append(body)
        made = run(request.path_params["dag_id"], 4, "queued", conf=body["conf"], note=body["note"])
        return JSONResponse(made)

    def tasks(self, _):
        return JSONResponse(
            {"task_instances": [task("collect", "success"), task("judge", "failed")]}
        )

    def log(self, request):
        lines = [{"event": f"line {n}"} for n in range(100)]
        return JSONResponse(
            {"content": [*lines, {"event": f"FAILED: {request.path_params['task_id']}"}]}
        )

    def inbox(self, request):
        below = int(request.query_params.get("below", 99))
        found = [each for each in self.mails if each["number"] < below]
        return JSONResponse(found[: int(request.query_params["limit"])])
