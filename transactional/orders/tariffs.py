"""What depends on the customer's region alone: shipping, tax, which warehouse is near."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from transactional.promotions.total import RegionRates
from transactional.stock.places import Place, nearest_first

ELSEWHERE = "*"
"""The row of `regions` that holds for every region without one."""

REGIONS = text("select region, latitude, longitude, tax_basis_points from regions")
STEPS = text("select region, from_cents, shipping_cents from shipping_steps order by 1, 2")
WAREHOUSES = text(
    "select warehouse_id, latitude, longitude from warehouses where is_open order by warehouse_id"
)


@dataclass(frozen=True)
class Tariffs:
    """By region; None stands for every region that has no entry."""

    rates: Mapping[str | None, RegionRates]
    nearest_first: Mapping[str | None, Sequence[int]]


async def read_tariffs(connection: AsyncConnection) -> Tariffs:
    """Read the tables of regions, shipping and warehouses."""
    warehouses = [
        (row.warehouse_id, Place(row.latitude, row.longitude))
        for row in await connection.execute(WAREHOUSES)
    ]
    steps: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for region, from_cents, shipping_cents in await connection.execute(STEPS):
        steps[region].append((from_cents, shipping_cents))
    regions = (await connection.execute(REGIONS)).all()
    return Tariffs(
        {_name(row): _rates(row, steps[row.region]) for row in regions},
        {
            _name(row): nearest_first(Place(row.latitude, row.longitude), warehouses)
            for row in regions
        },
    )


def _name(row: Any) -> str | None:  # noqa: ANN401 - a row
    return None if row.region == ELSEWHERE else str(row.region)


def _rates(row: Any, steps: list[tuple[int, int]]) -> RegionRates:  # noqa: ANN401 - a row
    starts_at_nothing = steps if steps and steps[0][0] == 0 else [(0, 0), *steps]
    return RegionRates(tuple(starts_at_nothing), row.tax_basis_points)
