"""The plan of a day's purchases, made of forecasts, sales, and a position."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow.compute as pc

from features.schemas.arrow import arrow_schema
from features.schemas.lake import DailyDemand, DemandForecast
from jobs.partitions import Partitions
from jobs.purchase_position import Position, receipts_of
from jobs.runner import JobError
from models.ids import rows_of
from models.planning.classes import Classes, ClassRules, classes, service_levels
from models.planning.explaining import Counted, Explanation, explained
from models.planning.lead_times import Floats, Ints, LeadTime, LeadTimes, learned
from models.planning.plan import Places, Plan, PlanRules, plan
from models.planning.reorder import Terms
from models.planning.safety_stock import spread_of

WEEK, N_WEEKS = 7, 12
UNSOLD = "CZ"


@dataclass(frozen=True)
class Foreseen:
    """Demand of each product on each of the next days, arrays of shape (n_products, horizon)."""

    product_ids: Ints
    mean_units: Floats
    spread_units: Floats

    def rows_of(self, product_id: Ints) -> Ints:
        """Return the row of each product, -1 for one that nobody foresaw."""
        row_of = {int(id_): row for row, id_ in enumerate(self.product_ids)}
        return np.array([row_of.get(int(id_), -1) for id_ in product_id], np.int64)


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


def foreseen_demand(lake: Partitions, date: dt.date) -> Foreseen:
    """Return the forecast made at the end of a day, of the whole shop.

    Raises
    ------
    JobError
        If there is none.
    """
    names = arrow_schema(DemandForecast).names
    found = lake.read(DemandForecast, date, date)
    if "warehouse_id" in names:
        found = found.filter(pc.equal(found["warehouse_id"], 0))
    if not found.num_rows:
        raise JobError(
            f"demand_forecasts holds no rows of {date}: run the DAG forecast_demand for that day"
        )
    found = found.sort_by([("product_id", "ascending"), ("demand_date", "ascending")])
    product_ids = np.unique(found["product_id"].to_numpy())
    shape = (len(product_ids), found.num_rows // len(product_ids))
    levels = {name: int(n) / 100 for name in names for n in re.findall(r"^p(\d\d)_units$", name)}
    quantiles = np.stack([found[name].to_numpy().reshape(shape) for name in levels], axis=-1)
    mean = found["mean_units"].to_numpy().reshape(shape)
    return Foreseen(product_ids, mean, spread_of(tuple(levels.values()), quantiles))


def planned(
    position: Position,
    receipts: Sequence[Mapping[str, Any]],
    foreseen: Foreseen,
    by_product: Classes,
    rules: PlanRules,
) -> Proposals:
    """Return the plan; `by_product` are the classes of the foreseen products."""
    suppliers, at = position.suppliers, foreseen.rows_of(position.product_id)
    lead = learned(receipts_of(suppliers, receipts), len(suppliers), LeadTime())
    service_class = [
        own or (str(by_product[row]) if row >= 0 else UNSOLD)
        for own, row in zip(position.service_class, at.tolist(), strict=True)
    ]
    places = _places(position, foreseen, at, lead, service_class)
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
    position: Position, foreseen: Foreseen, at: Ints, lead: LeadTimes, service_class: list[str]
) -> Places:
    """Return the plan's rows: a warehouse's demand is its share, as if each customer chose by chance."""
    supplier = np.searchsorted(position.suppliers, position.supplier)
    share = np.where(at >= 0, position.share, 0)[:, None]
    return Places(
        product=np.unique(position.product_id, return_inverse=True)[1],
        warehouse=np.unique(position.warehouse_id, return_inverse=True)[1],
        n_free=(position.n_on_hand - position.n_reserved).astype(np.float64),
        n_on_order=position.n_on_order.astype(np.float64),
        mean_units=foreseen.mean_units[at] * share,
        spread_units=foreseen.spread_units[at] * np.sqrt(share),
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
