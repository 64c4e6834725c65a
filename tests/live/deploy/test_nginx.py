"""The deployment's nginx, Debian's own, before the shop's processes: routes, caches, limits, absences."""

import asyncio
import contextlib
import os
import re
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from emporium import gateway
from emporium.ports import free_port, is_listening
from emporium.services import granian
from tests.live.transactional.conftest import SECRET, level, product
from tests.live.transactional.site import Site, wait_for_postgres
from tests.services import running
from tests.unit.deploy.files import NGINX
from transactional.catalogue.images.router import MAX_IMAGE_BYTES
from transactional.catalogue.imports.router import MAX_IMPORT_BYTES
from transactional.catalogue.loading import load_products, load_stock
from transactional.migrations import upgrade
from transactional.planning.router import MAX_RUN_BYTES
from web.problems import ProblemDocument
from web.service import MAX_BODY_BYTES

pytestmark = pytest.mark.live
EXECUTABLE = shutil.which("nginx", path="/usr/sbin:/usr/bin:/usr/local/sbin")
# Started as root its workers would be somebody who may not enter a test's folder.
USER = "user root;" if os.geteuid() == 0 else ""
FRAME = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/emporium.conf;
}}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """PostgreSQL, Redis and the shop, with 20 products."""
    site = Site(tmp_path_factory.mktemp("shop"))
    try:
        for name in ("postgres", "redis", "shop"):
            site.start(name)
        for name in ("postgres", "redis", "shop"):
            site.wait(name)
        wait_for_postgres(site)
        upgrade(site.database_url)
        ids = range(1, 21)
        asyncio.run(load_products(site.database_url, [product(id_) for id_ in ids]))
        asyncio.run(load_stock(site.database_url, [level(id_, 100) for id_ in ids]))
        yield site
    finally:
        site.stop()


@pytest.fixture(scope="module")
def pages(shop, tmp_path_factory):
    """The port of the storefront, whose serving is away."""
    port = free_port()
    env = shop.environment() | {
        "STOREFRONT_SHOP_URL": shop.url("shop"),
        "STOREFRONT_SERVING_URL": f"http://127.0.0.1:{free_port()}",
        "STOREFRONT_SECRET": SECRET,
    }
    log = tmp_path_factory.mktemp("pages") / "log"
    with running(granian("storefront.app:create_app", port), log, lambda: is_listening(port), env):
        yield port


@contextlib.contextmanager
def nginx(folder, **values):
    """Run nginx with the template and these values; yields a client of it."""
    port = free_port()
    values |= {"LISTEN": f"127.0.0.1:{port}", "CACHE": f"{folder}/kept", "OWN_PROXY": "127.0.0.1"}
    text = re.sub(r"\$\{(\w+)\}", lambda match: values[match[1]], NGINX.read_text())
    (folder / "emporium.conf").write_text(text)
    (folder / "nginx.conf").write_text(FRAME.format(folder=folder, user=USER))
    command = [EXECUTABLE, "-p", str(folder), "-e", "stderr", "-c", str(folder / "nginx.conf")]
    with (
        running(command, folder / "log", lambda: is_listening(port)),
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20) as client,
    ):
        yield client


@pytest.fixture
def front(shop, pages, tmp_path):
    if EXECUTABLE is None:
        pytest.skip("nginx is not installed (Debian: apt-get install nginx-light)")
    with nginx(
        tmp_path,
        SHOP=f"127.0.0.1:{shop.ports['shop']}",
        SERVING=f"127.0.0.1:{free_port()}",
        PAGES=f"127.0.0.1:{pages}",
        OPERATIONS=f"127.0.0.1:{free_port()}",
    ) as client:
        yield client


def told(answer):
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return ProblemDocument.model_validate_json(answer.content)


def test_its_routes_are_the_gateways():
    routes = re.findall(r"location ~ \^/api/v1/\(([a-z|-]+)\)\(/\|\$\)", NGINX.read_text())

    assert [sorted(each.split("|")) for each in routes] == [
        sorted(gateway.TO_SHOP),
        sorted(gateway.TO_SERVING),
    ]


