"""Models as operators see, promote and roll them back, with a registry in a file."""

import httpx2
import pytest

from emporium.ports import free_port
from models import registry
from operations.app import create_app
from operations.models_router import warm_up
from operations.settings import Settings
from tests.unit.operations.conftest import SECRET, token

MODEL = "recommender"


@pytest.fixture(scope="module")
def tracking_uri(tmp_path_factory):
    """Three versions, of which the second serves and the first did before."""
    folder = tmp_path_factory.mktemp("mlflow")
    uri = f"sqlite:///{folder}/mlflow.db"
    artifacts = folder / "artifacts"
    artifacts.mkdir()
    for day in (1, 2, 3):
        figures = {"als_ndcg": day / 10, "nothing": float("nan")}
        record = registry.TrainingRecord("c", "d", f"2026-03-0{day}", {"method": "als"}, figures)
        run_id = registry.log_run(uri, MODEL, record, None)
        registry.register(uri, MODEL, run_id, f"gate of {day}", f"# Version {day}")
        if day < 3:
            registry.promote(uri, MODEL, str(day), "better")
    return uri


@pytest.fixture
async def ask(tracking_uri, tmp_path):
    settings = Settings(
        home=tmp_path, token_secret=SECRET, mlflow_url=tracking_uri, log_level="ERROR"
    )
    transport = httpx2.ASGITransport(create_app(settings))
    async with httpx2.AsyncClient(transport=transport, base_url="http://operations") as client:

        async def asked(method, path, **more):
            headers = {"Authorization": f"Bearer {token('ops')}"}
            return await client.request(
                method, f"/api/v1/operations/models{path}", headers=headers, **more
            )

        yield asked


async def test_models_are_seen_promoted_and_rolled_back(ask, tracking_uri):
    """One test: each step stands on the one before."""
    [model] = (await ask("GET", "")).json()["models"]
    assert model == {"name": MODEL, "champion": "2", "challenger": "3", "previous": "1"}

    page = (await ask("GET", f"/{MODEL}?limit=2")).json()
    assert [each["version"] for each in page["versions"]] == ["3", "2"]
    assert page["versions"][0]["metrics"] == {"als_ndcg": 0.3}
    assert page["versions"][0]["gate"] == "gate of 3"
    rest = (await ask("GET", f"/{MODEL}?limit=2&cursor={page['next_cursor']}")).json()
    assert [each["version"] for each in rest["versions"]] == ["1"]
    assert rest["next_cursor"] is None

    wish = {"version": "3", "reason": "looks better", "champion": "1"}
    late = await ask("POST", f"/{MODEL}/promote", json=wish)
    assert (late.status_code, late.json()["type"]) == (409, "/problems/champion-changed")

    done = await ask("POST", f"/{MODEL}/promote", json={**wish, "champion": "2"})
    assert (done.json()["champion"], done.json()["previous"]) == ("3", "2")
    promoted = (await ask("GET", f"/{MODEL}/versions/3")).json()["promoted"]
    assert promoted == "by hand: looks better (operator 7)"

    back = {"reason": "clicks fell", "champion": "3"}
    assert (await ask("POST", f"/{MODEL}/roll-back", json=back)).json()["champion"] == "2"
    again = await ask("POST", f"/{MODEL}/roll-back", json=back)
    assert again.status_code == 409
    assert registry.champion_version(tracking_uri, MODEL) == "2"


async def test_a_registry_that_does_not_answer_is_told_and_stops_no_start(tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    nobody = f"http://127.0.0.1:{free_port()}"
    settings = Settings(home=tmp_path, token_secret=SECRET, mlflow_url=nobody, log_level="ERROR")

    await warm_up(settings)

    transport = httpx2.ASGITransport(create_app(settings))
    async with httpx2.AsyncClient(transport=transport, base_url="http://operations") as client:
        headers = {"Authorization": f"Bearer {token('ops')}"}
        answer = await client.get("/api/v1/operations/models", headers=headers)
    assert answer.status_code == 503
    assert "MLflow does not answer" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nobody", None, 404),
        ("GET", f"/{MODEL}/versions/99", None, 404),
        ("GET", f"/{MODEL}/versions/first", None, 422),
        ("POST", f"/{MODEL}/promote", {"version": "99", "reason": "x", "champion": "2"}, 404),
        ("POST", f"/{MODEL}/promote", {"version": "1", "reason": "", "champion": "2"}, 422),
        ("POST", f"/{MODEL}/roll-back", {"reason": "x"}, 422),
    ],
)
async def test_what_cannot_be_done_is_a_problem(ask, method, path, body, status):
    answer = await ask(method, path, json=body)

    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
