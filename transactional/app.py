"""The shop's API process.

granian --interface rsgi --http 1 --factory transactional.app:create_served
"""

import gc
from dataclasses import replace

from fastapi import FastAPI

from transactional.accounts.addresses_router import router as addresses_router
from transactional.accounts.credentials_router import router as credentials_router
from transactional.accounts.personal_data_router import router as personal_data_router
from transactional.accounts.router import router as accounts_router
from transactional.carts.router import router as carts_router
from transactional.catalogue.cache.metrics import CatalogueMetrics
from transactional.catalogue.categories.router import router as categories_router
from transactional.catalogue.images.router import MAX_IMAGE_BYTES
from transactional.catalogue.images.router import router as images_router
from transactional.catalogue.imports.router import MAX_IMPORT_BYTES
from transactional.catalogue.imports.router import router as imports_router
from transactional.catalogue.router import router as catalogue_router
from transactional.equipment import check_database, check_redis, equip, working
from transactional.errors import add_store_handlers
from transactional.experiments.router import router as experiments_router
from transactional.figures.router import router as figures_router
from transactional.fulfilment import router as fulfilment
from transactional.orders.router import router as orders_router
from transactional.orders.webhooks import router as webhooks_router
from transactional.payments.provider import PaymentProvider
from transactional.planning.router import MAX_RUN_BYTES
from transactional.planning.router import router as planning_router
from transactional.promotions.router import router as promotions_router
from transactional.reviews.router import router as reviews_router
from transactional.search_rules.router import router as search_rules_router
from transactional.sellers.money_router import router as sellers_money_router
from transactional.sellers.router import router as sellers_router
from transactional.sellers.stock_router import router as sellers_stock_router
from transactional.settings import Settings
from transactional.shortcuts import shortcuts
from transactional.slots.router import router as slots_router
from transactional.stock.purchasing_router import router as purchasing_router
from transactional.stock.router import router as stock_router
from web.health import Check
from web.limits import Chain
from web.proxies import Proxies
from web.rsgi import Served
from web.service import THIS_MACHINE, Exceptions, make_service
from web.shortcuts import add_shortcuts

EXCEPTIONS = Exceptions(
    body_bytes={
        "/api/v1/catalogue/products/{product_id}/images": MAX_IMAGE_BYTES,
        "/api/v1/catalogue/imports": MAX_IMPORT_BYTES,
        "/api/v1/stock/proposals/{run_day}": MAX_RUN_BYTES,
    },
    chain=Chain(
        begins=frozenset((("PUT", "/api/v1/carts/mine"),)),
        ends=frozenset((("POST", "/api/v1/orders"), ("POST", "/api/v1/payments/webhooks"))),
    ),
)
# Paths are tried in this order: what is asked for most comes first.
ROUTERS = (
    orders_router,
    carts_router,
    catalogue_router,
    fulfilment.customers,
    accounts_router,
    images_router,
    promotions_router,
    reviews_router,
    sellers_money_router,  # its fixed paths before `/sellers/{seller_id}`
    sellers_stock_router,
    sellers_router,
    slots_router,
    search_rules_router,
    experiments_router,
    categories_router,
    credentials_router,
    addresses_router,
    personal_data_router,
    imports_router,
    fulfilment.operators,
    figures_router,
    planning_router,  # its fixed paths before `/stock/{product_id}`
    purchasing_router,  # its fixed paths before `/stock/{product_id}`
    stock_router,
    webhooks_router,
)


def create_app(
    settings: Settings | None = None, provider: PaymentProvider | None = None
) -> FastAPI:
    """Build the application; the stores connect on first use, so it starts while they are down."""
    settings = settings or Settings()
    app = make_shop(settings.log_level, Proxies(settings.trusted_proxies))
    equip(app, settings, provider)
    # What was made so far stays: no collection of garbage needs to look at it again and again.
    gc.collect()
    gc.freeze()

    return app


def create_served() -> Served:
    """Build what granian serves: pages of products at hand, and the application."""
    app = create_app()
    return Served(app, app.state.hits.answer)


def make_shop(log_level: str, trusted: Proxies = THIS_MACHINE) -> FastAPI:
    """Return the application with all its operations, to be equipped before it is served."""
    checks: dict[str, Check] = {
        "database": lambda: check_database(app),
        "redis": lambda: check_redis(app),
    }
    app = make_service(
        "shop",
        "Emporium: the shop",
        log_level,
        checks,
        working,
        replace(EXCEPTIONS, trusted=trusted),
    )
    app.state.catalogue_metrics = CatalogueMetrics(app.state.registry)
    add_store_handlers(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1")
    add_shortcuts(app, shortcuts(app))
    return app
