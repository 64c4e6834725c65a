"""Which demand each warehouse is planned for (jobs.purchase_forecasts)."""

import numpy as np
import pytest

from jobs.purchase_forecasts import Foreseen, demand_by_place
from jobs.purchase_position import Position


def position(rows):
    """Rows of (product, warehouse, share of what the product sold)."""
    product, warehouse, share = (np.array(column) for column in zip(*rows, strict=True))
    known = {"product_id": product, "warehouse_id": warehouse, "share": share}
    others = set(Position.__dataclass_fields__) - set(known)
    return Position(**known, **dict.fromkeys(others, np.zeros(len(rows))))


def by_place(where, told):
    """Mean and spread of the rows of `where`, of one day, by rows of (product, warehouse, mean, spread)."""
    product, warehouse, mean, spread = (np.array(column) for column in zip(*told, strict=True))
    foreseen = Foreseen(product, warehouse, mean[:, None], spread[:, None])
    found = demand_by_place(position(where), foreseen)
    return [each.ravel().tolist() for each in found]


def test_a_warehouse_is_planned_for_what_was_foreseen_of_it():
    # Of product 2 nothing is told of warehouses: there, their shares count.
    where = [(1, 1, 0.9), (1, 2, 0.1), (2, 1, 0.9), (2, 2, 0.1)]
    told = [(1, 0, 8.0, 4.0), (1, 1, 6.0, 3.0), (1, 2, 2.0, 2.0), (2, 0, 10.0, 10.0)]

    mean, spread = by_place(where, told)

    assert mean == pytest.approx([6, 2, 9, 1])
    assert spread == pytest.approx([3, 2, 10 * 0.9**0.5, 10 * 0.1**0.5])


def test_a_new_warehouse_has_its_share_and_a_closed_ones_part_goes_to_the_others():
    where = [(1, 1, 0.8), (1, 3, 0.2)]
    told = [(1, 0, 10.0, 4.0), (1, 1, 5.0, 3.0), (1, 2, 5.0, 3.0)]

    mean, spread = by_place(where, told)

    assert mean == pytest.approx([8, 2])  # 5 is brought to what the share leaves
    assert spread == pytest.approx([3 * 1.6**0.5, 4 * 0.2**0.5])


def test_of_what_nobody_foresaw_nothing_is_wanted():
    assert by_place([(7, 1, 1.0)], [(1, 0, 10.0, 4.0)]) == [[0], [0]]
