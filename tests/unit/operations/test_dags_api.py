"""DAGs as operators see and start them."""

import pytest


async def test_all_dags_are_told_with_their_runs(ask, settings):
    told = (await ask("GET", "/dags")).json()

    assert [each["dag_id"] for each in told["dags"]] == ["ingest", "nightly"]
    assert [each["state"] for each in told["dags"][0]["runs"]] == ["running", "failed", "success"]
    assert told["page_url"] == "http://airflow"


async def test_runs_are_paged(ask):
    first = (await ask("GET", "/dags/ingest?limit=2")).json()
    last = (await ask("GET", f"/dags/ingest?limit=2&cursor={first['next_cursor']}")).json()

    assert [each["run_id"] for each in first["runs"]] == ["manual__3", "manual__2"]
    assert [each["run_id"] for each in last["runs"]] == ["manual__1"]
    assert last["next_cursor"] is None
    assert first["parameters"]["to"]["format"] == "date"


async def test_a_failed_run_tells_how_the_log_of_its_failed_task_ends(ask):
    told = (await ask("GET", "/dags/ingest/runs/manual__2")).json()

    assert [each["state"] for each in told["tasks"]] == ["success", "failed"]
    assert told["log"][-1] == "FAILED: judge"
    assert len(told["log"]) == 60


async def test_a_run_is_started_in_the_operators_name(ask, network):
    answer = await ask("POST", "/dags/ingest/runs", json={"parameters": {"to": "2026-02-28"}})

    assert answer.status_code == 201
    [body] = network.started
    assert body["conf"] == {"to": "2026-02-28"}
    assert body["note"] == "started by operator 7"


@pytest.mark.parametrize(
    ("path", "body", "status", "words"),
    [
        ("/dags/ingest/runs", {"parameters": {"until": "x"}}, 422, "takes no until"),
        ("/dags/ingest/runs", {"parameters": {"to": "yesterday"}}, 422, "is not a date"),
        ("/dags/nowhere/runs", {}, 404, "lists DAGs"),
        ("/dags/ingest/runs", {"conf": {}}, 422, "Correct these fields"),
        ("/dags/in%2Fgest/runs", {}, 404, "nothing at this path"),
    ],
)
async def test_what_airflow_would_not_run_is_refused(ask, network, path, body, status, words):
    answer = await ask("POST", path, json=body)

    assert answer.status_code == status
    assert words in answer.json()["detail"]
    assert network.started == []


async def test_a_token_that_ran_out_is_asked_for_anew(ask, network):
    await ask("GET", "/dags")
    network.tokens.append("another")  # Airflow was started anew: the one we have is refused

    assert (await ask("GET", "/dags")).status_code == 200
    assert len(network.tokens) == 3


async def test_an_airflow_that_does_not_answer_is_told(ask, network):
    network.app.router.routes.clear()

    answer = await ask("GET", "/dags")

    assert answer.status_code == 503
    assert "Airflow" in answer.json()["detail"]
