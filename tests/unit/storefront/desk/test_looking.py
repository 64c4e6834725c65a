"""What operators see: every page, who may see it, and what of it is left where an API is away."""

import pytest

from tests.unit.storefront.desk.fake_desk import RUN_ID
from tests.unit.storefront.test_forms_and_headers import logged_in

PAGES = {
    "/ops": "Products with less than a week's cover",
    "/ops/stock": "12.5 days",
    "/ops/stock?q=lamp": "0 days",
    "/ops/stock/1": "Hours without stock",
    "/ops/purchases": "seller 219",
    "/ops/purchases?status=open": "Order 5",
    "/ops/purchases/5": "12 units are foreseen",
    "/ops/purchases/6": "Take into stock",
    "/ops/transfers": "10 units from North to South",
    "/ops/promotions": "Buy 2, get 1",
    "/ops/search-rules": "sofa, couch",
    "/ops/experiments": "Make an experiment",
    "/ops/experiments/popular-first": "Breaks a guardrail",
    "/ops/models": "Version 2",
    "/ops/models/recommender": "als ndcg 0.3000",
    "/ops/models/recommender/promote/3": "Version 2 serves now",
    "/ops/models/recommender/roll-back": "Version 1 served before",
    "/ops/runs": "has not run yet",
    "/ops/runs/ingest": "features_every",
    f"/ops/runs/ingest/{RUN_ID}": "Succeeded",
    "/ops/quality": "Prices moved <up>.",
    "/ops/quality/reviews?day=2026-03-09": "<b>9</b>",
    "/ops/quality/reviews?day=2026-03-09&reason=rating": "Only rows refused for",
    "/ops/reports": "search.html",
    "/ops/health": "the process has ended",
    "/ops/mails": "Your order <1>",
}


@pytest.mark.parametrize("path", PAGES)
async def test_every_page_shows_what_it_is_for(desk, path):
    page = await desk.open(path)

    assert page.status == 200
    assert PAGES[path] in page.text
    assert "style=" not in page.html
    assert "<b>9" not in page.html
    assert "unsafe" not in page.answer.headers["content-security-policy"]


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_is_for_who_is_not_logged_in(browser, fake, path):
    answer = await browser.client.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/login?next=/ops")
    assert not any(asked.startswith("/operations") for _, asked, _ in fake.asked)


@pytest.mark.parametrize("path", PAGES)
async def test_no_page_is_for_shoppers_and_they_are_told_what_to_do(browser, fake, path):
    fake.role = "shopper"
    await logged_in(browser)
    n_asked = len(fake.asked)

    page = await browser.open(path)

    assert page.status == 403
    assert "log in as an operator" in page.text
    assert len(fake.asked) == n_asked


async def test_operators_find_the_desk_from_any_page_and_shoppers_do_not(desk, fake):
    assert "/ops" in (await desk.open("/cart")).links
    assert (await desk.open("/account")).links.count("/ops") == 2

    fake.role = "shopper"
    desk.client.cookies.clear()
    await logged_in(desk)
    assert "/ops" not in (await desk.open("/cart")).links


async def test_today_is_held_against_the_same_hours_of_a_week_ago(desk):
    text = (await desk.open("/ops")).text

    # Hours 0 to 14 of today sell 0 + 1 + … + 14 = 105 units at 10.00, as a week ago.
    assert "€1,050.00" in text
    assert "Orders today 15 +0.0% to a week ago" in text
    assert "14:00 €140.00 €140.00" in text
    assert "15:00 - €150.00" in text


@pytest.mark.parametrize(
    ("down", "words", "still"),
    [
        ("/operations/dags", "Airflow", "Money today"),
        ("/operations", "the operations API", "Money today"),
        ("/figures", "the shop's figures", "Purchase proposals to decide"),
    ],
)
async def test_what_does_not_answer_leaves_a_gap_and_is_named(desk, fake, down, words, still):
    fake.down = (down,)

    page = await desk.open("/ops")

    assert page.status == 200
    assert words in page.text
    assert still in page.text


async def test_a_page_whose_api_is_away_says_so(desk, fake):
    fake.down = ("/operations",)

    page = await desk.open("/ops/models")

    assert page.status == 503
    assert "Try again in a moment" in page.text


@pytest.mark.parametrize(
    "path",
    [
        "/ops/nothing",
        "/ops/purchases?status=lost",
        "/ops/purchases/first",
        "/ops/quality/reviews",
        "/ops/quality/reviews?day=today",
        "/ops/models/a%20b",
        "/ops/reports/models/..%2fsecrets.json",
        "/ops/experiments/DROP",
    ],
)
async def test_addresses_that_are_none_are_missing(desk, path):
    assert (await desk.open(path)).status == 404


async def test_a_report_is_shown_where_it_can_run_nothing(desk):
    page = await desk.open("/ops/reports/models/search.html")

    [policy] = page.answer.headers.get_list("content-security-policy")
    assert policy.startswith("sandbox; default-src 'none'")
    assert page.html == "<script>1</script>"


async def test_lists_lead_on_to_their_next_page(desk):
    assert "/ops/stock?q=&cursor=further" in (await desk.open("/ops/stock")).links
    rows = await desk.open("/ops/quality/reviews?day=2026-03-09&reason=a%26b")
    assert "/ops/quality/reviews?day=2026-03-09&reason=a%26b&cursor=further" in rows.links


async def test_what_goes_on_is_looked_at_again(desk, fake):
    assert "hx-trigger" not in (await desk.open("/ops/runs")).html.partition('id="runs"')[2]
    fake.run_state = "running"

    for path in ("/ops/runs", "/ops/runs/ingest", f"/ops/runs/ingest/{RUN_ID}"):
        page = await desk.open(path)
        assert 'hx-trigger="every' in page.html
        assert "Running" in page.text


async def test_a_failed_run_says_why(desk, fake):
    fake.run_state = "failed"

    assert "FAILED: the shop was down" in (await desk.open(f"/ops/runs/ingest/{RUN_ID}")).text


@pytest.mark.parametrize(("done", "words"), [("nothing", ""), ("order_edit", "order <b>")])
async def test_no_address_puts_words_of_its_own_on_a_page(desk, done, words):
    page = await desk.open(f"/ops/purchases?done={done}&what=<b>")

    assert "<b>" not in page.html
    assert 'role="status"' not in page.html or "order  " in page.html


async def test_numbers_days_and_money_are_written_in_the_language_of_the_page(desk):
    german = {"accept-language": "de"}

    overview, stock = [await desk.open(path, **german) for path in ("/ops", "/ops/stock")]

    assert "10. März" in overview.html
    assert "12,5 Tage" in stock.text
