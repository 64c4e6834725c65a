"""Which part of a sale the shop keeps; a rate counts for orders from the moment it is set."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.problems import UnknownCategoryProblem, UnknownSellerProblem
from transactional.sellers.models import CommissionRate
from transactional.sellers.problems import DefaultCommissionProblem

CURRENT = text("""
select seller_id, category_id, basis_points, since from (
    select distinct on (coalesce(seller_id, 0), coalesce(category_id, 0)) *
    from commission_rates
    where (coalesce(seller_id, 0), coalesce(category_id, 0)) > (:after_seller, :after_category)
    order by coalesce(seller_id, 0), coalesce(category_id, 0), since desc, rate_id desc) as rate
where basis_points is not null
order by coalesce(seller_id, 0), coalesce(category_id, 0) limit :limit
""")
KNOWN = text("""
select (cast(:category_id as bigint) is null
        or exists (select from categories where category_id = :category_id)) as category,
       (cast(:seller_id as bigint) is null
        or exists (select from sellers where seller_id = :seller_id)) as seller
""")


@dataclass(frozen=True)
class Commissions:
    """The rates, inside the request's transaction; `actor_id` is the operator who sets them."""

    session: AsyncSession
    actor_id: int
    now: Callable[[], dt.datetime]

    async def current(self, after: tuple[int, int], limit: int) -> Sequence[Row[Any]]:
        """Return the rates that count now, by seller and category (0 for all), those after a place."""
        values = {"after_seller": after[0], "after_category": after[1], "limit": limit}
        return (await self.session.execute(CURRENT, values)).all()

    async def put(
        self, category_id: int | None, seller_id: int | None, basis_points: int | None
    ) -> CommissionRate:
        """Set the rate of a category, a seller, a seller in a category, or (neither) of all others.

        Without basis points there is no such rate from now on, and a more general one counts.

        Raises
        ------
        UnknownCategoryProblem, UnknownSellerProblem
            If there is no such category or seller.
        DefaultCommissionProblem
            If the rate of all others would be taken away.
        """
        if category_id is None and seller_id is None and basis_points is None:
            raise DefaultCommissionProblem("Set the rate of all others to 0 to keep nothing.")
        await self._check_known(category_id, seller_id)
        rate = CommissionRate(
            category_id=category_id,
            seller_id=seller_id,
            basis_points=basis_points,
            since=self.now(),
            actor_id=self.actor_id,
        )
        self.session.add(rate)
        await self.session.flush()
        return rate

    async def _check_known(self, category_id: int | None, seller_id: int | None) -> None:
        values = {"category_id": category_id, "seller_id": seller_id}
        known = (await self.session.execute(KNOWN, values)).one()
        if category_id is not None and not known.category:
            raise UnknownCategoryProblem(category_id)
        if seller_id is not None and not known.seller:
            raise UnknownSellerProblem(seller_id)
