"""What the plan of purchases starts from: units, terms and sales, by the shop or by the lake."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.schemas.logs import ProductVersion, StockLevel
from jobs.partitions import Partitions
from models.planning.lead_times import Floats, Ints, Receipts

WHOLE_SHOP = 0
ASSUMED_COST_RATIO = 0.6
"""Of the price: what a unit is taken to cost where nobody said so."""
SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Position:
    """Arrays of n rows, one for each product in each open warehouse.

    `share` is the warehouse's part of the product's demand, adding up to 1; `service_class` is "" where
    the product's own revenue and variation decide; `shelf_life_days` is infinite for what keeps.
    """

    product_id: Ints
    warehouse_id: Ints
    n_on_hand: Ints
    n_reserved: Ints
    n_on_order: Ints
    share: Floats
    supplier: list[str]
    unit_cost_cents: Floats
    price_cents: Floats
    pack_size: Floats
    minimum_order: Floats
    shelf_life_days: Floats
    service_class: list[str]

    def __len__(self) -> int:
        return len(self.product_id)

    @property
    def suppliers(self) -> list[str]:
        """Names, each once, in order."""
        return sorted(set(self.supplier))


def in_shop(products: Sequence[Mapping[str, Any]]) -> Position:
    """Return the position that the shop told of: published products that have terms."""
    rows = [
        {**product, **product["terms"], **warehouse, "share": share}
        for product in products
        for warehouse, share in zip(
            product["warehouses"], shares(product["warehouses"]), strict=True
        )
    ]

    def column(name: str, kind: type = int, missing: float | None = None) -> Any:  # noqa: ANN401
        values = [missing if row[name] is None else row[name] for row in rows]
        return np.array(values, dtype=np.int64 if kind is int else np.float64)

    return Position(
        product_id=column("product_id"),
        warehouse_id=column("warehouse_id"),
        n_on_hand=column("n_on_hand"),
        n_reserved=column("n_reserved"),
        n_on_order=column("n_on_order"),
        share=column("share", float),
        supplier=[row["supplier"] for row in rows],
        unit_cost_cents=column("unit_cost_cents", float),
        price_cents=column("price_cents", float),
        pack_size=column("pack_size", float),
        minimum_order=column("minimum_order", float),
        shelf_life_days=column("shelf_life_days", float, np.inf),
        service_class=[row["service_class"] or "" for row in rows],
    )


def shares(warehouses: Sequence[Mapping[str, Any]]) -> list[float]:
    """Return each warehouse's part of what is wanted, by what it sold; one unit more for each."""
    n_sold = [warehouse["n_sold"] + 1 for warehouse in warehouses]
    return [n / sum(n_sold) for n in n_sold]


def in_lake(lake: Partitions, date: dt.date) -> Position:
    """Return what the logs tell by the end of a day: the whole shop as one warehouse.

    They know no suppliers and no terms: each seller is a supplier of single units, and a unit costs
    `ASSUMED_COST_RATIO` of its price. What is on order they don't know either.
    """
    columns = ["product_id", "occurred_at", "seller_id", "price_cents", "status"]
    products = newest(lake.read(ProductVersion, None, date, columns))
    products = products.filter(pc.equal(products["status"], "published"))
    levels = newest(lake.read(StockLevel, None, date, ["product_id", "occurred_at", "n_available"]))
    joined = products.join(levels.drop_columns(["occurred_at"]), "product_id").sort_by("product_id")
    n, price = joined.num_rows, joined["price_cents"].to_numpy().astype(np.float64)
    zeros, ones = np.zeros(n, np.int64), np.ones(n)
    return Position(
        product_id=joined["product_id"].to_numpy(),
        warehouse_id=zeros + WHOLE_SHOP,
        n_on_hand=pc.fill_null(joined["n_available"], 0).to_numpy(),
        n_reserved=zeros,
        n_on_order=zeros,
        share=ones,
        supplier=supplier_names(joined["seller_id"]),
        unit_cost_cents=np.rint(ASSUMED_COST_RATIO * price),
        price_cents=price,
        pack_size=ones,
        minimum_order=ones,
        shelf_life_days=np.full(n, np.inf),
        service_class=[""] * n,
    )


def supplier_names(seller_ids: pa.ChunkedArray) -> list[str]:
    """Return who supplies products where nobody said so: their sellers."""
    return [f"seller {each}" if each else "the shop's own" for each in seller_ids.to_pylist()]


def newest(rows: pa.Table) -> pa.Table:
    """Return each product's newest row."""
    rows = rows.sort_by([("product_id", "ascending"), ("occurred_at", "ascending")])
    ids = rows["product_id"].to_numpy()
    return rows.filter(np.append(ids[1:] != ids[:-1], True)[: len(ids)])


def receipts_of(suppliers: Sequence[str], told: Sequence[Mapping[str, Any]]) -> Receipts:
    """Return what came of these suppliers, by their place in the list."""
    place = {name: row for row, name in enumerate(suppliers)}
    known = [each for each in told if each["supplier"] in place]

    def moment(each: Mapping[str, Any], name: str) -> float:
        return dt.datetime.fromisoformat(each[name]).timestamp() / SECONDS_A_DAY

    days = [moment(each, "received_at") - moment(each, "ordered_at") for each in known]
    return Receipts(
        np.array([place[each["supplier"]] for each in known], np.int64),
        np.maximum(np.array(days, np.float64), 0),
        np.array([each["n_units"] for each in known], np.float64),
    )
