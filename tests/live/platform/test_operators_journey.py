"""What operators do on the desk, in a browser with scripts, against the real services.

Each step is kept as a picture: `.artifacts/pages/test_operators_journey/`.
"""

import re
import time

import psycopg2
import pytest
from playwright.sync_api import expect

from emporium.services import environment
from models import registry

pytestmark = [pytest.mark.live, pytest.mark.browser]
RUN_MILLISECONDS = 240_000
MODEL = "desk-trial"


@pytest.fixture
def desk(site, figures, page):
    """Open a path of the desk, logged in as the operator in whose name purchases are planned."""
    env = environment(site)
    page.goto(f"{site.url('gateway')}/login?next=/ops")
    main(page).locator("#email").fill(env["SHOP_OPERATOR_EMAIL"])
    main(page).locator("#password").fill(env["SHOP_OPERATOR_PASSWORD"])
    button(page, "Log in").click()
    expect(page).to_have_url(re.compile("/ops$"))
    return lambda path: page.goto(site.url("gateway") + path)


def main(page):
    return page.get_by_role("main")


def button(page, name):
    return main(page).get_by_role("button", name=name)


def test_a_purchase_order_is_changed_and_approved(desk, page, look, site):
    look(page, "overview")
    desk("/ops/purchases")
    look(page, "proposals")
    main(page).locator("a[href^='/ops/purchases/']").first.click()
    order_id = page.url.rpartition("/")[2]
    main(page).get_by_text("Why so many").first.click()
    expect(main(page)).to_contain_text("an order is due")
    look(page, "proposal")

    main(page).locator("[name=units-1]").fill("5")
    button(page, "Change quantities").click()
    button(page, "Approve").click()

    expect(main(page)).to_contain_text("its units are on order now")
    look(page, "approved")
    with psycopg2.connect(site.database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select status, n_ordered from purchase_orders join purchase_order_lines"
            " using (purchase_order_id) where purchase_order_id = %s and line_number = 1",
            [order_id],
        )
        assert cursor.fetchall() == [("open", 5)]


def test_a_dag_is_started_and_seen_to_succeed(desk, page, look):
    desk("/ops/runs")
    look(page, "DAGs")
    main(page).get_by_role("link", name="forget_answers", exact=True).click()
    main(page).get_by_text("Start a run").first.click()
    look(page, "start")

    button(page, "Start a run").click()

    expect(main(page)).to_contain_text("A run of forget_answers is started")
    # The page looks again by itself until the run is over.
    state = main(page).locator("#runs").get_by_text("Succeeded").first
    expect(state).to_be_visible(timeout=RUN_MILLISECONDS)
    look(page, "succeeded")


LATE = """
update deadline set deadline_time = now() - interval '1 second'
where dagrun_id in (select id from dag_run where dag_id = 'forget_answers' and state in ('queued', 'running'))
"""


def test_operators_get_a_mail_about_a_run_that_is_late(desk, page, look, site):
    desk("/ops/runs/forget_answers")
    main(page).get_by_text("Start a run").first.click()
    button(page, "Start a run").click()
    expect(main(page)).to_contain_text("A run of forget_answers is started")

    n_moved = until(lambda: execute(site.airflow_database_url, LATE))

    assert n_moved == 1
    until(lambda: "was not over in time" in desk("/ops/mails").text())
    look(page, "mail")


def execute(dsn, statement):
    with psycopg2.connect(dsn) as connection, connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.rowcount


def until(asked, seconds=120):
    """Ask until the answer is something; return it."""
    deadline = time.monotonic() + seconds
    while not (answer := asked()):
        assert time.monotonic() < deadline, f"nothing within {seconds} s"
        time.sleep(0.2)
    return answer


def test_a_model_is_promoted_and_rolled_back(desk, page, look, site):
    uri = site.url("mlflow")
    for day in (1, 2):
        figures = {"als_ndcg": day / 10}
        record = registry.TrainingRecord("c", "d", f"2026-03-0{day}", {"method": "als"}, figures)
        registry.register(uri, MODEL, registry.log_run(uri, MODEL, record, None), "trial")
    registry.promote(uri, MODEL, "1", "the first")
    desk(f"/ops/models/{MODEL}")
    look(page, "model")

    main(page).get_by_role("link", name="Promote 2").click()
    main(page).locator("[name=reason]").fill("twice as good")
    look(page, "promote")
    button(page, "Promote version 2").click()

    expect(main(page)).to_contain_text("Version 2 is the champion")
    expect(main(page)).to_contain_text("twice as good")
    assert registry.champion_version(uri, MODEL) == "2"
    look(page, "promoted")

    main(page).get_by_role("link", name="Roll back").click()
    main(page).locator("[name=reason]").fill("it sold less")
    button(page, "Roll back to version 1").click()

    expect(main(page)).to_contain_text("Version 1 is the champion again")
    assert registry.champion_version(uri, MODEL) == "1"
    look(page, "rolled back")


def test_the_recommender_and_its_figures_are_looked_at(desk, page, look):
    for path, name in (("/ops/models/recommender", "recommender"), ("/ops/quality", "quality"),
                       ("/ops/stock", "stock"), ("/ops/health", "health"), ("/ops/mails", "mails")):  # fmt: skip
        assert desk(path).status == 200
        look(page, name)
