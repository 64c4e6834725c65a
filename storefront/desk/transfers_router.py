"""/ops/transfers: what is proposed to be moved between warehouses."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from features.schemas.row import Id
from storefront.apis import ApiError
from storefront.deps import FormDep
from storefront.desk.desk import Desk, DeskDep, Pairs, after
from storefront.desk.purchases_router import warehouse_names
from storefront.errors import PageRoute

router = APIRouter(prefix="/ops/transfers", route_class=PageRoute)
TransferId = Annotated[Id, Path()]
Cursor = Annotated[str, Query(max_length=500)]
STATUSES = ("draft", "moved", "rejected")
Status = Annotated[str, Query(pattern=f"^({'|'.join(STATUSES)})$")]


@router.get("")
async def list_transfers(desk: DeskDep, status: Status = "draft", cursor: Cursor = "") -> Response:
    """Show proposed transfers."""
    return await _transfers(desk, status, cursor)


@router.post("/{transfer_id}")
async def decide(transfer_id: TransferId, desk: DeskDep, form: FormDep) -> Response:
    """Move the units of a draft, others than proposed if so typed, or reject it."""
    shop, path = desk.apis.shop, f"/stock/transfer-drafts/{transfer_id}"
    step, version = form.text("step"), form.number("version")
    try:
        if step == "approve":
            if form.number("units") != form.number("proposed"):
                body = {"quantity": form.number("units")}
                changed = await shop.send("PATCH", path, body, _if_match(version))
                version = changed["version"]
            await shop.send("POST", f"{path}/approve", headers=_if_match(version))
        elif step == "reject":
            reason = {"reason": form.text("reason")}
            await shop.send("POST", f"{path}/reject", reason, _if_match(version))
        else:
            return desk.clerk.message("invalid", 422)
    except ApiError as error:
        return await _transfers(desk, "draft", "", desk.why(error))
    return desk.go("/ops/transfers", f"transfer_{step}", transfer_id)


def _if_match(version: int) -> dict[str, str]:
    return {"If-Match": f'"{version}"'}


async def _transfers(desk: Desk, status: str, cursor: str, refusal: str = "") -> Response:
    params: Pairs = [("status", status), ("limit", 25), *after(cursor)]
    found, names = await asyncio.gather(
        desk.apis.shop.get("/stock/transfer-drafts", params), warehouse_names(desk)
    )
    cards = await desk.clerk.shelf.cards(each["product_id"] for each in found["transfers"])
    data = {**found, "names": names, "cards": cards, "status": status, "statuses": STATUSES}
    return desk.page("transfers", data, refusal)
