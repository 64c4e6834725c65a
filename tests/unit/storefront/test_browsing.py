"""Looking around: what pages show, and what they do when a part of the shop does not answer."""

import re

import pytest
from starlette.responses import JSONResponse

MISSING = "This part cannot be shown right now"


async def test_the_home_page_lists_what_is_trending_and_the_categories(browser):
    page = await browser.open("/")

    assert page.status == 200
    assert "Trending now" in page.text
    assert "/products/1" in page.links
    assert {"/categories/1", "/categories/2"} <= set(page.links)
    assert "For you" not in page.text


async def test_a_list_that_cannot_be_had_is_a_sentence_and_the_page_stands(browser, fake):
    fake.down = ("/recommendations",)

    page = await browser.open("/")

    assert page.status == 200
    assert MISSING in page.text
    assert "Browse by category" in page.text


async def test_without_search_the_page_says_that_a_part_does_not_respond(browser, fake):
    fake.down = ("/products",)

    page = await browser.open("/search?q=lamp")

    assert page.status == 503
    assert "does not respond" in page.text


async def test_a_product_page_stands_while_all_but_the_catalogue_is_down(browser, fake):
    fake.down = ("/recommendations", "/reviews", "/catalogue/categories")

    page = await browser.open("/products/1")

    assert page.status == 200
    assert "€22.40" in page.text
    assert "reviews cannot be shown" in page.text


async def test_a_search_names_what_was_understood_and_keeps_the_words(browser):
    page = await browser.open("/search?q=lapm")

    assert "Did you mean lamp" in page.text
    assert "/search?q=lamp" in page.links


async def test_a_search_that_finds_nothing_says_what_to_do(browser):
    assert "Try fewer or other words" in (await browser.open("/search?q=nothing")).text


async def test_a_search_that_operators_send_elsewhere_goes_there(browser):
    assert (await browser.open("/search?q=lamps+page")).path == "/categories/3"


async def test_chosen_facets_reach_the_api_and_stay_chosen(browser, fake):
    page = await browser.open(
        "/search?q=lamp&brand=Nordhus&category_path=Living&price=5000-&min_stars=4&in_stock=true&sort=rating"
    )

    [asked] = [query for path, query in fake.queries if path == "/products"]
    for part in ("brand=Nordhus", "category_path=Living", "min_price=5000", "min_stars=4"):
        assert part in asked
    assert "max_price" not in asked
    fields = [form.fields for form in page.forms if form.action == "/search"][1]
    assert ("brand", "Nordhus") in fields
    assert ("sort", "rating") in fields


async def test_a_script_gets_the_results_alone_and_the_address_to_show(browser):
    page = await browser.open(
        "/search?q=lamp&brand=Nordhus&sort=relevance&price=", **{"HX-Request": "true"}
    )

    assert "<html" not in page.html
    assert page.answer.headers["hx-push-url"] == "/search?q=lamp&brand=Nordhus"


async def test_a_page_that_the_browsers_history_asks_for_is_whole(browser):
    headers = {"HX-Request": "true", "HX-History-Restore-Request": "true"}

    assert "<html" in (await browser.open("/search?q=lamp", **headers)).html


async def test_what_shoppers_and_sellers_type_is_shown_as_text(browser):
    page = await browser.open("/search?q=%3Cscript%3Ealert(1)%3C/script%3E")
    options = await browser.open("/suggestions?q=lamp")

    assert "<script>alert" not in page.html
    assert "lamp &lt;b&gt;" in options.html


async def test_lists_tell_the_clickstream_where_a_product_stood(browser):
    html = (await browser.open("/")).html

    assert 'data-surface="trending" data-slot="home_trending" data-answer="trending-1"' in html
    assert "data-consent" not in html  # nothing is known yet
    assert 'data-product="2" data-position="2" data-price="3490"' in html


async def test_a_category_page_lists_what_is_in_it_and_the_way_to_it(browser, fake):
    page = await browser.open("/categories/3")

    assert "/categories/1" in page.links
    assert 'aria-current="page">Lamps' in page.html
    assert "category_path=Living+%3E+Lamps" in dict(fake.queries)["/products"]


@pytest.mark.parametrize("path", ["/nowhere", "/products/999", "/products/lamp", "/products/0"])
async def test_what_is_not_there_is_a_page_that_says_so(browser, path):
    page = await browser.open(path)

    assert page.status == 404
    assert "There is nothing here" in page.text


