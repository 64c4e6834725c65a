"""/promotions and /tariffs: what lowers a price, and what a region adds to it; for operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import TypeAdapter

from features.schemas.row import Id
from transactional.callers import OperatorDep
from transactional.deps import SessionDep, utc_now
from transactional.fields import Text
from transactional.promotions.models import PromotionRow
from transactional.promotions.repository import PromotionRepository
from transactional.promotions.schemas import (
    NewPromotion,
    PromotionChange,
    PromotionPage,
    PromotionView,
    Tariff,
    TariffPage,
    TariffView,
)
from transactional.promotions.service import PromotionService
from web import cursors

router = APIRouter(tags=["promotions"])
PromotionId = Annotated[Id, Path(description="of a promotion")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=500)]
ONE_REGION = TypeAdapter(tuple[Text])


async def promotion_service(_: OperatorDep, session: SessionDep) -> PromotionService:
    """Build the service for an operator's request."""
    return PromotionService(PromotionRepository(session), utc_now)


PromotionServiceDep = Annotated[PromotionService, Depends(promotion_service)]


@router.post("/promotions", status_code=201)
async def create_promotion(body: NewPromotion, service: PromotionServiceDep) -> PromotionView:
    """Make a promotion; orders get it from its start on."""
    return _view(await service.create(body.model_dump()))


@router.get("/promotions")
async def list_promotions(
    service: PromotionServiceDep, limit: Limit = 20, cursor: Cursor = None
) -> PromotionPage:
    """Return all promotions, newest first."""
    below = cursors.decode(cursor, "promotions", cursors.ONE_ID)[0] if cursor else None
    found = await service.promotions.page(below, limit + 1)
    page = found[:limit]
    more = cursors.encode([page[-1].promotion_id], "promotions") if len(found) > limit else None
    return PromotionPage(promotions=[_view(each) for each in page], next_cursor=more)


@router.get("/promotions/{promotion_id}")
async def read_promotion(promotion_id: PromotionId, service: PromotionServiceDep) -> PromotionView:
    """Return a promotion and how often it was used."""
    return _view(await service.read(promotion_id))


@router.patch("/promotions/{promotion_id}")
async def change_promotion(
    promotion_id: PromotionId, body: PromotionChange, service: PromotionServiceDep
) -> PromotionView:
    """End a promotion, bound its uses, or let it go on."""
    return _view(await service.change(promotion_id, body.model_dump(exclude_unset=True)))


@router.get("/tariffs/regions")
async def list_tariffs(
    service: PromotionServiceDep, limit: Limit = 100, cursor: Cursor = None
) -> TariffPage:
    """Return what each region adds to a price, by name."""
    after = cursors.decode(cursor, "tariffs", ONE_REGION)[0] if cursor else ""
    found = await service.promotions.tariffs(after, limit + 1)
    page = found[:limit]
    more = cursors.encode([page[-1].region], "tariffs") if len(found) > limit else None
    tariffs = [TariffView.model_validate(row, from_attributes=True) for row in page]
    return TariffPage(tariffs=tariffs, next_cursor=more)


@router.put("/tariffs/regions")
async def set_tariff(body: Tariff, service: PromotionServiceDep) -> Tariff:
    """Set what a region adds, for orders from the next second on."""
    region = body.model_dump(exclude={"shipping_steps"})
    await service.promotions.put_tariff(region, [step.model_dump() for step in body.shipping_steps])
    return body


def _view(promotion: PromotionRow) -> PromotionView:
    return PromotionView.model_validate(promotion, from_attributes=True)
