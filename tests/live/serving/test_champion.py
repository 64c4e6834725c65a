"""The champion of a real registry, fetched and swapped (serving.recommendations.model)."""

import httpx2
import pytest

from models import registry
from serving.app import create_app
from serving.recommendations.model import MODEL, Registry
from tests.live.serving.conftest import until
from tests.unit.serving.shop_by_hand import links, model

pytestmark = pytest.mark.live


def by_hand():
    """Customer 2 is offered product 3."""
    return model({2: [3]}, {2: [9]}, links(), links(_1=[2]))


def train_and_promote(uri, folder, date, recommender=None):
    (recommender or by_hand()).save(folder / "model")
    record = registry.TrainingRecord(code_version="c", data_version="d", date=date)
    run_id = registry.log_run(uri, MODEL, record, folder)
    version = registry.register(uri, MODEL, run_id)
    registry.promote(uri, MODEL, version, "better")
    return version


@pytest.fixture
def tracking_uri(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # without a server, artifacts go below the working directory
    return f"sqlite:///{tmp_path}/mlflow.db"


async def test_the_champion_answers_and_the_next_one_takes_over(
    tracking_uri, serving_settings, shelf, tmp_path
):
    shelf.publish_index()
    settings = serving_settings.model_copy(update={"mlflow_tracking_uri": tracking_uri})
    app = create_app(settings)
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://serving")
    params = {"type": "for_you", "customer_id": 2, "limit": 1}

    async def answered_by(version):
        answer = await client.get("/api/v1/recommendations", params=params)
        return answer.status_code == 200 and answer.json()["model_version"] == version

    async with app.router.lifespan_context(app), client:
        await until(lambda: answered_by(None))
        first = train_and_promote(tracking_uri, tmp_path / "run", "2026-01-31")
        await until(lambda: answered_by(first))
        answer = (await client.get("/api/v1/recommendations", params=params)).json()
        second = train_and_promote(tracking_uri, tmp_path / "run", "2026-02-01")
        await until(lambda: answered_by(second))

    assert [(item["product_id"], item["source"]) for item in answer["items"]] == [(3, "model")]
    assert first != second


def test_a_champion_that_cannot_answer_does_not_load(tracking_uri, tmp_path):
    broken = by_hand()
    broken.alike.items.resize((0, 3), refcheck=False)
    version = train_and_promote(tracking_uri, tmp_path / "run", "2026-01-31", broken)

    with pytest.raises(IndexError):
        Registry(tracking_uri, tmp_path / "models").load(version)


def test_only_the_newest_versions_are_kept(tracking_uri, tmp_path):
    source = Registry(tracking_uri, tmp_path / "models")
    versions = []
    for _ in range(5):
        versions.append(train_and_promote(tracking_uri, tmp_path / "run", "2026-01-31"))
        recommender = source.load(versions[-1])

    assert recommender.similar(1)[0].tolist() == [2]
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == versions[-3:]
