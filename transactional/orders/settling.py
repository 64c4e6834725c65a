"""Ends a batch of pending orders by what the payment provider said: confirmed, or cancelled."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from transactional.database import Connection, direct_transaction
from transactional.orders.cancelling import Cancellation, cancel
from transactional.orders.keys import Kept, keep
from transactional.orders.placing import Pending
from transactional.orders.sales_log import tell_lines
from transactional.orders.views import settled_answer
from transactional.payments.provider import Authorisation
from web.shortcuts import Answer

# An order that is no longer pending (its time ran out) is not touched; it is missing in the result.
CONFIRM = text(
    """
with
paid as materialized (
    select * from unnest(cast(:order_ids as bigint[]), cast(:references as text[]))
             as p (order_id, reference) order by order_id
),
confirmed as (
    update orders set status = 'confirmed', expires_at = null
    from paid where orders.order_id = paid.order_id and status = 'pending'
    returning orders.order_id, orders.customer_id, orders.currency, orders.region
),
settled as (
    update payments set status = 'authorised', reference = paid.reference, action_url = null,
                        updated_at = :now
    from paid join confirmed using (order_id)
    where payments.order_id = paid.order_id and status in ('authorising', 'action_required')
),
new_history as (
    insert into order_history (order_id, from_status, to_status, actor, occurred_at)
    select order_id, 'pending', 'confirmed', 'payment', :now from confirmed
),
sold as (
    select 'sale-' || order_id || '-' || line_number as event_id, confirmed.*, line_number,
           product_id, quantity, unit_price_cents
    from confirmed join order_lines using (order_id)
    where order_id = any(cast(:order_ids as bigint[]))
),
told as ("""  # noqa: S608 - constants of ours
    + tell_lines("sale", "sold")
    + """
)
select order_id from confirmed
"""
)
CHALLENGE = text("""
update payments set status = 'action_required', reference = p.reference, action_url = p.action_url,
                    updated_at = :now
from unnest(cast(:order_ids as bigint[]), cast(:references as text[]), cast(:action_urls as text[]))
     as p (order_id, reference, action_url)
where payments.order_id = p.order_id and status = 'authorising'
""")


async def confirm(
    connection: Connection, paid: Sequence[tuple[int, str]], now: dt.datetime
) -> set[int]:
    """Confirm pending orders, log their sales, and return which were still pending.

    Parameters
    ----------
    paid
        Order ids and the provider's references of their authorisations.
    """
    values = {
        "order_ids": [order_id for order_id, _ in paid],
        "references": [reference for _, reference in paid],
        "now": now,
    }
    return {order_id for (order_id,) in await connection.execute(CONFIRM, values)}


async def await_customers(
    connection: Connection, challenged: Sequence[tuple[int, Authorisation]], now: dt.datetime
) -> None:
    """Note which orders wait for their customers at the provider's page."""
    values = {
        "order_ids": [order_id for order_id, _ in challenged],
        "references": [authorisation.reference for _, authorisation in challenged],
        "action_urls": [authorisation.action_url for _, authorisation in challenged],
        "now": now,
    }
    await connection.execute(CHALLENGE, values)


LATE = text("""
update payments set reference = late.reference, updated_at = :now
from unnest(cast(:order_ids as bigint[]), cast(:references as text[])) as late (order_id, reference)
where payments.order_id = late.order_id and status = 'voiding' and payments.reference is null
""")


@dataclass(frozen=True, slots=True)
class Ended:
    """A pending order and what the provider said of its payment."""

    pending: Pending
    authorisation: Authorisation


@dataclass
class Settling:
    """Handles batches; each is one transaction of the shop's database."""

    engine: AsyncEngine
    now: Callable[[], dt.datetime]

    async def __call__(self, batch: Sequence[Ended]) -> list[Answer]:
        """Confirm, cancel or leave waiting; keep and return what to answer each."""
        now = self.now()
        by_status: dict[str, list[tuple[int, Authorisation]]] = defaultdict(list)
        for ended in batch:
            order_id = ended.pending.order["order_id"]
            by_status[ended.authorisation.status].append((order_id, ended.authorisation))
        async with direct_transaction(self.engine) as connection:
            expired = await self._confirm(connection, by_status["authorised"], now)
            if by_status["action_required"]:
                await await_customers(connection, by_status["action_required"], now)
            if by_status["declined"]:
                declined = [order_id for order_id, _ in by_status["declined"]]
                await cancel(connection, declined, DECLINED, now)
            kept = {
                ended.pending.owned_key: Kept(
                    _answer(ended, expired), ended.pending.order["order_id"]
                )
                for ended in batch
            }
            answers = await keep(connection, kept)
        return [answers[ended.pending.owned_key] for ended in batch]

    async def _confirm(
        self,
        connection: Connection,
        authorised: Sequence[tuple[int, Authorisation]],
        now: dt.datetime,
    ) -> set[int]:
        """Confirm what is still pending; of the rest, now expired, note what is to be let go."""
        if not authorised:
            return set()
        paid = [(order_id, each.reference or "") for order_id, each in authorised]
        confirmed = await confirm(connection, paid, now)
        late = [(order_id, reference) for order_id, reference in paid if order_id not in confirmed]
        if late:
            values = {"order_ids": [id_ for id_, _ in late], "references": [r for _, r in late]}
            await connection.execute(LATE, {**values, "now": now})
        return {order_id for order_id, _ in late}


DECLINED = Cancellation(("pending",), actor="payment", note="declined")


def _answer(ended: Ended, expired: Collection[int]) -> Answer:
    order, authorisation = ended.pending.order, ended.authorisation
    if order["order_id"] in expired:
        return settled_answer(order, "expired")
    if authorisation.status == "captured" or authorisation.status == "voided":  # noqa: PLR1714 - narrows
        raise RuntimeError(
            f"order {order['order_id']} was pending and its payment {authorisation.status}"
        )
    return settled_answer(order, authorisation.status, authorisation.action_url)
