"""Reports, health and mails as operators see them."""

import json
import os

import pytest
from starlette.responses import JSONResponse


async def test_reports_are_listed_by_folder_the_newest_first(ask, tmp_path):
    for path in ("ingest/2026-03-01.json", "ingest/2026-03-02.json", "models/search.html"):
        (tmp_path / "reports" / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "reports" / path).write_text("{}")
    (tmp_path / "reports/ingest/2026-03-03.12.tmp").write_text("half")

    groups = (await ask("GET", "/reports?n=1")).json()["groups"]

    assert [(each["name"], each["n_files"]) for each in groups] == [("ingest", 2), ("models", 1)]
    assert [each["path"] for each in groups[0]["files"]] == ["ingest/2026-03-02.json"]


async def test_a_report_is_sent_where_it_can_run_nothing(ask, tmp_path):
    (tmp_path / "reports/models").mkdir(parents=True)
    (tmp_path / "reports/models/search.html").write_text("<script>alert(1)</script>")

    answer = await ask("GET", "/reports/models/search.html")

    assert answer.text == "<script>alert(1)</script>"
    assert answer.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize(
    "path",
    ["models/..%2f..%2fsecrets.json", "..%2fsecrets.json", "models/none.html", "models/search.py"],
)
async def test_no_other_file_is_sent(ask, tmp_path, path):
    (tmp_path / "reports/models").mkdir(parents=True)
    (tmp_path / "secrets.json").write_text("{}")

    assert (await ask("GET", f"/reports/{path}")).status_code in (404, 422)


async def test_every_service_says_how_it_is(ask, network, tmp_path):
    network.serving = JSONResponse({"detail": "Not ready. redis: no answer"}, 503)
    network.airflow_health["scheduler"]["status"] = "unhealthy"
    (tmp_path / "run").mkdir()
    pids = {"worker": os.getpid(), "landing": 2**22 + 1, "serving": os.getpid()}
    (tmp_path / "run/state.json").write_text(json.dumps({"pids": pids}))

    services = (await ask("GET", "/health")).json()["services"]

    assert [(each["name"], each["state"], each["detail"]) for each in services] == [
        ("airflow-api", "not_ready", "not healthy: scheduler"),
        ("landing", "gone", "the process has ended; the supervisor starts it again"),
        ("serving", "not_ready", "Not ready. redis: no answer"),
        ("worker", "running", ""),
    ]


async def test_who_answers_is_ready(ask):
    services = (await ask("GET", "/health")).json()["services"]

    assert {each["name"]: each["state"] for each in services} == {
        "airflow-api": "ready",
        "serving": "ready",
    }


async def test_mails_are_paged_the_newest_first(ask):
    first = (await ask("GET", "/mails?limit=3")).json()
    last = (await ask("GET", f"/mails?limit=3&cursor={first['next_cursor']}")).json()

    assert [each["number"] for each in first["mails"]] == [5, 4, 3]
    assert [each["number"] for each in last["mails"]] == [2, 1]
    assert last["next_cursor"] is None


async def test_a_shop_with_a_mail_server_has_no_inbox(ask, settings):
    object.__setattr__(settings, "inbox_url", "")

    answer = await ask("GET", "/mails")

    assert answer.status_code == 404
    assert "mail server" in answer.json()["detail"]
