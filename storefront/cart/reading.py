"""Reads and changes the cart of a visit: a guest gets one with the first thing that is put in."""

from collections.abc import Mapping

from storefront.apis import Api, Document, RefusedError
from storefront.cart.basket import EMPTY, Basket, basket_of, kept_notices, remember
from storefront.deps import Clerk
from storefront.visits import ACCESS, CART, CART_SECONDS, N_UNITS, NOTICES, Visit

NO_CART: Document = {"lines": [], "total_cents": 0, "notices": []}


async def read_cart(visit: Visit, shop: Api) -> Document:
    """Return the cart; an empty one for who has none, or whose cart was given up."""
    if not (visit.get(ACCESS) or visit.get(CART)):
        return NO_CART
    try:
        found: Document = await shop.get("/carts/mine")
    except RefusedError as error:
        if error.kind != "unknown-cart":
            raise
        visit.forget(CART)
        return NO_CART
    return found


async def read_basket(clerk: Clerk) -> Basket:
    """Return the cart to be shown now; its notices count as told."""
    visit, shelf = clerk.visit, clerk.shelf
    cart = await read_cart(visit, clerk.apis.shop)
    kept = kept_notices(visit)
    if kept:
        visit.forget(NOTICES)
    visit.keep(N_UNITS, str(sum(line["quantity"] for line in cart["lines"])), CART_SECONDS)
    if not cart["lines"]:
        return EMPTY
    known = await shelf.cards(line["product_id"] for line in cart["lines"])
    return basket_of(cart, known, kept)


async def put(visit: Visit, shop: Api, quantities: Mapping[int, int]) -> Document:
    """Set units by product id, 0 to take one out, and return the cart.

    Raises
    ------
    RefusedError
        If a product cannot be bought or the cart is full; the ones before it are in.
    """
    shop = await _with_cart(visit, shop)
    cart: Document = NO_CART
    told: list[Document] = []
    for product_id, quantity in quantities.items():
        path = f"/carts/mine/lines/{product_id}"
        if quantity:
            cart = await shop.send("PUT", path, {"quantity": quantity})
        else:
            cart = await shop.send("DELETE", path)
        told += cart["notices"]
    return {**cart, "notices": told}


async def _with_cart(visit: Visit, shop: Api) -> Api:
    """Return the shop, asked with a cart; one that was given up is replaced."""
    if visit.get(CART) and not visit.get(ACCESS):
        remember(visit, await read_cart(visit, shop))
    if visit.get(ACCESS) or visit.get(CART):
        return shop
    made = await shop.send("POST", "/carts")
    visit.keep(CART, made["cart_token"], CART_SECONDS)
    return Api(shop.client, visit.headers)
