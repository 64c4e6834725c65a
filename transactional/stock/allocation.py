"""Which warehouse sends what: the nearest that can fill, split only if none can."""

from collections.abc import Mapping, Sequence

Available = dict[int, dict[int, int]]
"""Units that can be sold: by product id, by warehouse id."""
Allocation = dict[int, dict[int, int]]
"""Units to send: by product id, by warehouse id; every number above 0."""


def allocate(
    quantities: Mapping[int, int], available: Available, nearest_first: Sequence[int]
) -> Allocation | None:
    """Return who sends what; None if all warehouses together have too few of some product.

    1. The nearest warehouse that holds the whole order sends all of it, in one parcel.
    2. If none does, each product comes from the nearest warehouse that holds all its units.
    3. If none does, its units come from several, the nearest first.

    Parameters
    ----------
    quantities
        Units wanted by product id, each above 0.
    nearest_first
        Warehouse ids by distance from the customer; no other is asked.
    """
    for warehouse_id in nearest_first:
        if all(_n(available, id_, warehouse_id) >= n for id_, n in quantities.items()):
            return {id_: {warehouse_id: n} for id_, n in quantities.items()}
    allocation: Allocation = {}
    for product_id, quantity in quantities.items():
        parts = _parts(product_id, quantity, available, nearest_first)
        if parts is None:
            return None
        allocation[product_id] = parts
    return allocation


def take(allocation: Allocation, available: Available) -> None:
    """Take allocated units out of `available`, in place."""
    for product_id, parts in allocation.items():
        for warehouse_id, n in parts.items():
            available[product_id][warehouse_id] -= n


def n_available(product_id: int, available: Available) -> int:
    """Return the units of a product in all warehouses together."""
    return sum(available.get(product_id, {}).values())


def _parts(
    product_id: int, quantity: int, available: Available, nearest_first: Sequence[int]
) -> dict[int, int] | None:
    for warehouse_id in nearest_first:
        if _n(available, product_id, warehouse_id) >= quantity:
            return {warehouse_id: quantity}
    parts: dict[int, int] = {}
    for warehouse_id in nearest_first:
        n = min(quantity, _n(available, product_id, warehouse_id))
        if n > 0:
            parts[warehouse_id] = n
            quantity -= n
    return parts if quantity == 0 else None


def _n(available: Available, product_id: int, warehouse_id: int) -> int:
    return available.get(product_id, {}).get(warehouse_id, 0)
