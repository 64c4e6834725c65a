"""The command line as a whole: a table of contents, help that begins with a verb, one `--json`, errors that say what to do."""

import json
import socket

import click
import pytest
import typer
from typer.testing import CliRunner

from emporium import __main__ as main
from emporium import dag_runs, documents
from emporium.__main__ import app
from emporium.airflow_client import AirflowError
from emporium.ports import free_port

RUNNER = CliRunner()
NOT_VERBS = {"the", "a", "an", "what", "which", "how"}


def commands(group=None, name=()):
    """Every command of the tree, by its words."""
    group = group or typer.main.get_command(app)
    for each, command in sorted(group.commands.items()):
        words = (*name, each)
        if isinstance(command, click.Group) or hasattr(command, "commands"):
            yield from commands(command, words)
        else:
            yield " ".join(words), command


COMMANDS = dict(commands())
by_command = pytest.mark.parametrize("name", COMMANDS)


def ran(home, *words):
    return RUNNER.invoke(app, words, env={"EMPORIUM_HOME": str(home), "COLUMNS": "200"})


def test_help_reads_like_a_table_of_contents():
    shown = RUNNER.invoke(app, ["--help"], env={"COLUMNS": "120"}).output

    places = [shown.index(panel) for panel in main.PANELS]
    assert places == sorted(places)
    assert "--install-completion" in shown


@by_command
def test_help_begins_with_a_verb_and_is_one_sentence(name):
    first = COMMANDS[name].help.splitlines()[0]

    assert first.split()[0].lower() not in NOT_VERBS
    assert first[0].isupper()
    assert first.endswith((".", ":"))


@by_command
def test_every_option_says_what_it_is_for(name):
    silent = [
        each.name
        for each in COMMANDS[name].params
        if each.param_type_name == "option" and not each.help
    ]

    assert silent == []


@by_command
def test_every_command_answers_as_json(name):
    assert any("--json" in each.opts for each in COMMANDS[name].params)


@pytest.mark.parametrize(
    "words",
    [
        ("status",),
        ("backfill", "--from", "2024-05-01", "--to", "2024-05-01"),
        ("trigger", "ingest"),
        ("runs",),
        ("grant", "ann@example.org"),
        ("models", "list"),
    ],
)
def test_without_a_running_platform_it_is_said_how_to_start_one(tmp_path, words):
    found = ran(tmp_path, *words)

    assert found.exit_code == 3
    assert f"nothing runs on {tmp_path}: start it with `emporium up`" in found.output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("backfill", "--from", "1.5.24", "--to", "2024-05-01"), "say it as YYYY-MM-DD"),
        (("trigger", "ingest", "--date", "2024-13-01"), "say it as YYYY-MM-DD"),
        (("backfill", "--from", "2024-05-02", "--to", "2024-05-01"), "is after --to 2024-05-01"),
        (("logs", "nobody"), "no service 'nobody'"),
        (("evaluate", "--interactions", "gone.csv", "--user", "u", "--item", "i"), "no such file"),
        (("search-eval", "--products", "gone.csv", "--judgments", "x.csv"), "no such file"),
        (
            ("forecast", "--sales", "gone.csv", "--series", "p", "--date", "d", "--value", "v"),
            "no such file",
        ),
        (("notebooks", "run"), "`emporium demo` makes some"),
    ],
)
def test_an_error_says_what_to_do_and_fails(tmp_path, words, says):
    found = ran(tmp_path, *words)

    assert found.exit_code in (1, 2)
    assert says in " ".join(found.output.split())
    assert "Traceback" not in found.output


