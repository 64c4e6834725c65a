"""The two requests that make an order, answered without the framework where they are plainly right.

`web.shortcuts` tells why.
"""

import re
from collections.abc import Sequence
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from transactional.callers import spoken_for
from transactional.carts.repository import CartRepository, of_customer
from transactional.carts.router import fill_cart
from transactional.carts.schemas import CartChange
from transactional.carts.service import CartService
from transactional.deps import utc_now
from transactional.orders.cart import OrderCart
from transactional.orders.deps import KEY
from transactional.orders.ordering import place
from transactional.orders.router import place_order
from transactional.orders.schemas import OrderRequest
from transactional.tokens import Caller
from web.shortcuts import JSON, Answer, Headers, Shortcut, parsed

PLAIN_KEY = re.compile(KEY)


def shortcuts(app: FastAPI) -> Sequence[Shortcut]:
    """Return the shortcuts of an application that has its routes."""
    routes = {each.endpoint: each for each in app.routes if isinstance(each, APIRoute)}
    return (
        Shortcut(routes[place_order], place_plain_order),
        Shortcut(routes[fill_cart], fill_plain_cart),
    )


async def place_plain_order(state: Any, headers: Headers, body: bytes) -> Answer | None:  # noqa: ANN401 - the application's
    """Answer `POST /orders` of a customer whose key and body are well-formed."""
    caller, wanted = _caller(state, headers), parsed(OrderRequest, body)
    key = headers.get(b"idempotency-key", b"").decode("latin-1")
    if caller is None or wanted is None or not PLAIN_KEY.fullmatch(key):
        return None
    cart = OrderCart(CartRepository(state.redis_batches))
    return await place(state.checkout, cart, caller.customer_id, key, wanted)


async def fill_plain_cart(state: Any, headers: Headers, body: bytes) -> Answer | None:  # noqa: ANN401 - the application's
    """Answer `PUT /carts/mine` of a customer whose body is well-formed."""
    caller, wanted = _caller(state, headers), parsed(CartChange, body)
    if caller is None or wanted is None or b"cart-token" in headers:
        return None
    carts = CartRepository(state.redis_batches)
    owner = of_customer(caller.customer_id)
    service = CartService(owner, carts, state.listings, state.currency, utc_now)
    cart = await service.fill(wanted.quantities())
    return Answer(200, JSON, cart.model_dump_json().encode())


def _caller(state: Any, headers: Headers) -> Caller | None:  # noqa: ANN401 - the application's
    return spoken_for(state, headers.get(b"authorization", b"").decode("latin-1"))
