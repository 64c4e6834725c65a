"""Propose what to order and what to move: demand_forecasts, the shop's position -> purchase_proposals.

python -m jobs.plan_purchases --date 2024-05-01

With `SHOP_URL` and an operator's `SHOP_OPERATOR_EMAIL` and `SHOP_OPERATOR_PASSWORD`, the position comes
from the shop and the proposals become drafts there. Without, the plan is made of what the lake knows and
stays in the lake and the report, which says so.
"""

import datetime as dt
import logging
import math
import sys
from collections import Counter, defaultdict
from typing import Any

import numpy as np
import pyarrow as pa

from features.schemas.arrow import arrow_schema
from features.schemas.lake import PurchaseProposal
from jobs.partitions import Partitions
from jobs.purchase_forecasts import Foreseen, foreseen_demand
from jobs.purchase_plan import Proposals, classes_as_known, planned
from jobs.purchase_position import in_lake, in_shop
from jobs.reports import write_report
from jobs.runner import Dates, JobError, Settings, partitions, run
from jobs.shop_desk import ShopDesk, ShopDeskError, shop_desk
from models.planning.plan import PlanRules

MAX_LINES = 500
LATER_PLAN = "/problems/older-planning-run"
log = logging.getLogger("plan_purchases")


def main(settings: Settings, dates: Dates) -> None:
    """Plan the last of the dates, and propose it to the shop if there is one."""
    lake, date = partitions(settings), dates.last
    foreseen = foreseen_demand(lake, date)
    rules = PlanRules(budget_cents=settings.purchase_budget_cents)
    try:
        with shop_desk(settings) as desk:
            found = made(lake, date, foreseen, desk, rules)
            drafts = propose(desk, found, foreseen, date) if desk else {}
    except ShopDeskError as error:
        raise JobError(
            f"the shop did not take the plan, its drafts are as they were: {error}"
        ) from error
    lake.write(PurchaseProposal, table(found, date), date)
    figures = told(found) | drafts
    if not drafts:
        figures["proposed_to"] = "nobody: SHOP_URL is not set"
    write_report(settings.reports, "plan_purchases", date, figures)
    for name, value in figures.items():
        log.info("%s: %s", name, value)


def made(
    lake: Partitions, date: dt.date, foreseen: Foreseen, desk: ShopDesk | None, rules: PlanRules
) -> Proposals:
    """Return the plan by the shop's position, or by what the lake knows where there is none.

    Raises
    ------
    JobError
        If the shop has nothing to plan.
    """
    position = in_shop(desk.position()) if desk else in_lake(lake, date)
    if desk and not len(position):
        raise JobError("no published product has supply terms: PUT them at /api/v1/stock/terms")
    by_product = classes_as_known(lake, date, foreseen.whole().product_ids)
    receipts = desk.receipts() if desk else []
    return planned(position, receipts, foreseen, by_product, rules)


def propose(desk: ShopDesk, found: Proposals, foreseen: Foreseen, date: dt.date) -> dict[str, Any]:
    """Send rates and drafts to the shop and return what became of them."""
    whole = foreseen.whole()
    rates = whole.mean_units.mean(axis=1)
    desk.tell_rates(dict(zip(whole.product_ids.tolist(), rates.tolist(), strict=True)))
    try:
        drafts = desk.propose(str(date), orders(found, date), transfers(found))
    except ShopDeskError as error:
        if error.problem != LATER_PLAN:
            raise
        return {"proposed_to": "nobody: the shop has the plan of a later day"}
    return {"proposed_to": "the shop"} | {f"drafts · {name}": n for name, n in drafts.items()}


