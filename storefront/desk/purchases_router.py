"""/ops/purchases: what is proposed to be ordered of suppliers, and what was ordered."""

import asyncio
import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from features.schemas.row import Id
from storefront.apis import ApiError, Document, RefusedError
from storefront.deps import Form, FormDep
from storefront.desk.desk import Desk, DeskDep, Pairs, after
from storefront.desk.fields import FieldError, whole
from storefront.errors import PageRoute

router = APIRouter(prefix="/ops/purchases", route_class=PageRoute)
OrderId = Annotated[Id, Path()]
Cursor = Annotated[str, Query(max_length=500)]
STATUSES = ("draft", "open", "received", "closed", "rejected")
Status = Annotated[str, Query(pattern=f"^({'|'.join(STATUSES)})$")]
QUANTITY = re.compile(r"units-(\d{1,3})")
PATH = "/stock/purchase-orders"
NOTHING: Mapping[str, str] = MappingProxyType({})


@router.get("")
async def list_orders(desk: DeskDep, status: Status = "draft", cursor: Cursor = "") -> Response:
    """Show purchase orders of a status, the oldest first."""
    params: Pairs = [("status", status), ("limit", 25), *after(cursor)]
    found, names = await asyncio.gather(desk.apis.shop.get(PATH, params), warehouse_names(desk))
    orders = [(each, *sums_of(each)) for each in found["purchase_orders"]]
    data = {"orders": orders, "names": names, "status": status, "statuses": STATUSES}
    return desk.page("purchases", {**data, "next_cursor": found["next_cursor"]})


@router.get("/{purchase_order_id}")
async def show_order(purchase_order_id: OrderId, desk: DeskDep) -> Response:
    """Show a purchase order, and why it is proposed."""
    return await _order(desk, purchase_order_id)


@router.post("/{purchase_order_id}")
async def decide(purchase_order_id: OrderId, desk: DeskDep, form: FormDep) -> Response:
    """Change a draft's quantities, approve it, or reject it with a reason."""
    shop, path = desk.apis.shop, f"{PATH}/{purchase_order_id}"
    step, version = form.text("step"), {"If-Match": f'"{form.number("version")}"'}
    try:
        if step == "edit":
            await shop.send("PATCH", path, {"lines": quantities_of(form)}, version)
        elif step == "approve":
            await shop.send("POST", f"{path}/approve", headers=version)
        elif step == "reject":
            reason = {"reason": form.text("reason")}
            await shop.send("POST", f"{path}/reject", reason, version)
        elif step == "close":
            await shop.send("POST", f"{path}/close")
        else:
            return desk.clerk.message("invalid", 422)
    except FieldError:
        return await _order(desk, purchase_order_id, desk.speak("desk.no_number"))
    except ApiError as error:
        return await _order(desk, purchase_order_id, desk.why(error))
    return desk.go(f"/ops/purchases/{purchase_order_id}", f"order_{step}", purchase_order_id)


@router.post("/{purchase_order_id}/receipts")
async def receive(purchase_order_id: OrderId, desk: DeskDep, form: FormDep) -> Response:
    """Take a delivery in: all of an order, some lines, some of their units."""
    lines: list[dict[str, int]] = []
    try:
        lines = [each for each in quantities_of(form) if each["quantity"]]
        if not lines:
            why = desk.speak("desk_purchases.nothing_came")
            return await _order(desk, purchase_order_id, why, form=form)
        body = {"delivery_note": form.text("delivery_note"), "lines": lines}
        await desk.apis.shop.send("POST", f"{PATH}/{purchase_order_id}/receipts", body)
    except FieldError as error:
        wrong = {error.name: desk.speak("desk.unreadable")}
        return await _order(desk, purchase_order_id, desk.speak("desk.wrong_fields"), wrong, form)
    except ApiError as error:
        wrong = wrong_of(error, lines) if isinstance(error, RefusedError) else {}
        why = desk.speak("desk.wrong_fields") if wrong else desk.why(error)
        return await _order(desk, purchase_order_id, why, wrong, form)
    return desk.go(f"/ops/purchases/{purchase_order_id}", "order_receive", purchase_order_id)


async def _order(
    desk: Desk,
    purchase_order_id: int,
    refusal: str = "",
    wrong: Mapping[str, str] = NOTHING,
    form: Form | None = None,
) -> Response:
    order, names = await asyncio.gather(
        desk.apis.shop.get(f"{PATH}/{purchase_order_id}"), warehouse_names(desk)
    )
    cards = await desk.clerk.shelf.cards(each["product_id"] for each in order["lines"])
    n_units, cents = sums_of(order)
    data = {
        "order": order,
        "names": names,
        "cards": cards,
        "n_units": n_units,
        "cents": cents,
        "facts": facts_of,
        "wrong": wrong,
        "typed": {name: form.text(name) for name in form.data} if form else {},
    }
    return desk.page("purchase", data, refusal)


async def warehouse_names(desk: Desk) -> dict[int, str]:
    """Return the warehouses' names by id."""
    found = await desk.apis.shop.get("/stock/warehouses")
    return {each["warehouse_id"]: each["name"] for each in found}


def sums_of(order: Document) -> tuple[int, int | None]:
    """Return the units of a purchase order and what they cost; None if a cost is not known."""
    lines = order["lines"]
    costs = [each["unit_cost_cents"] for each in lines]
    n_units = sum(each["n_ordered"] for each in lines)
    if None in costs:
        return n_units, None
    return n_units, sum(each["n_ordered"] * each["unit_cost_cents"] for each in lines)


def quantities_of(form: Form) -> list[dict[str, int]]:
    """Return the quantities that a form has, by line: fields `units-<line>`.

    Raises
    ------
    FieldError
        If one is no whole number.
    """
    fields = [match for name in form.data if (match := QUANTITY.fullmatch(name))]
    typed = [(int(match[1]), whole(form, match[0])) for match in fields]
    return [{"line_number": line, "quantity": n} for line, n in typed if n is not None]


def wrong_of(error: RefusedError, lines: Sequence[Mapping[str, int]]) -> dict[str, str]:
    """Return what the API finds wrong with a delivery of these lines, by field of the form."""
    if "line_number" in error.problem:
        return {f"units-{error.problem['line_number']}": str(error.problem["detail"])}
    found: dict[str, str] = {}
    for each in error.problem.get("errors") or ():
        name, *rest = str(each["field"]).removeprefix("body.").split(".")
        of_line = name == "lines" and rest and rest[0].isdecimal()
        field = f"units-{lines[int(rest[0])]['line_number']}" if of_line else name
        found.setdefault(field, str(each["detail"]))
    return found


def facts_of(explanation: Document | None) -> list[tuple[str, object]]:
    """Return the facts of a plan by name, but for the sentence that says them."""
    facts = (explanation or {}).items()
    return [(name.replace("_", " "), value) for name, value in facts if name != "sentence"]
