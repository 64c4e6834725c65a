"""Units that lie idle in one warehouse and lack in another: moving them comes before buying."""

from dataclasses import dataclass

import numpy as np

from models.planning.lead_times import Floats


@dataclass(frozen=True)
class Transfer:
    """Units of a product (its row) from one warehouse (its column) to another."""

    product: int
    from_warehouse: int
    to_warehouse: int
    n_units: int


def transfers(free: Floats, kept: Floats, wanted: Floats) -> list[Transfer]:
    """Return what to move: the warehouse that lacks most takes from the one that has most over.

    Parameters
    ----------
    free : array of shape (n_products, n_warehouses)
        Units on hand that are promised to nobody.
    kept
        What each warehouse needs itself until an order of its own would have come; it gives
        nothing of that.
    wanted
        Units each would order; 0 where it has enough. No more is moved there.
    """
    over, lacking = np.floor(np.maximum(free - kept, 0)), np.ceil(wanted)
    both = np.nonzero((over > 0).any(axis=1) & (lacking > 0).any(axis=1))[0]
    return [each for product in both for each in _of_one(int(product), over, lacking)]


def _of_one(product: int, over: Floats, lacking: Floats) -> list[Transfer]:
    """Return the moves of one product; who lacks units gives none."""
    has, lacks = np.where(lacking[product] > 0, 0, over[product]), lacking[product].copy()
    found = []
    while has.max() > 0 and lacks.max() > 0:
        giver, taker = int(has.argmax()), int(lacks.argmax())
        n_units = int(min(has[giver], lacks[taker]))
        found.append(Transfer(product, giver, taker, n_units))
        has[giver] -= n_units
        lacks[taker] -= n_units
    return found
