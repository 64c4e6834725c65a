"""All SQL of the tree of categories."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.categories.tree import Place
from transactional.catalogue.models import Category

# Readers and products that refer to a category go on; who else changes the tree waits.
LOCK_TREE = text("lock table categories in share row exclusive mode")
PATH = func.coalesce(Category.path, "").collate("C")
DESCENDANTS = "where category_id = :category_id or :category_id = any(ancestor_ids)"
LONGEST_BELOW = text(f"""
select max(length(path)) - (select length(path) from categories where category_id = :category_id)
from categories {DESCENDANTS}
""")  # noqa: S608 - a constant of ours
# Below the category, paths and ancestors keep what comes after it and get its new beginning.
PUT = text(f"""
with was as (
    select coalesce(length(path), 0) as n_letters, cardinality(ancestor_ids) as n_ancestors
    from categories where category_id = :category_id
)
update categories set
    path = cast(:path as text) || case when category_id = :category_id then ''
                                       else substr(path, n_letters + 1) end,
    ancestor_ids = cast(:ancestor_ids as bigint[]) || ancestor_ids[n_ancestors + 1 \\:],
    parent_id = case when category_id = :category_id then :parent_id else parent_id end,
    changed_at = :now
from was {DESCENDANTS}
""")  # noqa: S608 - a constant of ours
TELL_LATER = text(f"""
insert into paths_to_tell (category_id)
select category_id from categories {DESCENDANTS}
on conflict (category_id) do update set after_product_id = 0
""")  # noqa: S608 - a constant of ours
SUBTREE = text(f"select category_id from categories {DESCENDANTS}")  # noqa: S608 - a constant of ours
USED = text("""
select exists (select from categories where parent_id = :category_id)
    or exists (select from products where category_id = :category_id)
""")


@dataclass(frozen=True)
class CategoryRepository:
    """Reads and writes inside the request's transaction; never commits."""

    session: AsyncSession

    async def lock_tree(self) -> None:
        """Make everybody else who would change the tree wait until the transaction ends."""
        await self.session.execute(LOCK_TREE)

    async def category(self, category_id: int) -> Category | None:
        """Return a category."""
        return await self.session.get(Category, category_id, populate_existing=True)

    async def held(self, category_id: int) -> Category | None:
        """Return a category that no product comes into until the transaction ends."""
        return await self.session.get(
            Category, category_id, with_for_update=True, populate_existing=True
        )

    async def page(self, after: tuple[str, int] | None, limit: int) -> Sequence[Category]:
        """Return categories by path, each after the one above it."""
        query = select(Category)
        if after is not None:
            query = query.where(tuple_(PATH, Category.category_id) > after)
        query = query.order_by(PATH, Category.category_id).limit(limit)
        return (await self.session.scalars(query)).all()

    async def children(self, category_id: int, after: int, limit: int) -> Sequence[Category]:
        """Return the categories right below one, by id, those above `after`."""
        query = select(Category).where(
            Category.parent_id == category_id, Category.category_id > after
        )
        return (await self.session.scalars(query.order_by(Category.category_id).limit(limit))).all()

    async def with_path(self, path: str) -> int | None:
        """Return the category of a path."""
        query = select(Category.category_id).where(Category.path == path)
        return await self.session.scalar(query.order_by(Category.category_id).limit(1))

    async def longest_below(self, category_id: int) -> int:
        """Return how many letters the longest path in the subtree has after the category's own."""
        return await self.session.scalar(LONGEST_BELOW, {"category_id": category_id}) or 0

    async def add(self, place: Place, now: dt.datetime) -> Category:
        """Make a category."""
        category = Category(
            path=place.path,
            parent_id=place.parent_id,
            ancestor_ids=list(place.ancestor_ids),
            changed_at=now,
        )
        self.session.add(category)
        await self.session.flush()
        return category

    async def put(self, category_id: int, place: Place, now: dt.datetime) -> None:
        """Put a category, with all below it, at another place; their products are told later."""
        values = {
            "category_id": category_id,
            "path": place.path,
            "parent_id": place.parent_id,
            "ancestor_ids": list(place.ancestor_ids),
        }
        # First wait for the duty that tells paths, then hold categories: it waits for products, and
        # who changes a product waits for its category.
        await self.session.execute(TELL_LATER, {"category_id": category_id})
        await self.session.execute(PUT, {**values, "now": now})

    async def subtree(self, category_id: int) -> Sequence[int]:
        """Return a category and all below it."""
        return (await self.session.scalars(SUBTREE, {"category_id": category_id})).all()

    async def is_used(self, category_id: int) -> bool:
        """Tell whether there are categories or products in it."""
        used: bool = await self.session.scalar(USED, {"category_id": category_id})
        return used

    async def delete(self, category: Category) -> None:
        """Delete a category that is not used."""
        await self.session.delete(category)
        await self.session.flush()