def orders(found: Proposals, date: dt.date) -> list[dict[str, Any]]:
    """Return the bodies of draft purchase orders: one for each supplier and warehouse."""
    position, lines = found.position, defaultdict(list)
    for row in np.nonzero(found.made.units)[0].tolist():
        lines[position.supplier[row], int(position.warehouse_id[row])].append(row)
    return [
        {
            "supplier": supplier,
            "warehouse_id": warehouse_id,
            "expected_on": str(
                date + dt.timedelta(days=math.ceil(found.places.lead_days[rows[0]]))
            ),
            "lines": [_line(found, row) for row in rows[start : start + MAX_LINES]],
        }
        for (supplier, warehouse_id), rows in sorted(lines.items())
        for start in range(0, len(rows), MAX_LINES)
    ]


def transfers(found: Proposals) -> list[dict[str, Any]]:
    """Return the bodies of draft transfers; each is explained by the warehouse that lacks units."""
    position, places = found.position, found.places
    pairs = zip(places.product.tolist(), places.warehouse.tolist(), strict=True)
    row_of = {pair: row for row, pair in enumerate(pairs)}
    bodies = []
    for each in found.made.transfers:
        giver = row_of[each.product, each.from_warehouse]
        taker = row_of[each.product, each.to_warehouse]
        bodies.append(
            {
                "product_id": int(position.product_id[taker]),
                "from_warehouse_id": int(position.warehouse_id[giver]),
                "to_warehouse_id": int(position.warehouse_id[taker]),
                "quantity": each.n_units,
                "explanation": found.explanation(taker).facts(),
            }
        )
    return bodies


def table(found: Proposals, date: dt.date) -> pa.Table:
    """Return the plan as the table `purchase_proposals` of `date`."""
    rows = [_proposal(found, row) | {"date": date} for row in found.rows()]
    return pa.Table.from_pylist(rows, schema=arrow_schema(PurchaseProposal))


def told(found: Proposals) -> dict[str, Any]:
    """Return the figures of a plan."""
    units, cost = found.made.units, found.places.terms.unit_cost_cents
    unforeseen = found.places.mean_units.sum(axis=1) == 0
    capped = Counter(reason for reason in found.made.capped if reason)
    return {
        "n_products": len(set(found.position.product_id.tolist())),
        "n_products_without_forecast": len(set(found.position.product_id[unforeseen].tolist())),
        "n_places_not_worth_stocking": int(found.made.needs.is_unworthy.sum()),
        "n_lines": int((units > 0).sum()),
        "n_units": int(units.sum()),
        "cost_cents": int(units @ cost),
        "n_transfers": len(found.made.transfers),
        "n_units_moved": int(found.made.moved_in.sum()),
        "n_capped": dict(capped),
        "n_lines_by_class": dict(
            sorted(Counter(found.service_class[row] for row in np.nonzero(units)[0]).items())
        ),
    }


def _line(found: Proposals, row: int) -> dict[str, Any]:
    return {
        "product_id": int(found.position.product_id[row]),
        "quantity": int(found.made.units[row]),
        "unit_cost_cents": int(found.position.unit_cost_cents[row]),
        "explanation": found.explanation(row).facts(),
    }


def _proposal(found: Proposals, row: int) -> dict[str, Any]:
    why, position = found.explanation(row), found.position
    return {
        "product_id": int(position.product_id[row]),
        "warehouse_id": int(position.warehouse_id[row]),
        "supplier": position.supplier[row],
        "n_units": why.proposed,
        "unit_cost_cents": int(position.unit_cost_cents[row]),
        "n_moved_in": why.moved_in,
        "n_moved_out": why.moved_out,
        "forecast_units": why.forecast,
        "reorder_point": why.reorder_point,
        "order_up_to": why.order_up_to,
        "n_on_hand": why.on_hand,
        "n_reserved": why.reserved,
        "n_on_order": why.on_order,
        "lead_time_days": why.lead_time_days,
        "lead_time_spread_days": why.lead_time_spread_days,
        "service_class": why.service_class,
        "service_level": why.service_level,
        "capped_by": why.capped_by,
        "sentence": why.sentence(),
    }


if __name__ == "__main__":
    logging.basicConfig(level="INFO", stream=sys.stdout, format="%(name)s: %(message)s")
    run(main, __doc__)