def test_status_tells_of_each_service_also_of_one_that_does_not_speak_http(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as mail:
        urls = {
            "smtp": f"http://127.0.0.1:{mail.getsockname()[1]}",
            "serving": f"http://127.0.0.1:{free_port()}",
        }
        monkeypatch.setattr(main, "running_site", lambda *_: urls)
        found = ran(tmp_path, "status", "--json", "-")

    assert {name: each["answers"] for name, each in json.loads(found.stdout).items()} == {
        "smtp": True,
        "serving": False,
    }
    assert "does not answer: `emporium logs` says why" in found.stderr


def test_json_on_standard_output_stands_alone(tmp_path):
    found = ran(tmp_path, "stop", "--json", "-")

    assert json.loads(found.stdout) == {"home": str(tmp_path), "was_running": False}
    assert found.stderr.strip() == "stopped"


def test_json_in_a_file_leaves_the_messages_where_they_are(tmp_path):
    found = ran(tmp_path, "stop", "--json", str(tmp_path / "answer.json"))

    assert json.loads((tmp_path / "answer.json").read_text())["was_running"] is False
    assert found.stdout.strip() == "stopped"


def test_what_is_no_number_is_null_in_a_document(tmp_path):
    documents.write_document({"a": float("nan")}, tmp_path / "answer.json")

    assert json.loads((tmp_path / "answer.json").read_text()) == {"a": None}


RUN = {
    "dag_id": "ingest",
    "dag_run_id": "manual__1",
    "state": "success",
    "queued_at": "2024-05-01T10:00:00.123Z",
    "run_after": "2024-05-01T10:00:00.123Z",
    "duration": 12.4,
    "conf": {"from": "2024-05-01", "to": "2024-05-01"},
}


class FakeAirflow:
    """An Airflow with one DAG, whose runs are over at once."""

    def __init__(self, state="success"):
        self.state, self.asked = state, []

    def dag_ids(self):
        return {"ingest"}

    def trigger(self, dag, conf):
        self.asked.append((dag, conf))
        return "manual__1"

    def run(self, dag, run_id):
        return {**RUN, "state": self.state}

    def latest(self, dag, limit):
        return [self.run(dag, "")][:limit]

    def tasks_of(self, dag, run_id):
        return [{"dag_id": dag, "task_id": "ingest", "state": self.state}]

    def log(self, task):
        return ["no such column"]


@pytest.fixture
def airflow(monkeypatch):
    fake = FakeAirflow()
    monkeypatch.setattr(dag_runs, "running_site", lambda *_: {"airflow-api": ""})
    monkeypatch.setattr(dag_runs, "connect", lambda _: fake)
    return fake


def test_a_dag_is_started_for_a_day_and_waited_for(tmp_path, airflow):
    found = ran(tmp_path, "trigger", "ingest", "--date", "2024-05-01", "--wait", "--json", "-")

    assert airflow.asked == [("ingest", {"from": "2024-05-01", "to": "2024-05-01"})]
    assert json.loads(found.stdout)["state"] == "success"
    assert "ingest: success after 12 s" in found.stderr


def test_a_run_that_fails_fails_the_command_with_the_log(tmp_path, airflow):
    airflow.state = "failed"

    found = ran(tmp_path, "trigger", "ingest", "--wait")

    assert found.exit_code == 1
    assert "ingest.ingest failed:\nno such column" in found.output


def test_a_dag_that_is_not_there_is_told_with_those_that_are(tmp_path, airflow):
    found = ran(tmp_path, "trigger", "ingets")

    assert found.exit_code == 1
    assert "no DAG 'ingets': one of ingest" in found.output


def test_runs_are_listed(tmp_path, airflow):
    found = ran(tmp_path, "runs", "--json", "-")

    assert json.loads(found.stdout)[0]["queued_at"] == "2024-05-01T10:00:00"
    assert "success" in found.stderr


def test_an_airflow_that_refuses_is_told(tmp_path, airflow, monkeypatch):
    def refuse(*_):
        raise AirflowError("ingest: 409 already there")

    monkeypatch.setattr(airflow, "trigger", refuse, raising=False)

    found = ran(tmp_path, "trigger", "ingest")

    assert found.exit_code == 1
    assert "FAILED: ingest: 409 already there" in found.output


def test_views_of_features_are_told_as_json(tmp_path):
    found = ran(tmp_path, "features", "list", "--json", "-")

    views = {each["name"]: each for each in json.loads(found.stdout)}
    assert views["product_features"]["keys"] == ["product_id"]
    assert "product_features" in found.stderr
