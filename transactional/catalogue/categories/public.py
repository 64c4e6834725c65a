"""The pages of the tree of categories, as PostgreSQL has it now."""

import hashlib
from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from transactional.catalogue.cache import tags
from transactional.catalogue.cache.answers import CATEGORIES
from transactional.catalogue.cache.pages import Page, page_of
from transactional.catalogue.cache.reading import Address
from transactional.catalogue.cache.truth import Fill
from transactional.catalogue.categories.repository import CategoryRepository
from transactional.catalogue.categories.schemas import CategoryPage, CategoryView
from transactional.catalogue.models import Category
from transactional.catalogue.problems import UnknownCategoryProblem
from web import cursors


def tree_address(limit: int, after: tuple[str, int] | None) -> Address:
    """Return where the whole tree is listed, from after a path and id."""
    place = hashlib.blake2b(repr(after).encode("utf-8", "replace"), digest_size=9).hexdigest()
    return Address(CATEGORIES, f"tree:{limit}:{place}")


def tree_fill(limit: int, after: tuple[str, int] | None) -> Fill:
    """Return what reads a page of the whole tree."""

    async def fill(session: AsyncSession) -> Page:
        found = await CategoryRepository(session).page(after, limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        more = cursors.encode([last.path or "", last.category_id], "categories") if last else None
        return page_of(_page(found[:limit], more), [tags.TREE])

    return fill


def category_address(category_id: int) -> Address:
    """Return where a category is shown."""
    return Address(CATEGORIES, f"one:{category_id}")


def category_fill(category_id: int) -> Fill:
    """Return what reads a category's page; it raises UnknownCategoryProblem if there is none."""

    async def fill(session: AsyncSession) -> Page:
        category = await _category(CategoryRepository(session), category_id)
        return page_of(view_of(category), [tags.of_name(category_id)])

    return fill


def name_of_children(category_id: int) -> str:
    """Return the name of the list of what is right below a category."""
    return f"children of {category_id}"


def children_address(category_id: int, limit: int, after: int) -> Address:
    """Return where categories right below one, with ids above `after`, are listed."""
    return Address(CATEGORIES, f"below:{category_id}:{limit}:{after}")


def children_fill(category_id: int, limit: int, after: int) -> Fill:
    """Return what reads such a list; it raises UnknownCategoryProblem without the category."""

    async def fill(session: AsyncSession) -> Page:
        categories = CategoryRepository(session)
        await _category(categories, category_id)
        found = await categories.children(category_id, after, limit + 1)
        last = found[limit - 1] if len(found) > limit else None
        name = name_of_children(category_id)
        more = cursors.encode([last.category_id], name) if last else None
        return page_of(_page(found[:limit], more), [tags.TREE])

    return fill


def view_of(category: Category) -> CategoryView:
    """Return a category as it is shown."""
    return CategoryView.model_validate(category, from_attributes=True)


async def _category(categories: CategoryRepository, category_id: int) -> Category:
    found = await categories.category(category_id)
    if found is None:
        raise UnknownCategoryProblem(category_id)
    return found


def _page(categories: Sequence[Category], next_cursor: str | None) -> CategoryPage:
    return CategoryPage(categories=[view_of(each) for each in categories], next_cursor=next_cursor)
