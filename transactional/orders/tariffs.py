"""What depends on the customer's region alone: shipping, tax, which warehouse is near."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import text

from transactional.database import Connection
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


async def read_tariffs(connection: Connection) -> Tariffs:
    """Read the tables of regions, shipping and warehouses."""
    warehouses = [
        (warehouse_id, Place(latitude, longitude))
        for warehouse_id, latitude, longitude in await connection.execute(WAREHOUSES)
    ]
    steps: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for region, from_cents, shipping_cents in await connection.execute(STEPS):
        steps[region].append((from_cents, shipping_cents))
    rates: dict[str | None, RegionRates] = {}
    nearest: dict[str | None, Sequence[int]] = {}
    for region, latitude, longitude, tax_basis_points in await connection.execute(REGIONS):
        name = None if region == ELSEWHERE else region
        rates[name] = RegionRates(_from_nothing(steps[region]), tax_basis_points)
        nearest[name] = nearest_first(Place(latitude, longitude), warehouses)
    return Tariffs(rates, nearest)


def _from_nothing(steps: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    return tuple(steps if steps and steps[0][0] == 0 else [(0, 0), *steps])
