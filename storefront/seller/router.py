"""/sell: applying, a seller's products, orders and money."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from features.schemas.row import Id
from storefront.apis import Document, RefusedError, part
from storefront.deps import Clerk, ClerkDep, CustomerDep, Form, FormDep
from storefront.errors import PageRoute
from storefront.problems import sentence
from storefront.seller.business import (
    AmountError,
    CountError,
    amount_of,
    movement_of,
    n_free,
    product_of,
    work_of,
)

router = APIRouter(prefix="/sell", route_class=PageRoute)
ProductId = Annotated[Id, Path()]
OrderId = Annotated[Id, Path()]
Cursor = Annotated[str, Query(max_length=200)]


@router.get("")
async def show_business(_: CustomerDep, clerk: ClerkDep) -> Response:
    """Show the business, or ask to apply."""
    return await _business(clerk)


@router.post("")
async def apply(_: CustomerDep, clerk: ClerkDep, form: FormDep) -> Response:
    """Ask to sell in this shop."""
    body = {"name": form.text("name"), "about": form.text("about")}
    try:
        await clerk.apis.shop.send("POST", "/sellers", body)
    except RefusedError as error:
        return await _business(clerk, sentence(error, clerk.speak), body)
    return clerk.go("/sell")


async def _business(
    clerk: Clerk,
    refusal: str = "",
    typed: dict[str, str] | None = None,
) -> Response:
    try:
        business = await clerk.apis.shop.get("/sellers/me")
    except RefusedError as error:
        if error.status == 401:
            raise
        business = None
    approved = business is not None and business["status"] == "approved"
    balance, orders = None, None
    if approved:
        balance, orders = await asyncio.gather(
            part(clerk.apis.shop.get("/sellers/me/balance")),
            part(clerk.apis.shop.get("/sellers/me/orders", [("status", "waiting"), ("limit", 5)])),
        )
    data = {
        "business": business,
        "is_approved": approved,
        "balance": balance,
        "waiting": orders,
        "refusal": refusal,
        "typed": typed or {"name": "", "about": ""},
    }
    return clerk.page("sell.html", data, 422 if refusal else 200)


@router.get("/products")
async def list_products(_: CustomerDep, clerk: ClerkDep, cursor: Cursor = "") -> Response:
    """Show the seller's products with their units."""
    found = await clerk.apis.shop.get("/catalogue/listings", _from(cursor))
    whole = await asyncio.gather(
        *(
            part(clerk.apis.shop.get(f"/catalogue/products/{each['product_id']}"))
            for each in found["products"]
        )
    )
    units = {each["product_id"]: each["n_available"] for each in whole if each}
    data = {"products": found["products"], "units": units, "next_cursor": found["next_cursor"]}
    return clerk.page("sell_products.html", data)


@router.get("/products/new")
async def show_new_product(_: CustomerDep, clerk: ClerkDep) -> Response:
    """Ask for a new product."""
    return await _product_form(clerk, None)


@router.post("/products/new")
async def create_product(
    _: CustomerDep,
    clerk: ClerkDep,
    form: FormDep,
) -> Response:
    """List a product, as a draft."""
    try:
        made = await clerk.apis.shop.send("POST", "/catalogue/products", product_of(form))
    except (AmountError, RefusedError) as error:
        return await _product_form(clerk, None, _why(error, clerk), form)
    return clerk.go(f"/sell/products/{made['product_id']}")


@router.get("/products/{product_id}")
async def show_own_product(
    product_id: ProductId,
    _: CustomerDep,
    clerk: ClerkDep,
) -> Response:
    """Show a product, to be changed."""
    found = await clerk.apis.shop.get(f"/catalogue/products/{product_id}")
    return await _product_form(clerk, found)


@router.post("/products/{product_id}")
async def change_product(
    product_id: ProductId,
    _: CustomerDep,
    clerk: ClerkDep,
    form: FormDep,
) -> Response:
    """Change a product, publish it, or take it out of the shop."""
    path = f"/catalogue/products/{product_id}"
    try:
        status = form.text("status")
        change = {"status": status} if status else product_of(form)
        await clerk.apis.shop.send("PATCH", path, change, _if_match(form))
    except (AmountError, RefusedError) as error:
        found = await clerk.apis.shop.get(path)
        return await _product_form(clerk, found, _why(error, clerk), form)
    return clerk.go("/sell/products")


