"""Migrations, health, metrics and problem documents of the shop."""

import re
from collections import Counter

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from prometheus_client.parser import text_string_to_metric_families

from emporium.ports import free_port
from tests.live.transactional.conftest import client_of, running
from transactional.migrations import downgrade, upgrade
from transactional.migrations.tables import metadata

pytestmark = pytest.mark.live


@pytest.fixture
def empty(database_url):
    engine = sa.create_engine(database_url.replace("postgresql:", "postgresql+psycopg2:"))
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.mark.filterwarnings("ignore:Did not recognize type 'xid8'")
def test_the_migrations_make_the_tables_that_the_models_declare(database_url, empty):
    upgrade(database_url)

    partitions = set(empty.scalars(sa.text("select inhrelid::regclass::text from pg_inherits")))

    def is_ours(thing, name, type_, *_):
        refers_to_partition = (
            type_ == "foreign_key_constraint" and thing.referred_table.name in partitions
        )
        return name not in partitions and not refers_to_partition

    options = {"compare_type": True, "include_object": is_ours}
    differences = compare_metadata(MigrationContext.configure(empty, opts=options), metadata)

    assert differences == []


def test_down_takes_everything_away_and_up_works_again(database_url, empty):
    upgrade(database_url)
    downgrade(database_url)

    left = sa.inspect(empty).get_table_names()
    empty.rollback()
    upgrade(database_url)

    assert left == ["alembic_version"]
    assert "orders" in sa.inspect(empty).get_table_names()


def test_upgrading_twice_changes_nothing(database_url, empty):
    upgrade(database_url)
    upgrade(database_url)

    assert "payments" in sa.inspect(empty).get_table_names()


def test_the_outbox_has_the_shape_that_its_readers_were_promised(database_url, empty):
    upgrade(database_url)

    columns = empty.execute(
        sa.text(
            "select column_name, data_type from information_schema.columns"
            " where table_name = 'outbox' order by ordinal_position"
        )
    )

    assert [tuple(column) for column in columns] == [
        ("position", "bigint"),
        ("transaction_id", "xid8"),
        ("event_id", "text"),
        ("topic", "text"),
        ("key", "text"),
        ("body", "jsonb"),
        ("recorded_at", "timestamp with time zone"),
    ]


async def test_it_is_ready_once_migrated(client):
    assert (await client.get("/healthz")).json()["status"] == "ok"
    assert (await client.get("/readyz")).json()["checks"] == ["database", "redis"]


async def test_an_empty_database_is_not_ready_and_says_what_to_run(settings):
    async with running(settings) as app, client_of(app) as client:
        ready = await client.get("/readyz")

    assert ready.status_code == 503
    assert "python -m transactional.migrations upgrade" in ready.json()["detail"]


async def test_without_a_database_it_lives_and_answers_503(settings):
    url = f"postgresql://emporium@127.0.0.1:{free_port()}/shop"
    async with (
        running(settings.model_copy(update={"database_url": url})) as app,
        client_of(app) as client,
    ):
        alive = await client.get("/healthz")
        ready = await client.get("/readyz")
        product = await client.get("/api/v1/catalogue/products/1")

    assert (alive.status_code, ready.status_code) == (200, 503)
    assert [error["field"] for error in ready.json()["errors"]] == ["database"]
    assert (product.status_code, product.headers["Retry-After"]) == (503, "2")


async def test_metrics_count_by_route_template(client):
    before = n_requests_by_route((await client.get("/metrics")).text)
    for product_id in (1, 2, 3):
        await client.get(f"/api/v1/catalogue/products/{product_id}")
    await client.get("/nowhere")

    after = n_requests_by_route((await client.get("/metrics")).text)

    assert dict(after - before) == {
        ("/api/v1/catalogue/products/{product_id}", "404"): 3,
        ("unmatched", "404"): 1,
        ("/metrics", "200"): 1,
    }


def n_requests_by_route(metrics):
    families = text_string_to_metric_families(metrics)
    (requests,) = (family for family in families if family.name == "http_requests")
    counted = Counter()
    for sample in requests.samples:
        if sample.name == "http_requests_total":  # one for each method, too
            counted[sample.labels["route"], sample.labels["status"]] += int(sample.value)
    return counted


@pytest.mark.parametrize(
    ("method", "path", "status", "type_"),
    [
        ("GET", "/nowhere", 404, "/problems/not-found"),
        ("DELETE", "/api/v1/orders", 405, "/problems/method-not-allowed"),
        ("GET", "/api/v1/catalogue/products/0", 422, "/problems/invalid-request"),
    ],
)
async def test_every_error_is_a_problem_document(client, method, path, status, type_):
    answer = await client.request(method, path)

    assert (answer.status_code, answer.json()["type"]) == (status, type_)
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status
    assert answer.headers["X-Request-ID"]


async def test_a_fault_of_ours_is_a_problem_without_its_cause(app, client, stocked):
    await stocked({1: 5})
    del app.state.currency  # a bug, planted

    answer = await client.get("/api/v1/catalogue/products/1", headers={"X-Request-ID": "abc-1"})

    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/internal-error")
    assert "abc-1" in answer.json()["detail"]
    assert "currency" not in answer.text


async def test_what_fails_at_the_commit_is_never_answered_as_done(client, database):
    database.execute(
        sa.text(
            "create function refuse() returns trigger language plpgsql as"
            " $$ begin raise exception 'refused at commit'; end $$;"
            "create constraint trigger refuse after insert on accounts"
            " deferrable initially deferred for each row execute function refuse()"
        )
    )

    answer = await client.post(
        "/api/v1/accounts", json={"email": "ann@example.com", "password": "correct horse"}
    )

    assert answer.status_code == 500
    assert "refused" not in answer.text


async def test_a_body_beyond_the_limit_is_refused_announced_or_not(client):
    async def stream():
        for _ in range(3):
            yield b"x" * 500_000

    announced = await client.post("/api/v1/tokens", content=b"x" * 1_000_001)
    streamed = await client.post("/api/v1/tokens", content=stream())

    assert (announced.status_code, streamed.status_code) == (413, 413)
    assert streamed.json()["type"] == "/problems/content-too-large"


async def test_the_openapi_document_names_every_operation_and_the_problem(client):
    document = (await client.get("/docs/shop/openapi.json")).json()

    assert {
        "/api/v1/accounts",
        "/api/v1/tokens",
        "/api/v1/catalogue/products/{product_id}",
        "/api/v1/carts/mine",
        "/api/v1/orders/{order_id}/cancel",
        "/api/v1/stock/movements",
    } <= set(document["paths"])
    assert "ProblemDocument" in document["components"]["schemas"]


async def test_the_page_of_the_api_asks_no_other_host_for_its_scripts(client):
    page = (await client.get("/docs/shop")).text
    sources = re.findall(r'(?:src|href)="([^"]+)"', page)

    answers = [await client.get(source) for source in sources]

    assert "swagger-ui-bundle.js" in page
    assert [source for source in sources if not source.startswith("/docs/shop/")] == []
    assert {answer.status_code for answer in answers} == {200}
