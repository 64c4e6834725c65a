"""/cart: showing it, putting in, changing, taking out, and promotion codes."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from features.schemas.row import Id
from storefront.apis import RefusedError
from storefront.cart.basket import MAX_QUANTITY, Basket, remember
from storefront.cart.reading import put, read_basket, read_cart
from storefront.deps import Clerk, ClerkDep, Form, FormDep
from storefront.errors import PageRoute
from storefront.lists import Wanted, lists
from storefront.problems import sentence
from storefront.visits import CODE, CODES, MAX_CODES, Visit

router = APIRouter(prefix="/cart", route_class=PageRoute)
ProductId = Annotated[Id, Path()]
MAX_AT_ONCE = 10


@router.get("")
async def show_cart(clerk: ClerkDep) -> Response:
    """Show the cart."""
    return await _shown(clerk)


@router.post("/lines")
async def add_to_cart(clerk: ClerkDep, form: FormDep) -> Response:
    """Put one product in, or several that go together: so many units more of each."""
    try:
        before = await read_cart(clerk.visit, clerk.apis.shop)
        remember(clerk.visit, before)
        remember(clerk.visit, await put(clerk.visit, clerk.apis.shop, _more(before["lines"], form)))
    except RefusedError as error:
        return await _shown(clerk, refusal=error)
    return clerk.go("/cart")


@router.post("/lines/{product_id}")
async def change_line(
    product_id: ProductId,
    clerk: ClerkDep,
    form: FormDep,
) -> Response:
    """Set how many units of a product there are; none takes it out."""
    quantity = 0 if form.text("remove") else min(form.number("quantity", 1), MAX_QUANTITY)
    try:
        remember(clerk.visit, await put(clerk.visit, clerk.apis.shop, {product_id: quantity}))
    except RefusedError as error:
        return await _shown(clerk, refusal=error)
    if clerk.visit.is_fragment:
        return await _shown(clerk)
    return clerk.go("/cart")


@router.post("/codes")
async def add_code(clerk: ClerkDep, form: FormDep) -> Response:
    """Keep a promotion code for the order, or take one away."""
    code, away = form.text("code"), form.text("remove")
    if code and not CODE.fullmatch(code):
        return await _shown(clerk, code_error=clerk.speak("cart.code_malformed"))
    codes = [each for each in clerk.visit.codes if each not in (away, code)]
    codes += [code] if code else []
    clerk.visit.keep(CODES, ".".join(codes[-MAX_CODES:]))
    return clerk.go(form.text("back") if form.text("back") == "/checkout" else "/cart")


async def _shown(
    clerk: Clerk,
    *,
    refusal: RefusedError | None = None,
    code_error: str = "",
) -> Response:
    basket = await read_basket(clerk)
    beside = (
        await lists(clerk.apis.serving, clerk.shelf, _beside(basket, clerk.visit))
        if not clerk.visit.is_fragment
        else {}
    )
    data = {
        "basket": basket,
        "lists": beside,
        "refusal": sentence(refusal, clerk.speak) if refusal else "",
        "code_error": code_error,
        "max_quantity": MAX_QUANTITY,
    }
    status = refusal.status if refusal and not clerk.visit.is_fragment else 200
    status = 422 if code_error else status
    return clerk.page("basket.html" if clerk.visit.is_fragment else "cart.html", data, status)


def _beside(basket: Basket, visit: Visit) -> list[Wanted]:
    inside: list[tuple[str, str | int]] = [("cart", line.product_id) for line in basket.lines[:20]]
    if visit.customer is not None:
        inside.append(("customer_id", visit.customer.customer_id))
    return [Wanted("cart_beside", "for_cart", inside)] if basket.lines else []


def _more(lines: list[dict[str, int]], form: Form) -> dict[int, int]:
    """Return units by product id: those of the cart, and so many more."""
    there = {line["product_id"]: line["quantity"] for line in lines}
    n_more = max(1, form.number("quantity", 1))
    ids = [int(each) for each in form.texts("product_id") if each.isdecimal() and len(each) < 16]
    return {
        product_id: min(there.get(product_id, 0) + n_more, MAX_QUANTITY)
        for product_id in ids[:MAX_AT_ONCE]
    }
