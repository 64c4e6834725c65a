"""All SQL of mails."""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from transactional.notifications.choosing import NewMail

ADD = text("""
insert into mails (event_id, kind, customer_id, facts, created_at, next_try_at)
values (:event_id, :kind, :customer_id, cast(:facts as jsonb), :now, :now)
on conflict (event_id) do nothing
""")
CLAIM = text("""
update mails set n_tries = n_tries + 1,
    next_try_at = :now + least(power(2, n_tries), 60) * interval '1 minute'
where event_id in (
    select event_id from mails where next_try_at <= :now
    order by next_try_at limit :limit for update skip locked)
returning event_id, kind, customer_id, facts, created_at, n_tries
""")
END = text("""
update mails set next_try_at = null, facts = '{}', last_error = :error,
    sent_at = case when cast(:error as text) is null then cast(:now as timestamptz) end
where event_id = :event_id
""")
FAILED = text("update mails set last_error = :error where event_id = :event_id")
RECIPIENTS = text("""
select email from accounts
where deleted_at is null and case when cast(:customer_id as bigint) is null then role = 'ops'
                                  else customer_id = :customer_id end
order by customer_id
""")
ORDER = text("""
select currency, charges, total_cents, (
    select json_agg(json_build_object('title', title, 'quantity', quantity,
                                      'cents', quantity * unit_price_cents) order by line_number)
    from order_lines where order_id = :order_id) as lines
from orders where order_id = :order_id
""")
SHIPMENT = text("""
select carrier, tracking, (
    select json_agg(json_build_object('title', title, 'quantity', allocations.quantity)
                    order by line_number)
    from allocations join order_lines using (order_id, line_number)
    where order_id = :order_id and warehouse_id = shipments.warehouse_id
      and order_lines.seller_id is not distinct from shipments.seller_id) as lines
from shipments where order_id = :order_id and number = :number
""")
CURRENCY = text("select currency from orders where order_id = :order_id")
PROOF = text("""
select email, expires_at from proofs
where proof_id = :proof_id and used_at is null and expires_at > :now
""")
PRODUCT = text("select title from products where product_id = :product_id")


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that this process sends now; nobody else does until its next try is due."""

    event_id: str
    kind: str
    customer_id: int | None
    facts: dict[str, Any]
    created_at: dt.datetime
    n_tries: int


@dataclass(frozen=True)
class MailRepository:
    """Reads and writes inside a transaction of the caller's; never commits."""

    connection: AsyncConnection

    async def add(self, mails: Sequence[NewMail], now: dt.datetime) -> None:
        """Keep what is to be sent; an event that has its mail gets no second one."""
        rows = [
            {
                "event_id": mail.event_id,
                "kind": mail.kind,
                "customer_id": mail.customer_id,
                "facts": json.dumps(mail.facts),
                "now": now,
            }
            for mail in mails
        ]
        if rows:
            await self.connection.execute(ADD, rows)

    async def claim(self, limit: int, now: dt.datetime) -> list[Claimed]:
        """Take up to `limit` mails that are due, for a minute at least, longer with each try."""
        found = await self.connection.execute(CLAIM, {"limit": limit, "now": now})
        return [Claimed(*row) for row in found]

    async def end(self, event_id: str, error: str | None, now: dt.datetime) -> None:
        """Note that a mail is sent, or with an error that nobody will get it; forget its facts."""
        await self.connection.execute(END, {"event_id": event_id, "error": error, "now": now})

    async def failed(self, event_id: str, error: str) -> None:
        """Note why a try failed; the next one is planned already."""
        await self.connection.execute(FAILED, {"event_id": event_id, "error": error})

    async def recipients(self, customer_id: int | None) -> list[str]:
        """Return a customer's address, or the operators'; none if the account is gone."""
        values = {"customer_id": customer_id}
        return list((await self.connection.scalars(RECIPIENTS, values)).all())

    async def order(self, order_id: int) -> dict[str, Any]:
        """Return an order's currency, charges, total and lines."""
        return await self._one(ORDER, order_id=order_id)

    async def shipment(self, order_id: int, number: int) -> dict[str, Any]:
        """Return with whom a shipment travels, and what is in it."""
        return await self._one(SHIPMENT, order_id=order_id, number=number)

    async def currency(self, order_id: int) -> dict[str, Any]:
        """Return an order's currency."""
        return await self._one(CURRENCY, order_id=order_id)

    async def product(self, product_id: int) -> dict[str, Any]:
        """Return a product's title."""
        return await self._one(PRODUCT, product_id=product_id)

    async def proof(self, proof_id: int, now: dt.datetime) -> dict[str, Any]:
        """Return where a proof's token goes and until when it is good; empty if it counts no more."""
        return await self._one(PROOF, proof_id=proof_id, now=now)

    async def _one(self, query: Any, **values: Any) -> dict[str, Any]:  # noqa: ANN401 - any row
        row = (await self.connection.execute(query, values)).mappings().first()
        return dict(row) if row else {}