@router.post("/products/{product_id}/stock")
async def count_stock(
    product_id: ProductId,
    _: CustomerDep,
    clerk: ClerkDep,
    form: FormDep,
) -> Response:
    """Say how many units of a product there are."""
    path = f"/sellers/me/products/{product_id}/stock"
    try:
        await clerk.apis.shop.send("POST", path, movement_of(form), _if_match(form))
    except (CountError, RefusedError) as error:
        found = await clerk.apis.shop.get(f"/catalogue/products/{product_id}")
        return await _product_form(clerk, found, _why(error, clerk))
    return clerk.go(f"/sell/products/{product_id}")


def _if_match(form: Form) -> dict[str, str]:
    version = form.text("version")
    return {"If-Match": f'"{version}"'} if version.isdecimal() else {}


def _why(error: AmountError | CountError | RefusedError, clerk: Clerk) -> str:
    if isinstance(error, AmountError):
        return clerk.speak("sell.bad_price")
    if isinstance(error, CountError):
        return clerk.speak("sell.bad_count")
    return sentence(error, clerk.speak)


async def _product_form(
    clerk: Clerk,
    product: Document | None,
    refusal: str = "",
    form: Form | None = None,
) -> Response:
    tree, stock = await asyncio.gather(clerk.shelf.tree(), _stock(clerk, product))
    names = ("title", "description", "price", "brand", "category_id")
    typed = {name: form.text(name) for name in names} if form else _fields(product)
    data = {
        "product": product,
        "typed": typed,
        "refusal": refusal,
        "categories": list(tree.categories.values()) if tree else [],
        "stock": stock,
        "n_free": n_free(stock) if stock else 0,
    }
    return clerk.page("sell_product.html", data, 422 if refusal else 200)


async def _stock(clerk: Clerk, product: Document | None) -> Document | None:
    """Return a product's units by warehouse; None if they cannot be had now."""
    if product is None:
        return None
    return await part(clerk.apis.shop.get(f"/sellers/me/products/{product['product_id']}/stock"))


def _fields(product: Document | None) -> dict[str, str]:
    if product is None:
        return dict.fromkeys(("title", "description", "price", "brand", "category_id"), "")
    return {
        "title": product["title"],
        "description": product["description"],
        "price": amount_of(product["price_cents"]),
        "brand": product["brand"] or "",
        "category_id": str(product["category_id"] or ""),
    }


@router.get("/orders")
async def list_orders(_: CustomerDep, clerk: ClerkDep, cursor: Cursor = "") -> Response:
    """Show orders with something of the seller's."""
    return await _orders(clerk, cursor)


@router.post("/orders/{order_id}")
async def do_next_step(
    order_id: OrderId,
    _: CustomerDep,
    clerk: ClerkDep,
    form: FormDep,
) -> Response:
    """Pack an order, hand a parcel to its carrier, or note that it came."""
    path, shipment = f"/sellers/me/orders/{order_id}", f"shipments/{form.number('number')}"
    dispatch = {"carrier": form.text("carrier"), "tracking": form.text("tracking")}
    steps = {
        "pack": (f"{path}/pack", None),
        "ship": (f"{path}/{shipment}/ship", dispatch),
        "deliver": (f"{path}/{shipment}/deliver", None),
    }
    if form.text("step") not in steps:
        return clerk.message("invalid", 422)
    try:
        await clerk.apis.shop.send("POST", *steps[form.text("step")])
    except RefusedError as error:
        return await _orders(clerk, "", sentence(error, clerk.speak))
    return clerk.go("/sell/orders")


async def _orders(clerk: Clerk, cursor: str, refusal: str = "") -> Response:
    found = await clerk.apis.shop.get("/sellers/me/orders", _from(cursor))
    data = {
        "works": [work_of(each) for each in found["orders"]],
        "next_cursor": found["next_cursor"],
        "refusal": refusal,
    }
    return clerk.page("sell_orders.html", data, 409 if refusal else 200)


@router.get("/money")
async def show_money(_: CustomerDep, clerk: ClerkDep, cursor: Cursor = "") -> Response:
    """Show balance, ledger and payouts."""
    balance, ledger, payouts = await asyncio.gather(
        part(clerk.apis.shop.get("/sellers/me/balance")),
        clerk.apis.shop.get("/sellers/me/ledger", _from(cursor)),
        part(clerk.apis.shop.get("/sellers/me/payouts", [("limit", 5)])),
    )
    data = {"balance": balance, "ledger": ledger, "payouts": payouts}
    return clerk.page("sell_money.html", data)


def _from(cursor: str) -> list[tuple[str, str | int]]:
    return [("cursor", cursor)] if cursor else []
