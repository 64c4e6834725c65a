"""A seller's pages: what a form says of a product, and what is shown of orders."""

import re
from dataclasses import dataclass

from storefront.apis import Document
from storefront.deps import Form

AMOUNT = re.compile(r"(\d{1,7})(?:[.,](\d{1,2}))?")


class AmountError(ValueError):
    """A price that is none."""


class CountError(ValueError):
    """A number of units that is none."""


def cents_of(amount: str) -> int:
    """Return the cents of an amount such as `12.5` or `12,50`.

    Raises
    ------
    AmountError
        If it is no amount above 0.
    """
    found = AMOUNT.fullmatch(amount.strip())
    cents = int(found[1]) * 100 + int((found[2] or "0").ljust(2, "0")) if found else 0
    if cents <= 0:
        raise AmountError(amount)
    return cents


def amount_of(cents: int) -> str:
    """Return cents as a form has them."""
    return f"{cents // 100}.{cents % 100:02d}"


def movement_of(form: Form) -> dict[str, object]:
    """Return what the API takes for a count: how many units more, or fewer, there are than before.

    Raises
    ------
    CountError
        If it is no whole number, or the same as before.
    """
    delta = form.number("units", -1) - form.number("before")
    if form.number("units", -1) < 0 or delta == 0:
        raise CountError(form.text("units"))
    reason = "received" if delta > 0 else "corrected"
    return {"warehouse_id": form.number("warehouse_id") or None, "delta": delta, "reason": reason}


def n_free(stock: Document) -> int:
    """Return a product's units that are promised to nobody, as they are now: its public page may be older."""
    return sum(each["n_on_hand"] - each["n_reserved"] for each in stock["warehouses"])


def product_of(form: Form) -> dict[str, object]:
    """Return what the API takes for a product.

    Raises
    ------
    AmountError
        If the price is none.
    """
    category_id = form.number("category_id")
    return {
        "title": form.text("title"),
        "description": form.text("description"),
        "price_cents": cents_of(form.text("price")),
        "category_id": category_id or None,
        "brand": form.text("brand") or None,
    }


@dataclass(frozen=True)
class Work:
    """An order, and what its seller has to do next: `pack`, `ship`, `deliver` or nothing."""

    order: Document
    next_step: str
    shipments: list[Document]


def work_of(order: Document) -> Work:
    """Return what is to be done for an order."""
    shipments = order["shipments"]
    if order["status"] == "confirmed":
        return Work(order, "pack", [])
    for step, status in (("ship", "packing"), ("deliver", "shipped")):
        waiting = [each for each in shipments if each["status"] == status]
        if waiting:
            return Work(order, step, waiting)
    return Work(order, "", [])
