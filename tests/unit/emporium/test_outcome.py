"""What a run prints and keeps (emporium.outcome, emporium.data, emporium.pipeline_run)."""

import datetime as dt
import io
import json

import pytest
from rich.console import Console

from emporium import data, outcome
from emporium.databases import SetupError
from emporium.pipeline_run import CHAIN, Days, Progress, observe
from emporium.services import plan
from emporium.settings import Settings

MAY_3 = dt.date(2024, 5, 3)


def report(folder, job, figures):
    (folder / job).mkdir(parents=True)
    (folder / job / f"{MAY_3}.json").write_text(json.dumps(figures))


def test_the_reports_of_a_day_are_gathered(tmp_path):
    report(tmp_path, "ingest", {"order_lines": {"n_rows": 3}})

    assert outcome.read_reports(tmp_path, MAY_3) == {"ingest": {"order_lines": {"n_rows": 3}}}
    assert outcome.read_reports(tmp_path, dt.date(2024, 5, 4)) == {}


def test_figures_are_printed_with_their_names_and_thousands():
    order_lines = {"n_rows": 1234567, "n_validated": 1234560, "quarantined": {"kind: missing": 7}}
    models = {"popularity": {"ndcg": 0.0504}, "als": {"ndcg": 0.0851}}
    figures = {
        "reports": {
            "ingest": {"order_lines": order_lines},
            "train_recommendations": {"models": models, "gate": "promoted"},
        },
        "seconds": {"dags": 12.34},
        "peak_memory_gb": 3.21,
    }
    page = io.StringIO()

    outcome.show(Console(file=page, width=100), figures)

    for words in ("1,234,567", "1,234,560", "7 kind: missing", "0.0851", "promoted", "3.21 GB"):
        assert words in page.getvalue()


def test_tables_of_models_are_taken_out_of_a_report_wherever_they_are():
    before, holdout = {"als": {"ndcg": 0.07}}, {"als": {"ndcg": 0.08}}
    report = {"chosen_on": {"n_users": 5, "models": before}, "gate": "promoted", "models": holdout}

    rest, matrices = outcome.taken_apart("train", report)

    assert rest == {"chosen_on · n_users": 5, "gate": "promoted"}
    assert matrices == [("train", holdout), ("train · chosen_on", before)]


def test_a_chain_is_done_when_every_dag_ended_or_one_task_failed():
    running = Progress([{"state": "running"}], frozenset({"ingest"}))
    failed = Progress([{"state": "failed"}], frozenset())
    ended = Progress([{"state": "success"}], frozenset(CHAIN))

    assert (running.done, failed.done, ended.done) == (False, True, True)


class Airflow:
    """Answers with these runs and tasks, each a tuple of its DAG's id and more."""

    def __init__(self, runs, tasks):
        self.found = runs, tasks

    def runs(self, since):
        return [dict(zip(("dag_id", "state"), run, strict=True)) for run in self.found[0]]

    def tasks(self, since):
        names = ("dag_id", "task_id", "state", "start_date")
        return [dict(zip(names, task, strict=True)) for task in self.found[1]]


def test_a_chains_progress_is_its_tasks_in_order_and_the_dags_whose_runs_all_ended():
    airflow = Airflow(
        [("ingest", "success"), ("build_features", "success"), ("build_features", "running")],
        [
            ("build_features", "build_lists", None, None),
            ("build_features", "build_daily_facts", "success", "2024-05-03T10:00"),
            ("nightly", "start", "running", "2024-05-03T09:00"),
            ("ingest", "ingest", "success", "2024-05-03T11:00"),
        ],
    )

    found = observe(airflow, "2024-05-03T08:00")

    names = [task["task_id"] for task in found.tasks]
    assert names == ["ingest", "build_daily_facts", "build_lists"]
    assert found.finished_dags == {"ingest"}
    assert found.has_done("build_features", "build_daily_facts")
    assert not found.has_done("build_features", "build_lists")


def test_the_days_of_a_run_are_its_configuration():
    days = Days(dt.date(2024, 1, 1), MAY_3, dt.date(2024, 4, 6), MAY_3)

    assert days.conf() == {
        "from": "2024-01-01",
        "to": "2024-05-03",
        "features_from": "2024-04-06",
        "pictures_from": "2024-05-03",
        "features_every": 1,
    }


def wanted(name, **options):
    return data.Wanted(name=name, **options)


def load(want, home):
    return data.load(want, home, MAY_3, {}, lambda line: None)


def test_an_unknown_data_set_is_refused_with_the_names_there_are(tmp_path):
    with pytest.raises(SetupError, match="simulator, online-retail, olist, clickstream"):
        load(wanted("offline-retail"), tmp_path)


def test_a_data_set_of_files_needs_their_folder(tmp_path):
    with pytest.raises(SetupError, match="DATA_DIR"):
        load(wanted("olist"), tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SetupError, match=str(tmp_path)):
        load(wanted("olist", data_dir=tmp_path), tmp_path)


def test_a_home_keeps_to_one_data_set(tmp_path):
    (tmp_path / "data.json").write_text(
        '{"name": "simulator", "first_day": "2024-01-01", "last_day": "2024-05-03"}'
    )

    assert load(wanted("simulator"), tmp_path).last_day == MAY_3
    with pytest.raises(SetupError, match="EMPORIUM_HOME"):
        load(wanted("olist", data_dir=tmp_path), tmp_path)


def test_given_servers_are_used_and_none_is_embedded(tmp_path):
    settings = Settings(
        emporium_home=tmp_path,
        database_url="postgresql://me@db.example:5432/shop",
        redis_url="redis://cache.example:6379/0",
    )

    site = plan(settings, "v1")

    assert site.embedded == ()
    assert site.airflow_database_url == "postgresql://me@db.example:5432/shop_airflow"
    assert site.redis_url == "redis://cache.example:6379/0"


def test_without_given_servers_both_are_embedded(tmp_path):
    site = plan(Settings(emporium_home=tmp_path, database_url="", redis_url=""), "v1")

    assert site.embedded == ("postgres", "redis")
    assert site.database_url.endswith("/shop")
