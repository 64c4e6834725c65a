"""All pages of the desk."""

from fastapi import APIRouter

from storefront.desk.experiments_router import router as experiments
from storefront.desk.models_router import router as models
from storefront.desk.overview_router import router as overview
from storefront.desk.platform_router import router as platform
from storefront.desk.promotions_router import router as promotions
from storefront.desk.purchases_router import router as purchases
from storefront.desk.quality_router import router as quality
from storefront.desk.rules_router import router as rules
from storefront.desk.runs_router import router as runs
from storefront.desk.stock_router import router as stock
from storefront.desk.transfers_router import router as transfers
from storefront.errors import PageRoute

router = APIRouter(route_class=PageRoute)
for each in (
    overview,
    stock,
    purchases,
    transfers,
    promotions,
    rules,
    experiments,
    models,
    runs,
    quality,
    platform,
):
    router.include_router(each)
