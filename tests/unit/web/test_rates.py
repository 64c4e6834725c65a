"""How often one caller may ask (web.rates)."""

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from web import rates
from web.rates import CallerRates, RateLimit


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_a_burst_is_let_through_and_then_one_each_tenth_of_a_second():
    clock = Clock()
    limit = RateLimit(per_second=10, burst=3, clock=clock)

    burst = [limit.wait_seconds("ann") for _ in range(4)]
    clock.now += 0.1
    later = [limit.wait_seconds("ann") for _ in range(2)]

    assert burst == [0, 0, 0, pytest.approx(0.1)]
    assert later == [0, pytest.approx(0.1)]


def test_several_at_once_count_as_several_or_not_at_all():
    clock = Clock()
    limit = RateLimit(per_second=10, burst=5, clock=clock)

    waits = [limit.wait_seconds("ann", n_requests=n) for n in (3, 3, 2, 6)]

    assert waits == [0, pytest.approx(0.1), 0, pytest.approx(0.6)]


def test_who_asked_too_often_is_not_punished_for_asking_again():
    clock = Clock()
    limit = RateLimit(per_second=10, burst=1, clock=clock)
    limit.wait_seconds("ann")
    for _ in range(50):
        limit.wait_seconds("ann")
    clock.now += 0.1001

    assert limit.wait_seconds("ann") == 0


@given(st.lists(st.floats(0, 2), max_size=80))
def test_never_more_than_the_burst_and_the_rate_allow(pauses):
    clock = Clock()
    limit = RateLimit(per_second=5, burst=4, clock=clock)
    let_through = []
    for pause in pauses:
        clock.now += pause
        if limit.wait_seconds("ann") == 0:
            let_through.append(clock.now)

    for n, start in enumerate(let_through):
        for m, end in enumerate(let_through[n:], start=1):
            assert m <= 4 + 5 * (end - start) + 1e-6


def test_the_table_of_callers_does_not_grow_without_bound(monkeypatch):
    monkeypatch.setattr(rates, "MAX_CALLERS", 10)
    clock = Clock()
    limit = RateLimit(per_second=1, burst=1, clock=clock)
    for n in range(100):
        clock.now += 0.5
        limit.wait_seconds(f"caller {n}")

    assert len(limit._full_at) <= 10


@pytest.fixture
def client():
    """A service that lets a token ask twice and an address four times; from `X-Address`."""

    async def work(_):
        return PlainTextResponse("done")

    clock = Clock()
    app = CallerRates(
        Starlette(routes=[Route(path, work) for path in ("/work", "/healthz")]),
        by_token=RateLimit(1, 2, clock),
        by_address=RateLimit(1, 4, clock),
        trusted=frozenset({"127.0.0.1"}),
        exempt=frozenset({"/healthz"}),
    )

    async def ask(address, token=None, path="/work"):
        transport = httpx.ASGITransport(app, client=(address, 1))
        headers = {"Authorization": token} if token else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as asking:
            return await asking.get(path, headers=headers)

    return ask


async def test_a_token_is_counted_wherever_it_comes_from(client):
    answers = [await client(address, "Bearer a") for address in ("1.1.1.1", "2.2.2.2", "3.3.3.3")]

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["type"] == "/problems/too-many-requests"
    assert answers[2].headers["Retry-After"] == "1"


async def test_made_up_tokens_gain_nothing(client):
    answers = [await client("1.1.1.1", f"Bearer {n}") for n in range(6)]

    assert [answer.status_code for answer in answers] == [200, 200, 200, 200, 429, 429]


async def test_our_own_proxies_speak_for_many(client):
    assert {(await client("127.0.0.1")).status_code for _ in range(20)} == {200}


async def test_signs_of_life_are_always_answered(client):
    assert {(await client("1.1.1.1", path="/healthz")).status_code for _ in range(20)} == {200}
