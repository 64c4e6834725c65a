"""The rules of making, renaming, moving and deleting categories."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from transactional.catalogue.categories.repository import CategoryRepository
from transactional.catalogue.categories.tree import (
    CategoryProblem,
    Place,
    below,
    check_length,
    check_move,
    name_of,
)
from transactional.catalogue.models import Category
from transactional.catalogue.problems import UnknownCategoryProblem
from transactional.errors import ShopProblem
from transactional.outbox.catalogue import tell_categories


class CategoryUsedProblem(ShopProblem):
    """There are categories or products in it."""

    type, title, status = "/problems/category-used", "Category in use", 409

    def __init__(self, category_id: int) -> None:
        super().__init__(
            f"Category {category_id} holds categories or products. Move them elsewhere first."
        )


@dataclass(frozen=True)
class CategoryService:
    """Changes the tree, one change at a time: each sees what the one before it left."""

    categories: CategoryRepository
    now: Callable[[], dt.datetime]

    async def create(self, name: str, parent_id: int | None) -> Category:
        """Make a category below a parent, or an outermost one.

        Raises
        ------
        UnknownCategoryProblem
            If there is no such parent.
        CategoryProblem
            If the parent has one of that name, or the path is too long.
        """
        await self.categories.lock_tree()
        place = await self._place(parent_id, name)
        check_length(place.path)
        await self._refuse_taken(place, None)
        made = await self.categories.add(place, self.now())
        await tell_categories(self.categories.session, [made.category_id])
        return made

    async def change(
        self, category_id: int, name: str | None, parent_id: int | None, *, moves: bool
    ) -> Category:
        """Rename a category, or (`moves`) put it below another parent, with all below it.

        Products' versions tell the path: those of the subtree are told anew by a duty
        (`categories.telling`), which is entered in the same transaction.

        Raises
        ------
        UnknownCategoryProblem
            If there is no such category or parent.
        CategoryProblem
            If it would stand below itself, beside another of its name, or have too long a path.
        """
        await self.categories.lock_tree()
        category = await self.read(category_id)
        new_name = name or name_of(category.path, category_id)
        place = await self._place(parent_id if moves else category.parent_id, new_name)
        check_move(category_id, place, await self.categories.longest_below(category_id))
        await self._refuse_taken(place, category_id)
        await self.categories.put(category_id, place, self.now())
        below = await self.categories.subtree(category_id)
        await tell_categories(self.categories.session, below)
        return await self.read(category_id)

    async def delete(self, category_id: int) -> None:
        """Delete a category that holds nothing.

        Raises
        ------
        UnknownCategoryProblem, CategoryUsedProblem
            If there is none, or it holds categories or products.
        """
        await self.categories.lock_tree()
        category = await self.categories.held(category_id)
        if category is None:
            raise UnknownCategoryProblem(category_id)
        if await self.categories.is_used(category_id):
            raise CategoryUsedProblem(category_id)
        await self.categories.delete(category)
        await tell_categories(self.categories.session, [category_id])

    async def read(self, category_id: int) -> Category:
        """Return a category.

        Raises
        ------
        UnknownCategoryProblem
            If there is none.
        """
        category = await self.categories.category(category_id)
        if category is None:
            raise UnknownCategoryProblem(category_id)
        return category

    async def _place(self, parent_id: int | None, name: str) -> Place:
        if parent_id is None:
            return Place(name)
        parent = await self.read(parent_id)
        return below(parent_id, parent.path, parent.ancestor_ids, name)

    async def _refuse_taken(self, place: Place, category_id: int | None) -> None:
        other = await self.categories.with_path(place.path)
        if other is not None and other != category_id:
            raise CategoryProblem(f"Category {other} is {place.path} already. Take another name.")
