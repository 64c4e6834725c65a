"""The operator's desk on the whole platform, without JavaScript; what is decided there: test_operators_journey."""

import os
import subprocess
import sys
import uuid

import httpx2
import pytest

from emporium.services import environment
from tests.page_reader import Browser

pytestmark = pytest.mark.live


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


async def test_an_account_becomes_an_operators_by_a_command(site, shop, desk):
    ann = {"email": f"{uuid.uuid4().hex}@example.org", "password": "a long and good passphrase"}
    assert shop.post("/accounts", json=ann).status_code == 201
    command = [sys.executable, "-m", "emporium", "grant", ann["email"]]
    environment = os.environ | {"EMPORIUM_HOME": str(site.home)}

    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    desk.client.cookies.clear()
    page = await desk.send(await desk.open("/login?next=/ops"), "/login", **ann)
    assert (page.path, page.status) == ("/ops", 200)
