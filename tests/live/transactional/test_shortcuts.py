"""The two hot requests are answered alike by their shortcuts and by their own routes."""

import functools
import json

import pytest

from tests.live.transactional.conftest import client_of, running
from transactional.app import make_shop
from transactional.payments.test_provider.cards import DECLINE, SUCCESS
from web.shortcuts import Shortcuts

pytestmark = pytest.mark.live

JSON = {"Content-Type": "application/json"}
ORDER = {"payment_method": SUCCESS, "lines": [{"product_id": 1, "quantity": 2}]}
CART = {"lines": [{"product_id": 1, "quantity": 2}]}


@functools.cache
def shop_without_shortcuts():
    app = make_shop("ERROR")
    app.user_middleware[:] = [each for each in app.user_middleware if each.cls is not Shortcuts]
    return app


@pytest.fixture
async def both(app, settings, provider):
    """Send one request to the shop twice, on the same stores: by the shortcut, by the route."""
    async with (
        running(settings, provider, make=shop_without_shortcuts) as plain,
        client_of(app) as short,
        client_of(plain) as long,
    ):

        async def ask(method, path, content, headers, keys=("one", "two")):
            own = {} if keys is None else {"Idempotency-Key": keys[0]}
            first = await short.request(method, path, content=content(), headers={**own, **headers})
            own = {} if keys is None else {"Idempotency-Key": keys[1]}
            second = await long.request(method, path, content=content(), headers={**own, **headers})
            return first, second

        yield ask


def whole(body):
    return lambda: json.dumps(body).encode()


def in_parts(body):
    """The body as a stream, of which nobody knows the length before it ends."""

    async def parts():
        text = json.dumps(body).encode()
        for n in range(0, len(text), 7):
            yield text[n : n + 7]

    return parts


TIMES = ("order_id", "placed_at", "expires_at", "price_locked_until")


def alike(answer):
    """What two answers to the same request have in common: not ids and times."""
    told = json.loads(
        answer.content, object_hook=lambda each: {k: v for k, v in each.items() if k not in TIMES}
    )
    return answer.status_code, answer.headers["content-type"], told


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (whole(ORDER), JSON, 201),
        (in_parts(ORDER), JSON, 201),
        (whole(ORDER), {"Content-Type": "application/json; charset=utf-8"}, 201),
        (whole({**ORDER, "payment_method": DECLINE}), JSON, 402),
        (whole({**ORDER, "lines": [{"product_id": 9, "quantity": 1}]}), JSON, 404),
        (whole({**ORDER, "lines": [{"product_id": 1, "quantity": 99}]}), JSON, 409),
        (whole({"payment_method": SUCCESS}), JSON, 409),  # the cart is empty
        (whole(ORDER), {**JSON, "Authorization": ""}, 401),
        (whole(ORDER), {**JSON, "Authorization": "Bearer forged"}, 401),
        (whole(ORDER), {**JSON, "Idempotency-Key": "two words"}, 422),
        (whole(ORDER), {"Content-Type": "text/plain"}, 422),
        (whole(ORDER), {}, 422),
        (lambda: b"", JSON, 422),
        (lambda: b"{", JSON, 422),
        (lambda: b"\xff", JSON, 400),
        (whole([ORDER]), JSON, 422),
        (whole({**ORDER, "colour": "red"}), JSON, 422),
        (whole({**ORDER, "lines": [{"product_id": "1", "quantity": 2}]}), JSON, 422),
        (whole({**ORDER, "lines": [{"product_id": 1, "quantity": 2.0}]}), JSON, 422),
        (whole({**ORDER, "lines": [{"product_id": 1, "quantity": True}]}), JSON, 422),
        (whole({**ORDER, "lines": [*ORDER["lines"], *ORDER["lines"]]}), JSON, 422),
        (whole({**ORDER, "payment_method": "4242424242424242"}), JSON, 422),
    ],
)
async def test_an_order_is_answered_alike(both, shopper, stocked, content, headers, status):
    await stocked({1: 10})

    short, long = await both("POST", "/api/v1/orders", content, {**shopper(), **headers})

    assert alike(short) == alike(long)
    assert short.status_code == status


async def test_an_order_without_a_key_is_refused_alike(both, shopper):
    short, long = await both(
        "POST", "/api/v1/orders", whole(ORDER), {**shopper(), **JSON}, keys=None
    )

    assert alike(short) == alike(long)
    assert short.json()["type"] == "/problems/idempotency-key-required"


async def test_what_the_one_has_answered_the_other_answers_byte_for_byte(both, shopper, stocked):
    await stocked({1: 10})

    short, long = await both(
        "POST", "/api/v1/orders", whole(ORDER), {**shopper(), **JSON}, keys=("same", "same")
    )

    assert (short.status_code, short.content) == (long.status_code, long.content)


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (whole(CART), JSON, 200),
        (in_parts(CART), JSON, 200),
        (whole({"lines": []}), JSON, 200),
        (whole({"lines": [{"product_id": 9, "quantity": 1}]}), JSON, 404),
        (whole(CART), {**JSON, "Authorization": ""}, 401),
        (whole(CART), {**JSON, "Cart-Token": "x" * 43}, 200),  # who is logged in has their own
        (whole(CART), {**JSON, "Cart-Token": "short"}, 422),
        (whole({"lines": [{"product_id": 0, "quantity": 1}]}), JSON, 422),
        (whole({"lines": [{"product_id": 2**63, "quantity": 1}]}), JSON, 422),
        (whole({}), JSON, 422),
        (lambda: b"null", JSON, 422),
    ],
)
async def test_a_cart_is_filled_alike(both, shopper, stocked, content, headers, status):
    await stocked({1: 10})

    short, long = await both("PUT", "/api/v1/carts/mine", content, {**shopper(), **headers})

    assert alike(short) == alike(long)
    assert short.status_code == status


async def test_other_methods_of_a_path_go_their_own_way(both, shopper):
    short, long = await both("DELETE", "/api/v1/orders", lambda: b"", shopper())

    assert alike(short) == alike(long)
    assert short.status_code == 405
