"""From what a customer sends to an order: the lines are those of the request or of the cart."""

from transactional.orders.cart import OrderCart, wanted
from transactional.orders.checkout import Checkout, fingerprint
from transactional.orders.decisions import Wish, bare
from transactional.orders.placing import Request
from transactional.orders.schemas import OrderRequest
from web.shortcuts import Answer


async def place(
    checkout: Checkout, cart: OrderCart, customer_id: int, key: str, body: OrderRequest
) -> Answer:
    """Place an order, and take what was ordered out of the cart if it came from there."""
    quantities = body.quantities()
    digest = fingerprint(quantities, body.codes, body.payment_method, body.address_id)
    from_cart = await cart.lines(customer_id) if quantities is None else {}
    lines = wanted(from_cart) if quantities is None else bare(quantities)
    wish = Wish(customer_id, lines, tuple(body.codes), body.address_id)
    answer = await checkout.place(Request(wish, key, digest, body.payment_method))
    if from_cart and answer.status == 201:
        await cart.take_out(customer_id, from_cart)
    return answer
