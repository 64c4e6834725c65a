"""What operators make of proposals: they edit, approve or reject them."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.errors import ShopProblem, StaleVersionProblem
from transactional.planning.models import ProposedTransfer
from transactional.stock.models import PurchaseOrder
from transactional.stock.purchasing import PurchaseOrderStateProblem, Purchasing
from transactional.stock.warehouses import Warehouses


class UnknownTransferProblem(ShopProblem):
    """No such proposed transfer."""

    type, title, status = "/problems/unknown-transfer", "Unknown transfer", 404


class TransferStateProblem(ShopProblem):
    """The transfer was moved or rejected."""

    type, title, status = "/problems/transfer-state", "Not possible in this state", 409


class UnknownLineProblem(ShopProblem):
    """The purchase order has no such line."""

    type, title, status = "/problems/unknown-purchase-order-line", "Unknown line", 404


Draft = PurchaseOrder | ProposedTransfer


@dataclass(frozen=True)
class Decisions:
    """Edits, approvals and rejections, inside the request's transaction; `actor_id` decides.

    A `version` is the one that was read; None is any. Each method raises a StaleVersionProblem if the
    draft has another one, and the state's problem if it is a draft no more.
    """

    session: AsyncSession
    purchasing: Purchasing
    warehouses: Warehouses
    actor_id: int
    now: Callable[[], dt.datetime]

    async def edit(
        self, purchase_order_id: int, version: int | None, quantities: Mapping[int, int]
    ) -> PurchaseOrder:
        """Order other units, by line number; 0 leaves a line out.

        Raises
        ------
        UnknownPurchaseOrderProblem, UnknownLineProblem
            If there is none.
        """
        order = await self._draft(purchase_order_id, version)
        lines = {line.line_number: line for line in order.lines}
        for line_number, quantity in quantities.items():
            if line_number not in lines:
                raise UnknownLineProblem(
                    f"Purchase order {purchase_order_id} has no line {line_number}."
                )
            lines[line_number].n_ordered = quantity
        self._note_edit(order)
        return order

    async def approve(self, purchase_order_id: int, version: int | None) -> PurchaseOrder:
        """Order it: from now on its units are on order."""
        order = await self._draft(purchase_order_id, version)
        if not any(line.n_ordered for line in order.lines):
            raise PurchaseOrderStateProblem(
                f"Nothing is left of purchase order {purchase_order_id}. Reject it, or edit a line."
            )
        self._decide(order, "open")
        return order

    async def reject(
        self, purchase_order_id: int, version: int | None, reason: str
    ) -> PurchaseOrder:
        """Order nothing of it, for a reason."""
        order = await self._draft(purchase_order_id, version)
        self._decide(order, "rejected", reason)
        order.ended_at = order.decided_at
        return order

    async def transfers(self, status: str, after: int, limit: int) -> Sequence[ProposedTransfer]:
        """Return proposed transfers of a status with ids above `after`, the oldest first."""
        table = ProposedTransfer
        query = select(table).where(table.status == status, table.transfer_id > after)
        return (await self.session.scalars(query.order_by(table.transfer_id).limit(limit))).all()

    async def edit_transfer(
        self, transfer_id: int, version: int | None, quantity: int
    ) -> ProposedTransfer:
        """Move other units.

        Raises
        ------
        UnknownTransferProblem
            If there is none.
        """
        transfer = await self._draft_transfer(transfer_id, version)
        transfer.quantity = quantity
        self._note_edit(transfer)
        return transfer

    async def move(self, transfer_id: int, version: int | None) -> ProposedTransfer:
        """Move its units, both sides of the ledger at once.

        Raises
        ------
        UnknownTransferProblem, OutOfStockProblem
            If there is none, or fewer units lie free by now.
        """
        transfer = await self._draft_transfer(transfer_id, version)
        await self.warehouses.transfer(
            transfer.product_id,
            transfer.from_warehouse_id,
            transfer.to_warehouse_id,
            transfer.quantity,
        )
        self._decide(transfer, "moved")
        return transfer

    async def reject_transfer(
        self, transfer_id: int, version: int | None, reason: str
    ) -> ProposedTransfer:
        """Move nothing, for a reason."""
        transfer = await self._draft_transfer(transfer_id, version)
        self._decide(transfer, "rejected", reason)
        return transfer

    async def _draft(self, purchase_order_id: int, version: int | None) -> PurchaseOrder:
        order = await self.purchasing.read(purchase_order_id)
        _check_version(order, version, "purchase order")
        if order.status != "draft":
            raise PurchaseOrderStateProblem(
                f"Purchase order {purchase_order_id} is {order.status}, no draft. What is open can be"
                " received or closed."
            )
        return order

    async def _draft_transfer(self, transfer_id: int, version: int | None) -> ProposedTransfer:
        found = await self.session.get(ProposedTransfer, transfer_id, with_for_update=True)
        if found is None:
            raise UnknownTransferProblem(f"There is no proposed transfer {transfer_id}.")
        _check_version(found, version, "transfer")
        if found.status != "draft":
            raise TransferStateProblem(f"Transfer {transfer_id} is {found.status}, no draft.")
        return found

    def _note_edit(self, draft: Draft) -> None:
        draft.edited_at, draft.edited_by = self.now(), self.actor_id
        draft.version += 1

    def _decide(self, draft: Draft, status: str, reason: str | None = None) -> None:
        draft.status, draft.reason = status, reason
        draft.decided_at, draft.decided_by = self.now(), self.actor_id
        draft.version += 1


def _check_version(draft: Draft, version: int | None, what: str) -> None:
    if version is not None and version != draft.version:
        raise StaleVersionProblem(what, draft.version)