async def test_what_goes_together_is_put_into_the_cart_at_once(browser, fake):
    product = await browser.open("/products/1")

    forms = [form for form in product.forms if form.action == "/cart/lines"]
    together = [value for name, value in forms[1].fields if name == "product_id"]
    assert together == ["1", "2", "3"]
    assert "Add all 3 for €104.70" in product.html  # 22.40 + 34.90 + 47.40


async def test_only_who_consents_has_what_they_viewed_remembered(browser):
    await browser.open("/products/1")
    assert "viewed" not in browser.client.cookies

    page = await browser.send(await browser.open("/products/2"), "/consent", consent="yes")
    assert page.path == "/products/2"
    await browser.open("/products/3")
    assert browser.client.cookies["viewed"] == "3.2"
    assert "Recently viewed" in (await browser.open("/")).text

    await browser.send(page, "/consent", consent="no")
    assert "viewed" not in browser.client.cookies


async def test_the_choice_of_colours_stays(browser):
    page = await browser.send(await browser.open("/categories"), "/theme", theme="dark")

    assert page.path == "/categories"
    assert 'data-theme="dark"' in page.html


async def test_a_first_page_with_all_it_needs_is_small(browser):
    page = await browser.open("/")
    named = re.findall(r'(?:src|href)="(/(?:static|picture)/[^"]+)"', page.html)
    answers = [await browser.client.get(path) for path in sorted(set(named))]

    assert len(answers) > 9  # style, scripts, icon, and six pictures
    assert {answer.status_code for answer in answers} == {200}
    n_bytes = sum(int(each.headers["content-length"]) for each in [page.answer, *answers])
    assert n_bytes <= 40 * 1024  # packed, as browsers ask for it


async def test_a_fault_of_ours_is_a_page_that_says_so(browser, fake):
    fake.answers["GET", "/catalogue/products/1"] = JSONResponse({"unheard": "of"})

    page = await browser.open("/products/1")

    assert page.status == 500
    assert "Something went wrong on our side" in page.text


async def test_the_shop_speaks_the_browsers_language_until_another_is_chosen(browser):
    german = await browser.open("/", **{"Accept-Language": "de-DE,en;q=0.5"})
    english = await browser.send(german, "/language", language="en")
    english = await browser.open("/", **{"Accept-Language": "de-DE,en;q=0.5"})

    assert 'lang="de"' in german.html
    assert "22,40\xa0€" in german.html
    assert "Bei allen beliebt" in german.text
    assert "Trending now" in english.text
    assert (
        english.html.count('aria-pressed="true"') == german.html.count('aria-pressed="true"') == 2
    )


async def test_the_product_that_a_page_is_about_is_not_named_as_the_reason(browser, fake):
    why = {"reason": "Similar to Oak shelf", "source": "similar"}
    items = [
        {"product_id": 2, "because_product_id": 1, **why},
        {"product_id": 3, "because_product_id": 8, **why},
        {"product_id": 4, "because_product_id": None, "reason": "By a new source", "source": "new source"},
    ]  # fmt: skip
    answer = JSONResponse({"items": items, "bundle": None, "answer_id": "a"})
    fake.answers["GET", "/recommendations"] = answer

    page = await browser.open("/products/1")

    assert "Similar to this" in page.text
    assert "Similar to Cast iron pan, 28 cm" in page.text
    assert "By a new source" in page.text


async def test_prices_that_are_all_the_same_are_not_to_be_chosen_from(browser, fake):
    found = await browser.open("/search?q=lamp")
    prices = [{"from_cents": None, "below_cents": None, "n_products": 12}]
    fake.facets = {**fake.facets, "prices": prices}

    same = await browser.open("/search?q=lamp")

    assert 'name="price"' in found.html
    assert 'name="price"' not in same.html


async def test_a_product_page_says_where_units_lie_if_there_are_several_places(browser, fake):
    several = await browser.open("/products/1")
    one = {"product_id": 1, "places": [{"warehouse_id": 1, "name": "Main", "n_available": 38}]}
    fake.answers["GET", "/catalogue/products/1/places"] = JSONResponse(one)
    single = await browser.open("/products/1")
    fake.answers.clear()
    fake.down = ("/catalogue/products/1/places",)
    none = await browser.open("/products/1")

    assert "Main In stock North Only 2 left" in several.text
    assert "South" not in several.text
    assert "Main" not in single.text + none.text
    assert none.status == 200
