"""The champion of a real registry, fetched and swapped (serving.recommendations.model)."""

import dataclasses

import httpx2
import numpy as np
import pytest
from scipy.sparse import csr_matrix

from models import registry
from models.bundle import Bundle
from serving.app import create_app
from serving.recommendations.model import MODEL, Registry
from tests.live.serving.conftest import N_PRODUCTS, until

pytestmark = pytest.mark.live
N_USERS = 3


def bundle_by_hand():
    """A content model by hand: user n (from 1) wants item n + 1 most, has dealt with item n."""
    n_items = N_PRODUCTS
    places = np.arange(N_USERS)
    wants = np.zeros((N_USERS, n_items), np.float32)
    wants[places, places + 1] = 1
    seen = csr_matrix((np.ones(N_USERS), (places, places)), shape=(N_USERS, n_items))
    nothing = np.zeros((n_items, 1), np.float32)
    values = {field.name: nothing for field in dataclasses.fields(Bundle)} | {
        "user_ids": places + 1,
        "item_ids": np.arange(n_items) + 1,
        "content_users": wants,
        "content_items": np.eye(n_items, dtype=np.float32),
        "seen_starts": seen.indptr.astype(np.int64),
        "seen_items": seen.indices.astype(np.int64),
        "metadata": {"method": "content", "params": {"als_alpha": 1.0, "als_regularization": 1.0}},
    }
    return Bundle(**values)


def train_and_promote(uri, folder, date, bundle=None):
    (bundle or bundle_by_hand()).save(folder / "model")
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
    broken = dataclasses.replace(bundle_by_hand(), als_users=np.zeros((0, 0), np.float32))
    version = train_and_promote(tracking_uri, tmp_path / "run", "2026-01-31", broken)

    with pytest.raises(IndexError):
        Registry(tracking_uri, tmp_path / "models").load(version)


def test_only_the_newest_versions_are_kept(tracking_uri, tmp_path):
    source = Registry(tracking_uri, tmp_path / "models")
    versions = []
    for _ in range(5):
        versions.append(train_and_promote(tracking_uri, tmp_path / "run", "2026-01-31"))
        recommender = source.load(versions[-1])

    assert recommender.similar(1, 2) != []
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == versions[-3:]
