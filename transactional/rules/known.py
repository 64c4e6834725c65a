"""Whether there is what an operator's rule is about."""

from typing import Protocol

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.problems import UnknownCategoryProblem, UnknownSellerProblem
from transactional.errors import UnknownProductProblem

KNOWN = text("""
select (cast(:product_id as bigint) is null
        or exists (select from products where product_id = :product_id)) as product,
       (cast(:category_id as bigint) is null
        or exists (select from categories where category_id = :category_id)) as category,
       (cast(:seller_id as bigint) is null
        or exists (select from sellers where seller_id = :seller_id)) as seller
""")


class About(Protocol):
    """Names at most one of them."""

    product_id: int | None
    category_id: int | None
    seller_id: int | None


async def check_known(session: AsyncSession, rule: About) -> None:
    """Check that there is what the rule names.

    Raises
    ------
    UnknownProductProblem, UnknownCategoryProblem, UnknownSellerProblem
        If there is not.
    """
    names = ("product_id", "category_id", "seller_id")
    known = (await session.execute(KNOWN, {name: getattr(rule, name) for name in names})).one()
    if rule.product_id is not None and not known.product:
        raise UnknownProductProblem(rule.product_id)
    if rule.category_id is not None and not known.category:
        raise UnknownCategoryProblem(rule.category_id)
    if rule.seller_id is not None and not known.seller:
        raise UnknownSellerProblem(rule.seller_id)
