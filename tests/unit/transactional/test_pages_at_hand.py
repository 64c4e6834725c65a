"""Pages of products that leave before the application is asked say what the application would say."""

import json
import re
from dataclasses import dataclass, field

import pytest
from prometheus_client import generate_latest

from transactional.app import make_shop
from transactional.catalogue.cache.pages import Page
from transactional.catalogue.cache.shared import Found
from transactional.equipment import equip
from transactional.settings import Settings
from web.logs import make_logger
from web.rates import RateLimit
from web.rsgi import Served

BODY, ETAG = b'{"product_id":7,"title":"Lamp"}', '"3-abc"'
PATH = "/api/v1/catalogue/products/7"


class Headers(dict):
    """Headers as granian gives them."""

    def __init__(self, headers):
        super().__init__({name.lower(): value for name, value in headers.items()})


@dataclass
class Request:
    """A request as granian describes it."""

    method: str = "GET"
    path: str = PATH
    query_string: str = ""
    headers: Headers = field(default_factory=lambda: Headers({}))
    client: str = "192.0.2.1:4711"
    server: str = "127.0.0.1:8000"
    scheme: str = "http"
    http_version: str = "1.1"


class Line:
    """Takes an answer as granian does."""

    async def __call__(self):
        return b""

    def response_bytes(self, status, headers, body):
        self.status, self.headers, self.body = status, dict(headers), body


@pytest.fixture(scope="module")
def app():
    made = make_shop("INFO")
    settings = Settings(
        database_url="postgresql://nobody@127.0.0.1:1/nothing",
        redis_url="redis://127.0.0.1:1",
        token_secret="x" * 32,
        payment_url="http://payments",
        payment_webhook_secret="x" * 32,
        images_url="images",
    )
    equip(made, settings, None)
    return made


@pytest.fixture(autouse=True)
def page(app):
    """The page of product 7, in a process that is told of all changes."""
    local = app.state.catalogue_reads.local
    local.trusted_until = 1e18
    local.drop(["p7"])
    local.keep("product:7", local.made("product", Found(Page(BODY, ETAG, frozenset(("p7",))))))
    return local


async def both(app, request):
    """The answer that leaves at once (None: none does), and the application's."""
    ready, line = app.state.hits.answer(request), Line()
    await Served(app, lambda _: None).__rsgi__(request, line)
    return ready, (line.status, line.headers, line.body)


def asked(**headers):
    return Request(headers=Headers({name.replace("_", "-"): v for name, v in headers.items()}))


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (asked(), 200),
        (asked(accept="text/html"), 200),
        (asked(accept_encoding="gzip, br"), 200),
        (asked(range="bytes=0-3"), 200),
        (asked(if_none_match=ETAG), 304),
        (asked(if_none_match=f"W/{ETAG}"), 304),
        (asked(if_none_match=f'"other", {ETAG}'), 304),
        (asked(if_none_match="*"), 304),
        (asked(if_none_match='"3-abd"'), 200),
        (asked(if_none_match=""), 200),
    ],
    ids=str,
)
async def test_what_leaves_at_once_is_what_the_application_says(app, request_, status):
    request_.headers["x-request-id"] = "abc.1"

    ready, whole = await both(app, request_)

    assert (ready[0], dict(ready[1]), ready[2]) == whole
    assert ready[0] == status
    assert len(ready[1]) == len(dict(ready[1]))


@pytest.mark.parametrize("offered", ["two words", "x" * 65])
async def test_a_request_without_a_harmless_id_gets_one(app, offered):
    ready, whole = await both(app, asked(x_request_id=offered))

    ids = [dict(ready[1])["x-request-id"], whole[1]["x-request-id"]]
    assert [len(each) for each in ids] == [32, 32]
    assert offered not in ids


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (Request(query_string="colour=red"), 200),
        (asked(authorization="Bearer forged"), 200),
        (asked(content_length="0"), 200),
        (asked(transfer_encoding="chunked"), 411),
        (Request(method="HEAD"), 405),
        (Request(method="POST"), 405),
        (Request(path=PATH + "/"), 307),
    ],
    ids=str,
)
async def test_all_else_is_the_applications(app, request_, status):
    ready, whole = await both(app, request_)

    assert ready is None
    assert whole[0] == status


@pytest.mark.parametrize("path", ["/api/v1/catalogue/products/8", "/api/v1/catalogue/products/07"])
def test_a_page_that_is_not_at_hand_is_the_applications(app, path):
    assert app.state.hits.answer(Request(path=path)) is None


def test_what_was_told_to_be_wrong_or_cannot_be_checked_does_not_leave(app, page):
    page.drop(["p7"])
    assert app.state.hits.answer(Request()) is None


def test_a_page_that_cannot_be_checked_leaves_for_a_second_only(app, page, monkeypatch):
    page.trusted_until, began = 0.0, page.clock()
    assert app.state.hits.answer(Request()) is not None

    monkeypatch.setattr(page, "clock", lambda: began + 1.1)

    assert app.state.hits.answer(Request()) is None


@pytest.mark.parametrize(
    ("client", "forwarded", "n_answers"),
    [
        ("192.0.2.7:1", None, 2),
        ("127.0.0.1:1", None, 9),  # a proxy or page of ours
        ("127.0.0.1:1", "192.0.2.8", 2),
        ("[::1]:1", "198.51.100.1, 192.0.2.9", 2),
        ("192.0.2.10:1", "203.0.113.5", 2),  # nobody we trust says so
    ],
)
async def test_who_asks_too_often_is_refused_by_the_application(
    app, monkeypatch, client, forwarded, n_answers
):
    limit = RateLimit(0.001, 2, lambda: 1000.0)
    monkeypatch.setattr(app.state.hits, "by_address", limit)
    request = asked(**({"x_forwarded_for": forwarded} if forwarded else {}))
    request.client = client

    answers = [app.state.hits.answer(request) for _ in range(9)]

    assert sum(answer is not None for answer in answers) == n_answers


async def test_what_left_is_counted_and_logged_in_one_line(app, capsys, monkeypatch):
    hits = app.state.hits
    await hits.tell_hits()  # what other tests left
    before = counted(app)
    monkeypatch.setattr(hits, "log", make_logger("INFO", "shop"))
    monkeypatch.setattr(hits, "_logged_at", -1e9)

    for request in (asked(), asked(), asked(if_none_match=ETAG)):
        hits.answer(request)
    await hits.tell_hits()
    await hits.tell_hits()

    [line] = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["event"], line["n_requests"]) == ("pages at hand", 3)
    after = counted(app)
    assert {name: after[name] - before.get(name, 0.0) for name in after} == {
        'status="200"': 2.0, 'status="304"': 1.0, "local": 3.0,
    }  # fmt: skip


def counted(app):
    """The counters of the route by status, and of pages from the process."""
    text = generate_latest(app.state.registry).decode()
    requests = dict(
        re.findall(r'^http_requests_total{method="GET",.*(status="[23]0[04]")} (.*)$', text, re.M)
    )
    [local] = re.findall(r'^catalogue_reads_total{source="local"} (.*)$', text, re.M)
    return {name: float(value) for name, value in {**requests, "local": local}.items()}
