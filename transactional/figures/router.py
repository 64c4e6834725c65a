"""/figures: for operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from pydantic import TypeAdapter

from features.schemas.row import Id
from transactional.callers import OperatorDep
from transactional.deps import SessionDep, utc_now
from transactional.fields import Text
from transactional.figures.cover import FOREVER_DAYS, Cover
from transactional.figures.sales import Sales, Unit
from transactional.figures.schemas import CoverPage, CoverView, SalesBucket, SalesFigures
from web import cursors

router = APIRouter(prefix="/figures", tags=["figures"])
Buckets = Annotated[int, Query(ge=1, le=200, description="hours or days")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=500)]
Search = Annotated[Text, Query(max_length=200, description="a part of the title, or a product id")]
COVER_AND_ID = TypeAdapter(tuple[float, Id])


async def sales(_: OperatorDep, session: SessionDep) -> Sales:
    """Return what reads sales, for an operator."""
    return Sales(session)


async def cover(_: OperatorDep, session: SessionDep) -> Cover:
    """Return what reads cover, for an operator."""
    return Cover(session)


@router.get("/sales")
async def read_sales(
    request: Request,
    sales: Annotated[Sales, Depends(sales)],
    unit: Unit = "day",
    n: Buckets = 14,
) -> SalesFigures:
    """Return orders, units, money and refunds of the last hours or days."""
    found = await sales.read(unit, n, utc_now())
    buckets = [SalesBucket(**each) for each in found]
    return SalesFigures(unit=unit, currency=request.app.state.currency, buckets=buckets)


@router.get("/cover")
async def list_cover(
    cover: Annotated[Cover, Depends(cover)],
    q: Search = "",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> CoverPage:
    """Return published products, those first whose units last the shortest."""
    listing = f"cover of {q}"
    after = cursors.decode(cursor, listing, COVER_AND_ID) if cursor else (float("-inf"), 0)
    found = await cover.page(q.strip(), after, limit + 1)
    page = found[:limit]
    more = None
    if len(found) > limit:
        more = cursors.encode([page[-1].cover, page[-1].product_id], listing)
    views = [
        CoverView(
            product_id=row.product_id,
            title=row.title,
            n_available=row.n_available,
            n_on_order=row.n_on_order,
            units_per_day=row.units_per_day,
            days_of_cover=None if row.cover >= FOREVER_DAYS else row.cover,
        )
        for row in page
    ]
    return CoverPage(products=views, next_cursor=more)
