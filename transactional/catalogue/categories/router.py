"""/catalogue/categories: anyone reads the tree, operators change it."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import TypeAdapter

from features.schemas.row import Id
from transactional.callers import OperatorDep
from transactional.catalogue.cache.deps import UNCHANGED, PublicPagesDep
from transactional.catalogue.categories import public
from transactional.catalogue.categories.public import view_of
from transactional.catalogue.categories.repository import CategoryRepository
from transactional.catalogue.categories.schemas import (
    CategoryChange,
    CategoryPage,
    CategoryView,
    NewCategory,
)
from transactional.catalogue.categories.service import CategoryService
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


@router.get("", response_model=CategoryPage, responses=UNCHANGED)
async def list_categories(
    pages: PublicPagesDep, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Return the whole tree by path: each category comes after the one above it."""
    after = _after(cursor)
    return await pages.answer(public.tree_address(limit, after), public.tree_fill(limit, after))


def _after(cursor: str | None) -> tuple[str, int] | None:
    if cursor is None:
        return None
    return cursors.decode(cursor, "categories", PATH_AND_ID)


@router.get("/{category_id}", response_model=CategoryView, responses=UNCHANGED)
async def read_category(category_id: CategoryId, pages: PublicPagesDep) -> Response:
    """Return a category."""
    address = public.category_address(category_id)
    return await pages.answer(address, public.category_fill(category_id))


@router.get("/{category_id}/children", response_model=CategoryPage, responses=UNCHANGED)
async def list_children(
    category_id: CategoryId, pages: PublicPagesDep, limit: Limit = 100, cursor: Cursor = None
) -> Response:
    """Return the categories right below one, by id."""
    name = public.name_of_children(category_id)
    after = cursors.decode(cursor, name, cursors.ONE_ID)[0] if cursor else 0
    fill = public.children_fill(category_id, limit, after)
    return await pages.answer(public.children_address(category_id, limit, after), fill)


@router.post("", status_code=201)
async def create_category(
    body: NewCategory, _: OperatorDep, service: CategoryServiceDep
) -> CategoryView:
    """Make a category."""
    return view_of(await service.create(body.name, body.parent_id))


@router.patch("/{category_id}")
async def change_category(
    category_id: CategoryId, body: CategoryChange, _: OperatorDep, service: CategoryServiceDep
) -> CategoryView:
    """Rename a category or move it, with all below it.

    Products below are told to the log with their new path within seconds.
    """
    moves = "parent_id" in body.model_fields_set
    return view_of(await service.change(category_id, body.name, body.parent_id, moves=moves))


@router.delete("/{category_id}", status_code=204)
async def delete_category(
    category_id: CategoryId, _: OperatorDep, service: CategoryServiceDep
) -> None:
    """Delete a category that holds neither categories nor products."""
    await service.delete(category_id)
