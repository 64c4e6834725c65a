"""What the shop's requests and duties share: connections, checkout, clocks; built from the settings."""

import datetime as dt
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, cast

from fastapi import FastAPI
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from sqlalchemy import text
from sqlalchemy.ext.asyncio import async_sessionmaker

from transactional.accounts.passwords import Passwords
from transactional.background import always, on_a_clock
from transactional.catalogue.cache.following import ChangeFollower
from transactional.catalogue.cache.hits import ProductHits
from transactional.catalogue.cache.local import LocalPages
from transactional.catalogue.cache.reading import CatalogueReads
from transactional.catalogue.cache.shared import SharedPages
from transactional.catalogue.cache.truth import Truth
from transactional.catalogue.categories.telling import PathTelling
from transactional.catalogue.images.service import Pictures
from transactional.catalogue.images.store import ImageStore
from transactional.catalogue.imports.service import Importing
from transactional.catalogue.listings import ListingReader
from transactional.database import make_engine
from transactional.deps import new_event_id, utc_now
from transactional.fulfilment.money import MoneyDuties
from transactional.orders.wiring import BatchSizes, make_checkout, make_reconciler
from transactional.outbox.following import Follower
from transactional.payments.embedded import EmbeddedNotices, EmbeddedProvider
from transactional.payments.notices import Notices
from transactional.payments.provider import PaymentProvider
from transactional.proofs import ProofSigner
from transactional.redis_batches import RedisBatches
from transactional.revocations import Revocations
from transactional.sellers.payouts import PayoutTerms
from transactional.sellers.suspending import Suspensions
from transactional.settings import Settings
from transactional.tokens import TokenSigner
from web.proxies import Proxies

REDIS_SECONDS = 0.5
FOLLOWING_SECONDS = 10.0
DUTIES_SECONDS = 5.0
REVOCATIONS_SECONDS = 1.0
CHANGES_SECONDS = 0.1
IMPORTS_SECONDS = 1.0
MAX_WAITING = 1000


def equip(app: FastAPI, settings: Settings, provider: PaymentProvider | None) -> None:
    """Put into the application's state what requests and duties share; nothing connects yet.

    Without a `provider`, the one that the settings name.
    """
    state = app.state
    state.provider = provider = provider or _provider(settings)
    state.engine = engine = make_engine(settings.database_url, settings.database_pool_size)
    state.redis = _redis(settings, REDIS_SECONDS)
    state.following = _redis(settings, FOLLOWING_SECONDS)
    state.follower = Follower(state.following)
    state.sessions = sessions = async_sessionmaker(engine, expire_on_commit=False)
    state.redis_batches = RedisBatches(state.redis, MAX_WAITING)
    state.tokens = TokenSigner(settings.token_secret.get_secret_value(), utc_now)
    state.proofs = ProofSigner(settings.token_secret.get_secret_value())
    state.passwords = Passwords.recommended()
    state.revocations = Revocations(engine, utc_now)
    state.notices = _notices(settings)
    state.currency = settings.currency
    state.listings = ListingReader(engine, MAX_WAITING)
    state.catalogue_redis = _redis_without_retries(settings)
    state.catalogue_reads = CatalogueReads(
        LocalPages(monotonic, random.random),
        SharedPages(state.catalogue_redis),
        Truth(sessions, monotonic, state.log),
        state.catalogue_metrics,
    )
    state.changes = ChangeFollower(state.catalogue_reads)
    state.hits = ProductHits(
        state.catalogue_reads,
        state.by_address,
        Proxies(settings.trusted_proxies),
        state.request_metrics,
        state.log,
    )
    state.pictures = Pictures(sessions, ImageStore.at(settings.images_url), utc_now)
    state.importing = Importing(sessions, utc_now, new_event_id, state.log)
    state.suspensions = Suspensions(sessions, utc_now, new_event_id)
    state.payout_terms = PayoutTerms(
        dt.timedelta(days=settings.payout_after_days), settings.payout_minimum_cents
    )
    state.path_telling = PathTelling(sessions, utc_now, new_event_id)
    sizes = BatchSizes(settings.orders_per_commit)
    state.checkout = make_checkout(engine, provider, settings.currency, sizes)
    state.reconciler = make_reconciler(engine, state.checkout, provider)
    state.money = MoneyDuties(engine, provider, utc_now)


@asynccontextmanager
async def working(app: FastAPI) -> AsyncIterator[None]:
    """Do the duties of an equipped application until the block ends; then close its connections."""
    state = app.state
    duties = (
        *state.reconciler.duties(),
        *state.money.duties(),
        state.path_telling.tell_paths,
        state.suspensions.archive_suspended,
        state.pictures.sweep_images,
    )
    async with (
        always(state.follower.follow()),
        on_a_clock(duties, DUTIES_SECONDS, state.log),
        # On a clock of its own: a long file holds nothing else up.
        on_a_clock([state.importing.go_on_with_imports], IMPORTS_SECONDS, state.log),
        on_a_clock([state.revocations.refresh_revocations], REVOCATIONS_SECONDS, state.log),
        on_a_clock(
            [state.changes.look_for_changes, state.hits.tell_hits], CHANGES_SECONDS, state.log
        ),
    ):
        yield
    await state.provider.aclose()
    await state.redis.aclose()
    await state.following.aclose()
    await state.catalogue_redis.aclose()
    await state.engine.dispose()


async def check_database(app: FastAPI) -> None:
    """Fail unless the tables are there; an empty database needs its migrations."""
    async with app.state.engine.connect() as connection:
        found = await connection.scalar(text("select to_regclass('sessions')"))
    if found is None:
        raise RuntimeError("no tables: run `python -m transactional.migrations upgrade`")


async def check_redis(app: FastAPI) -> None:
    """Fail unless Redis answers."""
    await cast(Any, app.state.redis.ping())


def _redis(settings: Settings, seconds: float) -> Redis:
    return Redis.from_url(
        settings.redis_url,
        decode_responses=True,
        socket_timeout=seconds,
        socket_connect_timeout=REDIS_SECONDS,
    )


def _redis_without_retries(settings: Settings) -> Redis:
    """Return a client for what is done without where Redis does not answer at once."""
    return Redis.from_url(
        settings.redis_url,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
        retry=Retry(NoBackoff(), 0),
    )


def _provider(settings: Settings) -> PaymentProvider:
    if settings.payment_provider == "test":
        return EmbeddedProvider.at(settings.payment_url)
    # Loaded by who pays with it: the library is a tenth of the service's start.
    from transactional.payments.stripe_provider import StripeProvider  # noqa: PLC0415

    return StripeProvider.at(
        settings.stripe_api_key.get_secret_value(),
        settings.stripe_api_base,
        settings.stripe_return_url,
    )


def _notices(settings: Settings) -> Notices:
    if settings.payment_provider == "test":
        return EmbeddedNotices(settings.payment_webhook_secret.get_secret_value(), utc_now)
    from transactional.payments.stripe_notices import StripeNotices  # noqa: PLC0415

    return StripeNotices(settings.stripe_webhook_secret.get_secret_value())
