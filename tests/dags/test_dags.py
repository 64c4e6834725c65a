"""Every DAG loads, says what it is for, stays thin, and knows which days a run is for."""

import ast
import datetime as dt
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).parents[2]
DAG_FILES = sorted(
    path for path in (ROOT / "dags").glob("*.py") if path.stem not in ("__init__", "common")
)
MAX_LINES_BESIDE_DOCSTRING = 60
JOB_DAGS = [path for path in DAG_FILES if path.stem != "nightly"]


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """What Airflow's own DagBag says of the folder, read in a process with a home of its own."""
    code = """
import json, sys
from airflow.api_fastapi.core_api.datamodels.dag_run import DAGRunResponse
from airflow.dag_processing.dagbag import DagBag
bag = DagBag(sys.argv[1])
print("@@" + json.dumps({
    "run": list(DAGRunResponse.model_fields),
    "errors": {str(k): str(v) for k, v in bag.import_errors.items()},
    "dags": {dag.dag_id: {
        "doc": dag.doc_md or "",
        "tags": sorted(dag.tags),
        "catchup": dag.catchup,
        "max_active_runs": dag.max_active_runs,
        "deadlines": [each.callback.path for each in dag.deadline],
        "tasks": {t.task_id: {
            "owner": t.owner,
            "retries": t.retries,
            "timeout": bool(t.execution_timeout),
            "downstream": sorted(t.downstream_task_ids),
            "outlets": [o.name for o in t.outlets],
        } for t in dag.tasks},
        "assets": [asset.name for asset in getattr(
            getattr(dag.timetable, "asset_condition", None), "objects", []
        )],
    } for dag in bag.dags.values()},
}))
"""
    home = tmp_path_factory.mktemp("airflow")
    env = {**os.environ, "AIRFLOW_HOME": str(home), "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(ROOT / "dags")],
        env=env, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    import json

    [line] = [line for line in done.stdout.splitlines() if line.startswith("@@")]
    return json.loads(line[2:])


def test_every_dag_file_loads(described):
    assert described["errors"] == {}
    assert set(described["dags"]) == {path.stem for path in DAG_FILES}


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.stem)
def test_a_file_is_mostly_its_docstring(path):
    source = path.read_text()
    docstring = ast.get_docstring(ast.parse(source), clean=False)
    assert docstring
    assert len(source.splitlines()) - len(docstring.splitlines()) <= MAX_LINES_BESIDE_DOCSTRING


def test_every_dag_is_documented_tagged_and_runs_one_at_a_time(described):
    for name, dag in described["dags"].items():
        assert "**If it fails" in dag["doc"], name
        assert dag["tags"], name
        assert dag["catchup"] is False, name
        assert dag["max_active_runs"] == 1, name


def test_operators_are_told_of_a_run_that_is_late(described):
    from importlib import import_module

    for name, dag in described["dags"].items():
        [path] = dag["deadlines"]
        module, _, function = path.rpartition(".")
        assert callable(getattr(import_module(module), function)), name
    assert {"dag_id", "dag_run_id", "run_after"} <= set(described["run"])  # what it is told


def test_every_task_is_owned_and_patient(described):
    for dag in described["dags"].values():
        for name, task in dag["tasks"].items():
            assert task["owner"] == "data-platform", name
            assert task["retries"] <= 3, name
            assert task["timeout"], name


def test_assets_chain_the_dags(described):
    waits_for = {name: dag["assets"] for name, dag in described["dags"].items()}
    gives = {
        name: [o for task in dag["tasks"].values() for o in task["outlets"]]
        for name, dag in described["dags"].items()
    }

    assert waits_for == {
        "nightly": [],
        "ingest": [],
        "build_features": ["validated_logs"],
        "build_search_index": ["features"],
        "train_search_ranker": ["search_index"],
        "train_recommendations": ["features"],
        "forecast_demand": ["features"],
        "plan_purchases": ["forecasts"],
        "analyse_experiments": ["validated_logs"],
        "forget_answers": ["validated_logs"],
        "reconcile_shop": ["validated_logs"],
        "watch_quality": ["features"],
    }
    assert gives == {
        "nightly": [],
        "ingest": ["validated_logs"],
        "build_features": ["features"],
        "build_search_index": ["search_index"],
        "train_search_ranker": ["search_ranker"],
        "train_recommendations": ["recommender"],
        "forecast_demand": ["forecasts"],
        "plan_purchases": ["purchases"],
        "analyse_experiments": ["experiments"],
        "forget_answers": [],
        "reconcile_shop": [],
        "watch_quality": [],
    }


def test_every_task_of_a_job_dag_is_a_job(described):
    tasks = {t for p in JOB_DAGS for t in described["dags"][p.stem]["tasks"]}

    assert {name for name in tasks if not (ROOT / "jobs" / f"{name}.py").exists()} == set()


def test_reading_the_dags_imports_no_heavy_library():
    heavy = ["pyspark", "pandas", "mlflow", "implicit", "sklearn"]
    code = "import sys\n" + "\n".join(f"import dags.{path.stem}" for path in DAG_FILES)
    code += f"\nprint([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout.splitlines()[-1] == "[]"


def run_of(conf=None, logical_date=None, run_after="2024-05-04T09:00:00+00:00"):
    return SimpleNamespace(
        conf=conf,
        logical_date=logical_date and dt.datetime.fromisoformat(logical_date),
        run_after=dt.datetime.fromisoformat(run_after),
    )


def handed_on(*days):
    return {"asset": [SimpleNamespace(extra=extra) for extra in days]}


@pytest.mark.parametrize(
    ("run", "events", "first", "last", "features_first"),
    [
        # asked for by hand
        (run_of({"from": "2024-05-01", "to": "2024-05-03"}), {}, "2024-05-01", "2024-05-03", "2024-05-01"),
        (
            run_of({"from": "2024-01-01", "to": "2024-05-03", "features_from": "2024-04-01"}),
            {}, "2024-01-01", "2024-05-03", "2024-04-01",
        ),
        # handed on by one asset event, then by two at once: all their days
        (run_of(), handed_on({"from": "2024-05-01", "to": "2024-05-02"}), "2024-05-01", "2024-05-02", "2024-05-01"),
        (
            run_of(),
            handed_on({"from": "2024-05-01", "to": "2024-05-01"}, {"from": "2024-05-02", "to": "2024-05-02"}),
            "2024-05-01", "2024-05-02", "2024-05-01",
        ),
        # by the schedule: its interval's day; by hand with nothing said: yesterday
        (run_of(logical_date="2024-05-02T00:30:00+00:00"), {}, "2024-05-02", "2024-05-02", "2024-05-02"),
        (run_of(), {}, "2024-05-03", "2024-05-03", "2024-05-03"),
    ],
)  # fmt: skip
def test_the_days_of_a_run(run, events, first, last, features_first):
    from dags.common import day

    assert day("from", run, events) == first
    assert day("to", run, events) == last
    assert day("features_from", run, events) == features_first
