"""The shop's API process.

granian --interface asgi --factory transactional.app:create_app
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

from fastapi import FastAPI
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

from transactional.accounts.addresses_router import router as addresses_router
from transactional.accounts.credentials_router import router as credentials_router
from transactional.accounts.passwords import Passwords
from transactional.accounts.personal_data_router import router as personal_data_router
from transactional.accounts.router import router as accounts_router
from transactional.background import always, on_a_clock
from transactional.carts.router import router as carts_router
from transactional.catalogue.categories.router import router as categories_router
from transactional.catalogue.categories.telling import PathTelling
from transactional.catalogue.images.router import MAX_IMAGE_BYTES
from transactional.catalogue.images.router import router as images_router
from transactional.catalogue.images.service import Pictures
from transactional.catalogue.images.store import ImageStore
from transactional.catalogue.imports.router import MAX_IMPORT_BYTES
from transactional.catalogue.imports.router import router as imports_router
from transactional.catalogue.imports.service import Importing
from transactional.catalogue.listings import ListingReader
from transactional.catalogue.router import router as catalogue_router
from transactional.database import make_engine
from transactional.deps import new_event_id, utc_now
from transactional.errors import add_store_handlers
from transactional.fulfilment import router as fulfilment
from transactional.fulfilment.money import MoneyDuties
from transactional.orders.router import router as orders_router
from transactional.orders.webhooks import router as webhooks_router
from transactional.orders.wiring import BatchSizes, make_checkout, make_reconciler
from transactional.outbox.following import Follower
from transactional.payments.embedded import EmbeddedNotices, EmbeddedProvider
from transactional.payments.notices import Notices
from transactional.payments.provider import PaymentProvider
from transactional.payments.stripe_notices import StripeNotices
from transactional.payments.stripe_provider import StripeProvider
from transactional.proofs import ProofSigner
from transactional.redis_batches import RedisBatches
from transactional.reviews.router import router as reviews_router
from transactional.revocations import Revocations
from transactional.settings import Settings
from transactional.stock.purchasing_router import router as purchasing_router
from transactional.stock.router import router as stock_router
from transactional.tokens import TokenSigner
from web.health import Check
from web.service import make_service

REDIS_SECONDS = 0.5
FOLLOWING_SECONDS = 10.0
DUTIES_SECONDS = 5.0
REVOCATIONS_SECONDS = 1.0
IMPORTS_SECONDS = 1.0
MAX_WAITING = 1000
BODY_LIMITS = {
    "/api/v1/catalogue/products/{product_id}/images": MAX_IMAGE_BYTES,
    "/api/v1/catalogue/imports": MAX_IMPORT_BYTES,
}
ROUTERS = (
    accounts_router,
    credentials_router,
    addresses_router,
    personal_data_router,
    catalogue_router,
    categories_router,
    images_router,
    imports_router,
    carts_router,
    orders_router,
    fulfilment.customers,
    fulfilment.operators,
    purchasing_router,  # its fixed paths before `/stock/{product_id}`
    stock_router,
    reviews_router,
    webhooks_router,
)


def create_app(
    settings: Settings | None = None, provider: PaymentProvider | None = None
) -> FastAPI:
    """Build the application; the stores connect on first use, so it starts while they are down."""
    settings = settings or Settings()
    provider = provider or _provider(settings)
    engine = make_engine(settings.database_url, settings.database_pool_size)
    redis = Redis.from_url(
        settings.redis_url,
        decode_responses=True,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )

    following = Redis.from_url(
        settings.redis_url, decode_responses=True, socket_timeout=FOLLOWING_SECONDS
    )

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state = app.state
        duties = (
            *state.reconciler.duties(),
            *state.money.duties(),
            state.path_telling.tell_paths,
            state.pictures.sweep_images,
        )
        revocations = (state.revocations.refresh_revocations,)
        # On a clock of its own: a long file holds nothing else up.
        imports = (state.importing.go_on_with_imports,)
        async with (
            always(state.follower.follow()),
            on_a_clock(duties, DUTIES_SECONDS, state.log),
            on_a_clock(imports, IMPORTS_SECONDS, state.log),
            on_a_clock(revocations, REVOCATIONS_SECONDS, state.log),
        ):
            yield
        await provider.aclose()
        await redis.aclose()
        await following.aclose()
        await engine.dispose()

    checks: dict[str, Check] = {
        "database": lambda: _check_database(engine),
        "redis": lambda: _check_redis(redis),
    }
    app = make_service(
        "shop", "Emporium: the shop", settings.log_level, checks, lifespan, BODY_LIMITS
    )
    _equip(app, settings, provider, engine, redis)
    app.state.follower = Follower(following)
    add_store_handlers(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api/v1")
    return app


def _equip(
    app: FastAPI,
    settings: Settings,
    provider: PaymentProvider,
    engine: AsyncEngine,
    redis: Redis,
) -> None:
    """Put into the application's state what requests and duties share."""
    sizes = BatchSizes(settings.orders_per_commit)
    app.state.sessions = async_sessionmaker(engine, expire_on_commit=False)
    app.state.redis = redis
    app.state.redis_batches = RedisBatches(redis, MAX_WAITING)
    app.state.tokens = TokenSigner(settings.token_secret.get_secret_value(), utc_now)
    app.state.proofs = ProofSigner(settings.token_secret.get_secret_value())
    app.state.passwords = Passwords.recommended()
    app.state.currency = settings.currency
    app.state.listings = ListingReader(engine, MAX_WAITING)
    app.state.pictures = Pictures(app.state.sessions, ImageStore.at(settings.images_url), utc_now)
    app.state.importing = Importing(app.state.sessions, utc_now, new_event_id, app.state.log)
    app.state.path_telling = PathTelling(app.state.sessions, utc_now, new_event_id)
    app.state.checkout = make_checkout(engine, provider, settings.currency, sizes)
    app.state.reconciler = make_reconciler(engine, app.state.checkout, provider)
    app.state.money = MoneyDuties(engine, provider, utc_now)
    app.state.revocations = Revocations(engine, utc_now)
    app.state.notices = _notices(settings)


def _provider(settings: Settings) -> PaymentProvider:
    if settings.payment_provider == "test":
        return EmbeddedProvider.at(settings.payment_url)
    return StripeProvider.at(
        settings.stripe_api_key.get_secret_value(),
        settings.stripe_api_base,
        settings.stripe_return_url,
    )


def _notices(settings: Settings) -> Notices:
    if settings.payment_provider == "test":
        return EmbeddedNotices(settings.payment_webhook_secret.get_secret_value(), utc_now)
    return StripeNotices(settings.stripe_webhook_secret.get_secret_value())


async def _check_database(engine: AsyncEngine) -> None:
    """Fail unless the tables are there; an empty database needs its migrations."""
    async with engine.connect() as connection:
        found = await connection.scalar(text("select to_regclass('sessions')"))
    if found is None:
        raise RuntimeError("no tables: run `python -m transactional.migrations upgrade`")


async def _check_redis(redis: Redis) -> None:
    await cast(Any, redis.ping())
