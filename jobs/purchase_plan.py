"""The plan of a day's purchases, made of forecasts, sales, and a position."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from features.schemas.lake import DailyDemand
from jobs.partitions import Partitions
from jobs.purchase_forecasts import Foreseen, demand_by_place
from jobs.purchase_position import Position, receipts_of
from models.ids import rows_of
from models.planning.classes import Classes, ClassRules, classes, service_levels
from models.planning.explaining import Counted, Explanation, explained
from models.planning.lead_times import Ints, LeadTime, LeadTimes, learned
from models.planning.plan import Places, Plan, PlanRules, plan
from models.planning.reorder import Terms

WEEK, N_WEEKS = 7, 12
UNSOLD = "CZ"


@dataclass(frozen=True)
class Proposals:
    """A plan with all that explains it; its rows are those of `position`."""

    position: Position
    places: Places
    made: Plan
    rules: PlanRules
    service_class: list[str]

    def rows(self) -> list[int]:
        """Return the rows for which something is to be ordered or moved."""
        touched = (self.made.units > 0) | (self.made.moved_in > 0) | (self.made.moved_out > 0)
        return [int(row) for row in np.nonzero(touched)[0]]

    def explanation(self, row: int) -> Explanation:
        """Return why a row is what it is."""
        n_on_hand, n_reserved = self.position.n_on_hand[row], self.position.n_reserved[row]
        counted = Counted(self.service_class[row], int(n_on_hand), int(n_reserved))
        return explained(row, counted, self.places, self.made, self.rules)


def planned(
    position: Position,
    receipts: Sequence[Mapping[str, Any]],
    foreseen: Foreseen,
    by_product: Classes,
    rules: PlanRules,
) -> Proposals:
    """Return the plan; `by_product` are the classes of the products foreseen for the whole shop."""
    suppliers = position.suppliers
    at = foreseen.whole().rows_of(position.product_id, np.zeros_like(position.product_id))
    lead = learned(receipts_of(suppliers, receipts), len(suppliers), LeadTime())
    service_class = [
        own or (str(by_product[row]) if row >= 0 else UNSOLD)
        for own, row in zip(position.service_class, at.tolist(), strict=True)
    ]
    places = _places(position, foreseen, lead, service_class)
    return Proposals(position, places, plan(places, rules), rules, service_class)


def classes_as_known(lake: Partitions, date: dt.date, product_ids: Ints) -> Classes:
    """Return the classes of products by their sales of the last twelve weeks."""
    first = date - dt.timedelta(days=N_WEEKS * WEEK - 1)
    columns = ["product_id", "demand_date", "n_units_sold", "revenue_cents"]
    sold = lake.read(DailyDemand, first, date, columns)
    day = sold["demand_date"].to_numpy().astype("datetime64[D]")
    age = (day - np.datetime64(first)).astype(np.int64)
    recent = (age >= 0) & np.isin(sold["product_id"].to_numpy(), product_ids)
    row = rows_of(product_ids, sold["product_id"].to_numpy()[recent])
    weekly = np.zeros((len(product_ids), N_WEEKS))
    np.add.at(weekly, (row, age[recent] // WEEK), sold["n_units_sold"].to_numpy()[recent])
    revenue = np.bincount(row, sold["revenue_cents"].to_numpy()[recent], len(product_ids))
    return classes(revenue.astype(np.float64), weekly, ClassRules())


def _places(
    position: Position, foreseen: Foreseen, lead: LeadTimes, service_class: list[str]
) -> Places:
    """Return the plan's rows."""
    supplier = np.searchsorted(position.suppliers, position.supplier)
    mean_units, spread_units = demand_by_place(position, foreseen)
    return Places(
        product=np.unique(position.product_id, return_inverse=True)[1],
        warehouse=np.unique(position.warehouse_id, return_inverse=True)[1],
        n_free=(position.n_on_hand - position.n_reserved).astype(np.float64),
        n_on_order=position.n_on_order.astype(np.float64),
        mean_units=mean_units,
        spread_units=spread_units,
        lead_days=lead.mean_days[supplier],
        lead_spread_days=lead.spread_days[supplier],
        service_level=service_levels(np.array(service_class), ClassRules()),
        margin_cents=np.maximum(position.price_cents - position.unit_cost_cents, 0),
        terms=Terms(
            position.unit_cost_cents,
            position.pack_size,
            position.minimum_order,
            position.shelf_life_days,
        ),
    )
