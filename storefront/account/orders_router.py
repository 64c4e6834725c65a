"""/orders: a customer's orders, what becomes of them, sending back, reviewing."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from features.schemas.row import Id
from storefront.account.progress import Tracked, is_final, tracked
from storefront.apis import RefusedError, part
from storefront.deps import Clerk, ClerkDep, CustomerDep, Form, FormDep
from storefront.errors import PageRoute
from storefront.problems import sentence

router = APIRouter(prefix="/orders", route_class=PageRoute)
OrderId = Annotated[Id, Path()]
LineNumber = Annotated[int, Path(ge=1, le=100)]


@router.get("")
async def list_orders(
    _: CustomerDep,
    clerk: ClerkDep,
    cursor: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """Show the orders, newest first."""
    params = [("cursor", cursor)] if cursor else []
    found = await clerk.apis.shop.get("/orders", params)
    data = {"orders": found["orders"], "next_cursor": found["next_cursor"]}
    return clerk.page("orders.html", data)


@router.get("/{order_id}")
async def show_order(
    order_id: OrderId,
    _: CustomerDep,
    clerk: ClerkDep,
    placed: Annotated[str, Query()] = "",
) -> Response:
    """Show an order and what became of it."""
    return await _order(order_id, clerk, was_placed=placed == "1")


@router.get("/{order_id}/status")
async def show_status(
    order_id: OrderId,
    _: CustomerDep,
    clerk: ClerkDep,
    seen: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """Return how far an order is, for the page that is open; 204 if it shows that already."""
    progress = tracked(await clerk.apis.shop.get(f"/orders/{order_id}/progress"))
    if seen == progress.digest:
        return Response(status_code=204)
    return clerk.page("order_changed.html", await _data(progress, clerk))


@router.post("/{order_id}/cancel")
async def cancel_order(
    order_id: OrderId,
    _: CustomerDep,
    clerk: ClerkDep,
    form: FormDep,
) -> Response:
    """Cancel an order."""
    del form
    try:
        await clerk.apis.shop.send("POST", f"/orders/{order_id}/cancel")
    except RefusedError as error:
        return await _order(order_id, clerk, sentence(error, clerk.speak))
    return clerk.go(f"/orders/{order_id}")


@router.post("/{order_id}/returns")
async def send_back(
    order_id: OrderId,
    _: CustomerDep,
    clerk: ClerkDep,
    form: FormDep,
) -> Response:
    """Announce units that go back."""
    body = {"lines": _returned(form), "reason": form.text("reason")}
    if not body["lines"] or not body["reason"]:
        return await _order(order_id, clerk, clerk.speak("order.return_incomplete"))
    try:
        await clerk.apis.shop.send("POST", f"/orders/{order_id}/returns", body)
    except RefusedError as error:
        return await _order(order_id, clerk, sentence(error, clerk.speak))
    return clerk.go(f"/orders/{order_id}")


def _returned(form: Form) -> list[dict[str, int]]:
    numbers = [int(name) for name in form.data if name.isdecimal() and len(name) < 4]
    lines = [{"line_number": n, "quantity": form.number(str(n))} for n in numbers]
    return [line for line in lines if line["quantity"] > 0]


@router.get("/{order_id}/reviews/{line_number}")
async def show_review(
    order_id: OrderId,
    line_number: LineNumber,
    _: CustomerDep,
    clerk: ClerkDep,
) -> Response:
    """Ask what the customer says of what they bought."""
    return await _review(order_id, line_number, clerk)


@router.post("/{order_id}/reviews/{line_number}")
async def write_review(
    order_id: OrderId,
    line_number: LineNumber,
    _: CustomerDep,
    clerk: ClerkDep,
    form: FormDep,
) -> Response:
    """Publish a review."""
    typed = {"title": form.text("title"), "body": form.text("body")}
    rating = form.number("rating")
    body = {"order_id": order_id, "line_number": line_number, "rating": rating, **typed}
    try:
        made = await clerk.apis.shop.send("POST", "/reviews", body)
    except RefusedError as error:
        refusal = sentence(error, clerk.speak)
        if error.status == 422:
            refusal = clerk.speak("review.incomplete")
        return await _review(order_id, line_number, clerk, {**typed, "rating": rating}, refusal)
    return clerk.go(f"/products/{made['product_id']}")


async def _review(
    order_id: int,
    line_number: int,
    clerk: Clerk,
    typed: dict[str, object] | None = None,
    refusal: str = "",
) -> Response:
    order = await clerk.apis.shop.get(f"/orders/{order_id}")
    lines = [each for each in order["lines"] if each["line_number"] == line_number]
    if not lines:
        return clerk.message("missing", 404)
    blank = {"title": "", "body": "", "rating": 0}
    data = {"order": order, "line": lines[0], "typed": typed or blank, "refusal": refusal}
    return clerk.page("review.html", data, 422 if refusal else 200)


async def _order(
    order_id: int,
    clerk: Clerk,
    refusal: str = "",
    *,
    was_placed: bool = False,
) -> Response:
    progress = tracked(await clerk.apis.shop.get(f"/orders/{order_id}/progress"))
    data = {
        **await _data(progress, clerk),
        "refusal": refusal,
        "was_placed": was_placed,
    }
    return clerk.page("order.html", data, 409 if refusal else 200)


async def _data(progress: Tracked, clerk: Clerk) -> dict[str, object]:
    order = progress.order
    return {
        "progress": progress,
        "order": order,
        "history": await part(clerk.apis.shop.get(f"/orders/{order['order_id']}/history")),
        "is_live": not is_final(progress),
        "digest": progress.digest,
    }
