"""The proposals of a run of the plan become drafts; what people have touched stays as they left it."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import delete, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.errors import ShopProblem
from transactional.planning.models import ProposedTransfer
from transactional.planning.schemas import ProposedLine, ProposedOrder, TransferProposal
from transactional.stock.models import PurchaseOrder, PurchaseOrderLine
from transactional.stock.purchasing import Purchasing

LOCK = text("select pg_advisory_xact_lock(hashtextextended('planning runs', 0))")
NEWEST = text("select max(run_day) from planning_runs")
NOTE = text("""
insert into planning_runs (run_day, made_at, made_by) values (:run_day, :now, :actor_id)
on conflict (run_day) do update set made_at = excluded.made_at, made_by = excluded.made_by
""")

Moved = tuple[int, int]
"""A product and the warehouse that it is for."""


class OlderRunProblem(ShopProblem):
    """The plan of a later day is there."""

    type, title, status = "/problems/older-planning-run", "A later plan is there", 409


@dataclass
class RunResult:
    """What became of a run's proposals."""

    run_day: dt.date
    n_purchase_orders: int = 0
    n_lines: int = 0
    n_transfers: int = 0
    n_left_out: int = 0
    taken: set[Moved] = field(default_factory=set)


@dataclass(frozen=True)
class Runs:
    """Runs of the plan, inside the request's transaction."""

    session: AsyncSession
    purchasing: Purchasing
    actor_id: int
    now: Callable[[], dt.datetime]

    async def put(
        self,
        run_day: dt.date,
        orders: Sequence[ProposedOrder],
        transfers: Sequence[TransferProposal],
    ) -> RunResult:
        """Make these the drafts of the day; all other drafts that nobody has touched go.

        A product is left out for a warehouse for which a draft of it was edited, or a proposal of this
        day was decided: that is somebody's decision, and is not proposed beside it again.

        Raises
        ------
        OlderRunProblem
            If the plan of a later day is there: it knew more.
        UnknownWarehouseProblem, UnknownProductProblem
            If there is no such warehouse or product; no draft is changed then.
        """
        await self.session.execute(LOCK)
        newest = await self.session.scalar(NEWEST)
        if newest is not None and newest > run_day:
            raise OlderRunProblem(
                f"The plan of {newest} is there, and replaces older ones. Send one of that day or later."
            )
        await self._check(orders, transfers)
        await self._clear()
        result = RunResult(run_day, taken=await self._taken(run_day))
        for order in orders:
            self._draft(order, result)
        for transfer in transfers:
            self._draft_transfer(transfer, result)
        noted = {"run_day": run_day, "now": self.now(), "actor_id": self.actor_id}
        await self.session.execute(NOTE, noted)
        await self.session.flush()
        return result

    async def _check(
        self, orders: Sequence[ProposedOrder], transfers: Sequence[TransferProposal]
    ) -> None:
        warehouses = {order.warehouse_id for order in orders}
        for each in transfers:
            warehouses |= {each.from_warehouse_id, each.to_warehouse_id}
        for warehouse_id in sorted(warehouses):
            await self.purchasing.stock.warehouse(warehouse_id)
        products = {line.product_id for order in orders for line in order.lines}
        await self.purchasing.check_products(
            sorted(products | {each.product_id for each in transfers})
        )

    async def _clear(self) -> None:
        """Delete the drafts that nobody has touched; one that is being approved is waited for."""
        untouched = PurchaseOrder.status == "draft", PurchaseOrder.edited_at.is_(None)
        query = select(PurchaseOrder.purchase_order_id).where(*untouched)
        locked = query.order_by(PurchaseOrder.purchase_order_id).with_for_update()
        ids = (await self.session.scalars(locked)).all()
        for table in (PurchaseOrderLine, PurchaseOrder):
            await self.session.execute(delete(table).where(table.purchase_order_id.in_(ids)))
        await self.session.execute(
            delete(ProposedTransfer).where(
                ProposedTransfer.status == "draft", ProposedTransfer.edited_at.is_(None)
            )
        )

    async def _taken(self, run_day: dt.date) -> set[Moved]:
        """Return what people have decided of this run, or are at."""
        line, order, transfer = PurchaseOrderLine, PurchaseOrder, ProposedTransfer
        ordered = (
            select(line.product_id, order.warehouse_id)
            .join(order, order.purchase_order_id == line.purchase_order_id)
            .where(or_(order.status == "draft", order.run_day == run_day))
        )
        moved = select(transfer.product_id, transfer.to_warehouse_id).where(
            or_(transfer.status == "draft", transfer.run_day == run_day)
        )
        rows = [*(await self.session.execute(ordered)), *(await self.session.execute(moved))]
        return {(row[0], row[1]) for row in rows}

    def _draft(self, order: ProposedOrder, result: RunResult) -> None:
        lines = [
            line
            for line in order.lines
            if (line.product_id, order.warehouse_id) not in result.taken
        ]
        result.n_left_out += len(order.lines) - len(lines)
        if not lines:
            return
        result.n_purchase_orders += 1
        result.n_lines += len(lines)
        self.session.add(
            PurchaseOrder(
                supplier=order.supplier,
                warehouse_id=order.warehouse_id,
                status="draft",
                version=1,
                expected_on=order.expected_on,
                created_at=self.now(),
                created_by=self.actor_id,
                run_day=result.run_day,
                lines=[_line(number, line) for number, line in enumerate(lines, start=1)],
            )
        )

    def _draft_transfer(self, transfer: TransferProposal, result: RunResult) -> None:
        if (transfer.product_id, transfer.to_warehouse_id) in result.taken:
            result.n_left_out += 1
            return
        result.n_transfers += 1
        self.session.add(
            ProposedTransfer(
                **transfer.model_dump(),
                run_day=result.run_day,
                n_proposed=transfer.quantity,
                status="draft",
                version=1,
                created_at=self.now(),
                created_by=self.actor_id,
            )
        )


def _line(number: int, line: ProposedLine) -> PurchaseOrderLine:
    return PurchaseOrderLine(
        line_number=number,
        product_id=line.product_id,
        n_ordered=line.quantity,
        n_received=0,
        unit_cost_cents=line.unit_cost_cents,
        n_proposed=line.quantity,
        explanation=line.explanation,
    )
