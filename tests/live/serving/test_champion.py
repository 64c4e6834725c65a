"""The champion of a real registry, fetched and swapped (serving.recommendations.model)."""

import httpx2
import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.preprocessing import normalize

from models import registry
from models.bundle import Bundle, Past
from models.ranking.second_stage import SingleOrder
from models.recommender import USER_COLUMNS
from models.retrieval.content import ContentRetriever
from models.retrieval.items import Items
from models.retrieval.popularity import PopularityRetriever
from serving.app import create_app
from serving.recommendations.model import MODEL, Registry
from tests.live.serving.conftest import N_PRODUCTS, until
from tests.unit.models.logs import of_matrix

pytestmark = pytest.mark.live
N_USERS = 3


def bundle_by_hand():
    """A content model by hand: an item is like its neighbours; user n has dealt with items 1 to n."""
    vectors = np.eye(N_PRODUCTS, N_PRODUCTS + 1, dtype=np.float32)
    vectors += 0.5 * np.eye(N_PRODUCTS, N_PRODUCTS + 1, k=1, dtype=np.float32)
    content = ContentRetriever()
    content.item_vectors_ = normalize(vectors)
    had = csr_matrix(np.tril(np.ones((N_USERS, N_PRODUCTS), np.float32)))
    log = of_matrix(had)
    past = Past(
        user_ids=np.arange(N_USERS) + 1,
        item_ids=np.arange(N_PRODUCTS) + 1,
        histories=log,
        seen=had,
        user_features=np.full((N_USERS, len(USER_COLUMNS)), np.nan, np.float32),
    )
    popularity = PopularityRetriever().fit(log, Items.unknown(N_PRODUCTS))
    return Bundle(past, [content], SingleOrder(0), content, popularity, 20, {})


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
    broken = bundle_by_hand()
    broken.content.item_vectors_ = np.zeros((0, 0), np.float32)
    version = train_and_promote(tracking_uri, tmp_path / "run", "2026-01-31", broken)

    with pytest.raises(ValueError, match="dimension"):
        Registry(tracking_uri, tmp_path / "models").load(version)


def test_only_the_newest_versions_are_kept(tracking_uri, tmp_path):
    source = Registry(tracking_uri, tmp_path / "models")
    versions = []
    for _ in range(5):
        versions.append(train_and_promote(tracking_uri, tmp_path / "run", "2026-01-31"))
        recommender = source.load(versions[-1])

    assert recommender.similar(1, 2) != []
    assert sorted(path.name for path in (tmp_path / "models").iterdir()) == versions[-3:]
