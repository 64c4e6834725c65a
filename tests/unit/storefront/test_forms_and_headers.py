"""What protects a shopper: tokens of forms, headers, cookies."""

import pytest
from fastapi.routing import APIRoute

from storefront import forgery
from storefront.visits import local_path
from tests.unit.storefront.conftest import SECRET


def posting(app):
    return [
        route.path.replace("{product_id}", "1")
        .replace("{order_id}", "1001")
        .replace("{line_number}", "1")
        .replace("{address_id}", "1")
        for route in app.routes
        if isinstance(route, APIRoute) and "POST" in route.methods
    ]


async def logged_in(browser):
    page = await browser.open("/login")
    return await browser.send(
        page, "/login", email="ada@example.org", password="a long and good passphrase"
    )


async def test_every_form_is_refused_without_a_token_of_ours(app, browser, fake):
    await logged_in(browser)
    n_asked = len(fake.asked)

    paths = posting(app)
    answers = {path: await browser.client.post(path, data={"csrf": "x" * 80}) for path in paths}

    assert len(paths) > 15
    assert {path: each.status_code for path, each in answers.items()} == dict.fromkeys(paths, 403)
    assert "reload the page" in answers[paths[0]].text
    assert [each for each in fake.asked[n_asked:] if each[0] != "GET"] == []


@pytest.mark.parametrize(
    ("token", "cookie", "is_genuine"),
    [
        (forgery.new_token(SECRET, "mine"), "mine", True),
        (forgery.new_token(SECRET, "mine"), "another", False),
        (forgery.new_token("another secret", "mine"), "mine", False),
        (forgery.new_token(SECRET, ""), "", False),
        ("", "mine", False),
        ("ü" * 80, "mine", False),
    ],
    ids=["its own", "another's", "forged", "nobody's", "none", "no token"],
)
def test_a_token_counts_for_one_browser(token, cookie, is_genuine):
    assert forgery.is_genuine(token, SECRET, cookie) is is_genuine


async def test_a_token_of_before_the_log_in_counts_no_more(browser):
    before = await browser.open("/categories")
    await logged_in(browser)

    assert (await browser.send(before, "/theme", theme="dark")).status == 403


async def test_no_page_brings_scripts_or_styles_of_its_own_or_from_elsewhere(browser):
    for path in (
        "/",
        "/search?q=lamp",
        "/products/1",
        "/cart",
        "/login",
        "/static/style.css",
        "/nowhere",
    ):
        answer = await browser.client.get(path)

        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "style=" not in answer.text.replace("style.css", "")
        assert " onclick" not in answer.text


async def test_cookies_are_out_of_reach_of_scripts_and_of_other_sites(browser):
    await logged_in(browser)
    page = await browser.client.get("/", headers={"X-Forwarded-Proto": "https"})
    plain = await browser.client.get("/login")

    del plain
    browser.client.cookies.clear()
    secure = await browser.client.get("/", headers={"X-Forwarded-Proto": "https"})
    open_ = await browser.client.get("/")
    assert page.status_code == 200
    [cookie] = secure.headers.get_list("set-cookie")
    assert cookie.startswith("forms=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Secure" in cookie
    assert "Secure" not in open_.headers.get_list("set-cookie")[0]


@pytest.mark.parametrize(
    ("path", "goes_to"),
    [
        ("/checkout", "/checkout"),
        ("/search?q=a%20b&brand=c", "/search?q=a%20b&brand=c"),
        ("", "/"),
        ("//elsewhere.example", "/"),
        ("/\\elsewhere.example", "/"),
        ("https://elsewhere.example", "/"),
        ("/a\nb", "/"),
        ("/a\\b", "/"),
    ],
)
def test_a_form_sends_on_within_the_shop_alone(path, goes_to):
    assert local_path(path) == goes_to


async def test_pages_of_a_shopper_are_kept_by_no_cache_and_files_for_good(browser):
    page = await browser.open("/")
    path = next(each for each in page.html.split('"') if each.startswith("/static/style.css?"))

    assert page.answer.headers["cache-control"] == "private, no-store"
    assert "immutable" in (await browser.client.get(path)).headers["cache-control"]
    assert "immutable" in (await browser.client.get("/picture/3/1.svg")).headers["cache-control"]