def test_a_catalogue_page_is_kept_for_guests_and_asked_again_for_who_is_logged_in(front):
    path = "/api/v1/catalogue/products/7"

    answers = [front.get(path) for _ in range(3)]
    own = front.get(path, headers={"Authorization": "Bearer somebodys"})

    assert [each.headers["x-cache"] for each in answers] == ["MISS", "HIT", "HIT"]
    assert answers[2].json()["product_id"] == 7
    assert own.headers.get("x-cache") != "HIT"


def test_a_kept_page_is_shown_while_the_shop_is_away(front, shop):
    path = "/api/v1/catalogue/products/8"
    before = front.get(path)
    shop.kill("shop")
    try:
        time.sleep(3)  # its two seconds are over

        away, unknown = front.get(path), front.get("/api/v1/catalogue/products/9")
    finally:
        shop.start("shop")
        shop.wait("shop")

    assert (away.status_code, away.content) == (200, before.content)
    assert (unknown.status_code, told(unknown).type) == (502, "/problems/upstream-down")
    assert "Retry-After" in unknown.headers


def test_a_page_whose_process_is_away_says_so_to_people(shop, tmp_path):
    away = f"127.0.0.1:{free_port()}"
    with nginx(tmp_path, SHOP=away, SERVING=away, PAGES=away, OPERATIONS=away) as client:
        page, api = client.get("/cart"), client.get("/api/v1/suggestions?q=a")

    assert (page.status_code, page.headers["content-type"]) == (502, "text/html")
    assert "try again" in page.text
    assert told(api).status == 502


def test_what_changes_its_path_with_its_content_is_kept_and_packed(front):
    page = front.get("/login")
    style = re.search(r'href="(/static/[^"]+\.css[^"]*)"', page.text)[1]

    first, second = front.get(style), front.get(style)

    assert (first.headers["x-cache"], second.headers["x-cache"]) == ("MISS", "HIT")
    assert "immutable" in second.headers["cache-control"]
    assert second.headers["content-encoding"] == "gzip"


def test_a_page_with_somebodys_cookies_is_never_kept(front):
    answer = front.get("/login")

    assert "x-cache" not in answer.headers
    assert answer.headers["cache-control"] == "private, no-store"
    assert "content-security-policy" in answer.headers


def test_who_guesses_passwords_is_slowed_down(front):
    guesses = [{"email": f"{n}@example.org", "password": "wrong wrong wrong"} for n in range(15)]

    with ThreadPoolExecutor(len(guesses)) as at_once:
        answers = list(at_once.map(lambda guess: front.post("/api/v1/tokens", json=guess), guesses))

    refused = [each for each in answers if each.headers.get("retry-after") == "2"]
    assert 3 <= len(refused) <= 4  # eleven at once may come, then one every two seconds
    assert {each.status_code for each in refused} == {429}
    assert told(refused[-1]).instance == "/api/v1/tokens"


def test_each_client_behind_our_own_proxy_has_limits_of_its_own(front):
    guess = {"password": "wrong wrong wrong"}

    statuses = [
        front.post(
            "/api/v1/tokens",
            json=guess | {"email": f"{n}@example.net"},
            headers={"X-Forwarded-For": f"192.0.2.{n}"},
        ).status_code
        for n in range(15)
    ]

    assert 429 not in statuses


@pytest.mark.parametrize(
    ("path", "most"),
    [
        ("/api/v1/orders", MAX_BODY_BYTES),
        ("/api/v1/catalogue/imports", MAX_IMPORT_BYTES),
        ("/api/v1/catalogue/products/1/images", MAX_IMAGE_BYTES),
        ("/api/v1/stock/proposals/2026-03-01", MAX_RUN_BYTES),
    ],
)
def test_a_body_larger_than_the_service_takes_is_refused_as_a_problem(front, path, most):
    answer = front.post(path, content=b"x" * (most + 1))

    assert (answer.status_code, told(answer).type) == (413, "/problems/content-too-large")


def test_a_problem_of_nginxs_own_is_json_whatever_the_path_holds(tmp_path):
    away = f"127.0.0.1:{free_port()}"
    with nginx(tmp_path, SHOP=away, SERVING=away, PAGES=away, OPERATIONS=away) as client:
        answer = client.get('/api/v1/products/"><script>')

    assert told(answer).instance == "/"


@pytest.mark.parametrize("path", ["/metrics", "/readyz", "/api/v2/anything"])
def test_what_is_for_operators_is_not_reached(front, path):
    assert front.get(path).status_code == 404
