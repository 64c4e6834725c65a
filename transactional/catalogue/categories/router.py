"""/catalogue/categories: anyone reads the tree, operators change it."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import TypeAdapter

from features.schemas.row import Id
from transactional.callers import OperatorDep
from transactional.catalogue.categories.repository import CategoryRepository
from transactional.catalogue.categories.schemas import (
    CategoryChange,
    CategoryPage,
    CategoryView,
    NewCategory,
)
from transactional.catalogue.categories.service import CategoryService
from transactional.catalogue.models import Category
from transactional.deps import SessionDep, utc_now
from transactional.fields import Text
from web import cursors

router = APIRouter(prefix="/catalogue/categories", tags=["catalogue"])
CategoryId = Annotated[Id, Path(description="of a category")]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str | None, Query(max_length=4000)]
PATH_AND_ID = TypeAdapter(tuple[Text, Id])


async def category_service(session: SessionDep) -> CategoryService:
    """Build the service for one request."""
    return CategoryService(CategoryRepository(session), utc_now)


CategoryServiceDep = Annotated[CategoryService, Depends(category_service)]


@router.get("")
async def list_categories(
    service: CategoryServiceDep, limit: Limit = 100, cursor: Cursor = None
) -> CategoryPage:
    """Return the whole tree by path: each category comes after the one above it."""
    found = await service.categories.page(_after(cursor), limit + 1)
    page = found[:limit]
    last = page[-1] if len(found) > limit else None
    more = cursors.encode([last.path or "", last.category_id], "categories") if last else None
    return _page(page, more)


def _after(cursor: str | None) -> tuple[str, int] | None:
    if cursor is None:
        return None
    return cursors.decode(cursor, "categories", PATH_AND_ID)


@router.get("/{category_id}")
async def read_category(category_id: CategoryId, service: CategoryServiceDep) -> CategoryView:
    """Return a category."""
    return _view(await service.read(category_id))


@router.get("/{category_id}/children")
async def list_children(
    category_id: CategoryId, service: CategoryServiceDep, limit: Limit = 100, cursor: Cursor = None
) -> CategoryPage:
    """Return the categories right below one, by id."""
    await service.read(category_id)
    listing = f"children of {category_id}"
    after = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else 0
    found = await service.categories.children(category_id, after, limit + 1)
    page = found[:limit]
    more = cursors.encode([page[-1].category_id], listing) if len(found) > limit else None
    return _page(page, more)


@router.post("", status_code=201)
async def create_category(
    body: NewCategory, _: OperatorDep, service: CategoryServiceDep
) -> CategoryView:
    """Make a category."""
    return _view(await service.create(body.name, body.parent_id))


@router.patch("/{category_id}")
async def change_category(
    category_id: CategoryId, body: CategoryChange, _: OperatorDep, service: CategoryServiceDep
) -> CategoryView:
    """Rename a category or move it, with all below it.

    Products below are told to the log with their new path within seconds.
    """
    moves = "parent_id" in body.model_fields_set
    return _view(await service.change(category_id, body.name, body.parent_id, moves=moves))


@router.delete("/{category_id}", status_code=204)
async def delete_category(
    category_id: CategoryId, _: OperatorDep, service: CategoryServiceDep
) -> None:
    """Delete a category that holds neither categories nor products."""
    await service.delete(category_id)


def _page(categories: Sequence[Category], next_cursor: str | None) -> CategoryPage:
    return CategoryPage(categories=[_view(each) for each in categories], next_cursor=next_cursor)


def _view(category: Category) -> CategoryView:
    return CategoryView.model_validate(category, from_attributes=True)
