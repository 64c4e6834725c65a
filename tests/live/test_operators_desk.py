"""The operator's desk on the whole platform, as a browser without JavaScript has it (storefront.desk, operations)."""

import asyncio
import time

import httpx2
import psycopg2
import pytest

from emporium.services import environment
from models import registry
from tests.page_reader import Browser

pytestmark = pytest.mark.live
RUN_SECONDS = 240
MODEL = "desk-trial"


@pytest.fixture
async def desk(site, figures):
    """The operator in whose name purchases are planned, logged in."""
    env = environment(site)
    async with httpx2.AsyncClient(base_url=site.url("gateway"), timeout=60) as client:
        browser = Browser(client)
        page = await browser.open("/ops")
        assert page.path == "/login?next=/ops"
        typed = {"email": env["SHOP_OPERATOR_EMAIL"], "password": env["SHOP_OPERATOR_PASSWORD"]}
        assert (await browser.send(page, "/login", **typed)).path == "/ops"
        yield browser


def first(links, start):
    return next(link for link in links if link.startswith(start))


async def test_the_overview_says_what_waits(desk):
    page = await desk.open("/ops")

    assert "Purchase proposals to decide" in page.text
    assert "does not show everything" not in page.text
    assert page.html.count('class="chart"') == 2


async def test_a_proposal_is_changed_and_approved(desk, site):
    order = first((await desk.open("/ops/purchases")).links, "/ops/purchases/")
    page = await desk.open(order)
    assert "an order is due" in page.text

    page = await desk.send(page, order, step="edit", **{"units-1": 5})
    page = await desk.send(page, order, step="approve")

    assert "its units are on order now" in page.text
    with psycopg2.connect(site.database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select status, n_ordered from purchase_orders join purchase_order_lines"
            " using (purchase_order_id) where purchase_order_id = %s and line_number = 1",
            [order.rpartition("/")[2]],
        )
        assert cursor.fetchall() == [("open", 5)]


async def test_a_dag_is_started_and_seen_to_succeed(desk):
    path = "/ops/runs/forget_answers"
    started = await desk.send(await desk.open(path), path)
    run = started.path.partition("?")[0]
    assert "A run of forget_answers is started" in started.text
    deadline = time.monotonic() + RUN_SECONDS

    while "forget_answers: Succeeded" not in (page := await desk.open(run)).text:
        assert "Failed" not in page.text, page.text
        assert time.monotonic() < deadline, page.text
        await asyncio.sleep(1)

    assert "started by operator" in page.text
    assert run.rpartition("/")[2] in (await desk.open(path)).html


async def test_a_model_is_promoted_and_rolled_back(desk, site):
    uri = site.url("mlflow")
    for day in (1, 2):
        figures = {"als_ndcg": day / 10}
        record = registry.TrainingRecord("c", "d", f"2026-03-0{day}", {"method": "als"}, figures)
        registry.register(uri, MODEL, registry.log_run(uri, MODEL, record, None), "trial")
    registry.promote(uri, MODEL, "1", "the first")
    path = f"/ops/models/{MODEL}"

    page = await desk.open(f"{path}/promote/2")
    page = await desk.send(page, f"{path}/promote/2", reason="twice as good")
    assert "Version 2 is the champion" in page.text
    assert "by hand: twice as good (operator" in page.text
    assert registry.champion_version(uri, MODEL) == "2"

    page = await desk.open(f"{path}/roll-back")
    page = await desk.send(page, f"{path}/roll-back", reason="it sold less")
    assert "Version 1 is the champion again" in page.text
    assert registry.champion_version(uri, MODEL) == "1"
    assert "recommender" in (await desk.open("/ops/models")).text


async def test_refused_rows_are_seen_as_they_came(desk, figures):
    page = await desk.open("/ops/quality")
    rows = await desk.open(first(page.links, "/ops/quality/clickstream?day="))

    assert rows.status == 200
    assert "event_id" in rows.text
    assert (await desk.open("/ops/reports/models/data.html")).status == 200
    assert figures["reports"]["ingest"]


async def test_everything_is_ready_and_what_is_not_there_is_said(desk):
    health = await desk.open("/ops/health")
    assert "Not ready" not in health.text
    assert "Gone" not in health.text
    assert health.text.count("Ready") >= 10

    for path in ("/ops/stock", "/ops/transfers", "/ops/promotions", "/ops/search-rules",
                 "/ops/experiments", "/ops/reports", "/ops/mails", "/ops/runs"):  # fmt: skip
        assert (await desk.open(path)).status == 200, path
    assert (await desk.open("/ops/models/nobody")).status == 404
