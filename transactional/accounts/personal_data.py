"""A customer's right to what the shop knows of them, and to be forgotten (GDPR, articles 15, 17, 20)."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.errors import ShopProblem

KNOWN = {
    "account": "select customer_id, email, role, region, registered_at, email_confirmed_at"
    " from accounts where customer_id = :customer_id",
    "addresses": "select * from addresses where customer_id = :customer_id order by address_id",
    "sessions": "select began_at, expires_at, ended_at, ended_why from sessions"
    " where customer_id = :customer_id order by session_id",
    "orders": "select * from orders where customer_id = :customer_id order by order_id",
    "order_lines": "select order_lines.* from order_lines join orders using (order_id)"
    " where customer_id = :customer_id order by order_id, line_number",
    "payments": "select order_id, attempt, provider, payments.status, amount_cents, captured_cents,"
    " refunded_cents, payments.currency, created_at from payments join orders using (order_id)"
    " where customer_id = :customer_id order by order_id, attempt",
    "shipments": "select order_id, number, shipments.status, carrier, tracking, updated_at"
    " from shipments join orders using (order_id) where customer_id = :customer_id order by 1, 2",
    "returns": "select returns.* from returns join orders using (order_id)"
    " where customer_id = :customer_id order by order_id, number",
    "refunds": "select refunds.* from refunds join orders using (order_id)"
    " where customer_id = :customer_id order by order_id, number",
    "promotions_used": "select promotion_id, order_id from promotion_uses"
    " where customer_id = :customer_id order by order_id",
    "reviews": "select review_id, product_id, rating, title, body, status from reviews"
    " where customer_id = :customer_id order by review_id",
    "business": "select seller_id, name, about, status, applied_at from sellers"
    " where customer_id = :customer_id",
    "mails": "select kind, created_at, sent_at from mails where customer_id = :customer_id"
    " order by created_at",
}
"""What an export holds, by name; nothing of it is a secret of the shop's or of others."""

PART = "'{}', (select coalesce(json_agg(to_jsonb(t)), '[]') from ({}) as t)"
EXPORT = text(
    f"select json_build_object({', '.join(PART.format(*part) for part in KNOWN.items())})"
)
UNDER_WAY = text("""
select order_id from orders
where customer_id = :customer_id and (
    status in ('pending', 'confirmed', 'processing', 'shipped', 'returned')
    or exists (select from returns where returns.order_id = orders.order_id and status = 'requested')
    or exists (select from refunds where refunds.order_id = orders.order_id and status = 'due'))
order by order_id limit 1
""")
SELLS = text("""
select 1 from sellers where customer_id = :customer_id and status in ('applied', 'approved', 'suspended')
""")
FORGET = [
    text(statement)
    for statement in (
        "delete from addresses where customer_id = :customer_id",
        "delete from sessions where customer_id = :customer_id",
        "delete from proofs where customer_id = :customer_id",
        "delete from mails where customer_id = :customer_id",
        "delete from idempotency_keys where customer_id = :customer_id",
        """update sellers set customer_id = null, name = null, name_key = null, about = ''
           where customer_id = :customer_id""",
        "update orders set ship_to = null where customer_id = :customer_id and ship_to is not null",
        """update accounts set email = 'deleted-' || customer_id, password_hash = '', region = null,
               role = 'shopper', email_confirmed_at = null, tokens_valid_from = :now, deleted_at = :now
           where customer_id = :customer_id""",
    )
]


class AccountInUseProblem(ShopProblem):
    """Something is under way that needs a person to go to."""

    type, title, status = "/problems/account-in-use", "Account in use", 409


@dataclass(frozen=True)
class PersonalData:
    """What the shop knows of one customer, inside the request's transaction."""

    session: AsyncSession
    customer_id: int
    now: Callable[[], dt.datetime]

    async def export(self) -> dict[str, Any]:
        """Return all of it, rows by the name of what they are; the cart is at GET /carts/mine."""
        found: dict[str, Any] = await self.session.scalar(EXPORT, {"customer_id": self.customer_id})
        return found

    async def forget(self) -> None:
        """Remove the person: orders stay, for the books, and nobody can be told from them.

        Raises
        ------
        AccountInUseProblem
            While an order, a return or a refund is under way, or the customer is a seller.
        """
        customer = {"customer_id": self.customer_id}
        order_id = await self.session.scalar(UNDER_WAY, customer)
        if order_id is not None:
            raise AccountInUseProblem(
                f"Order {order_id} is under way. Cancel it, or delete the account when it is over.",
                order_id=order_id,
            )
        if await self.session.scalar(SELLS, customer):
            raise AccountInUseProblem("You are a seller of this shop: close your business first.")
        for statement in FORGET:
            await self.session.execute(statement, {**customer, "now": self.now()})
