"""/ops/stock: how long units last, and a product's stock."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from features.schemas.row import Id
from storefront.apis import ApiError, part
from storefront.deps import FormDep
from storefront.desk.charts import gauge
from storefront.desk.desk import Desk, DeskDep, Pairs, after
from storefront.desk.fields import decimal
from storefront.errors import PageRoute

router = APIRouter(prefix="/ops/stock", route_class=PageRoute)
ProductId = Annotated[Id, Path()]
Cursor = Annotated[str, Query(max_length=500)]
Search = Annotated[str, Query(max_length=200)]
SHORT_DAYS, ENOUGH_DAYS = 7.0, 28.0


@router.get("")
async def list_cover(desk: DeskDep, q: Search = "", cursor: Cursor = "") -> Response:
    """Show products, those first whose units last the shortest."""
    params: Pairs = [*([("q", q)] if q else []), ("limit", 25), *after(cursor)]
    found = await desk.apis.shop.get("/figures/cover", params)
    return desk.page(
        "stock", {**found, "q": q, "look": look_of, "gauge": gauge, "enough": ENOUGH_DAYS}
    )


def look_of(days_of_cover: float | None) -> str:
    """Return how urgent a cover is: `bad`, `short` or `good`."""
    if days_of_cover is None or days_of_cover >= ENOUGH_DAYS:
        return "good"
    return "short" if days_of_cover >= SHORT_DAYS else "bad"


@router.get("/{product_id}")
async def show_stock(product_id: ProductId, desk: DeskDep) -> Response:
    """Show where a product's units lie, and when there were none."""
    return await _stock(desk, product_id)


@router.post("/{product_id}/alert")
async def set_alert(product_id: ProductId, desk: DeskDep, form: FormDep) -> Response:
    """Have operators told by mail once few days of demand are left, or no more."""
    path = f"/stock/{product_id}/alert"
    try:
        days = decimal(form, "days_of_cover")
        if days is None:
            await desk.apis.shop.send("DELETE", path)
        else:
            await desk.apis.shop.send("PUT", path, {"days_of_cover": days})
    except (ApiError, ValueError) as error:
        return await _stock(desk, product_id, _why(desk, error))
    done = "alert_removed" if days is None else "alert_set"
    return desk.go(f"/ops/stock/{product_id}", done, product_id)


@router.post("/{product_id}/movements")
async def move_units(product_id: ProductId, desk: DeskDep, form: FormDep) -> Response:
    """Take units in, or correct what is counted."""
    try:
        body = {
            "product_id": product_id,
            "warehouse_id": form.number("warehouse_id") or None,
            "delta": int(form.text("delta")),
            "reason": form.text("reason"),
        }
        await desk.apis.shop.send("POST", "/stock/movements", body)
    except (ApiError, ValueError) as error:
        return await _stock(desk, product_id, _why(desk, error))
    return desk.go(f"/ops/stock/{product_id}", "moved_units", product_id)


async def _stock(desk: Desk, product_id: int, refusal: str = "") -> Response:
    shop = desk.apis.shop
    product, stock, warehouses, out, terms, cover = await asyncio.gather(
        shop.get(f"/catalogue/products/{product_id}"),
        shop.get(f"/stock/{product_id}"),
        shop.get("/stock/warehouses"),
        part(shop.get(f"/stock/{product_id}/stock-outs")),
        part(shop.get(f"/stock/{product_id}/terms")),
        part(shop.get("/figures/cover", [("q", product_id), ("limit", 1)])),
    )
    names = {each["warehouse_id"]: each["name"] for each in warehouses}
    data = {
        "product": product,
        "levels": stock["warehouses"],
        "warehouses": warehouses,
        "names": names,
        "out": out,
        "terms": terms,
        "cover": cover["products"][0] if cover and cover["products"] else None,
    }
    return desk.page("product_stock", data, refusal)


def _why(desk: Desk, error: ApiError | ValueError) -> str:
    return desk.why(error) if isinstance(error, ApiError) else desk.speak("desk.no_number")
