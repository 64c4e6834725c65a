"""The serving process.

granian --interface asgi --factory serving.app:create_app
"""

import gc
import sys
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing, nullcontext
from typing import Any, cast

import structlog
from fastapi import APIRouter, FastAPI
from redis import Redis
from redis.asyncio import Redis as AsyncRedis

from features.schemas.experiments import EXPERIMENTS_KEY
from features.schemas.search_rules import SEARCH_RULES_KEY
from features.schemas.slots import SLOTS_KEY
from features.store.packed_redis import AsyncPackedFeatures, Connections, PackedFeatures
from models.live import LiveRecommender
from models.search.fork import own_folder
from models.search.languages import Language
from serving.answers.router import router as answers_router
from serving.background import Background, Runs
from serving.errors import add_error_handlers
from serving.events.deps import make_event_service
from serving.events.router import router as events_router
from serving.events.stream import StreamBounds
from serving.experiments.book import FORM, ExperimentBook
from serving.experiments.exposing import Exposing
from serving.features import PackedReader
from serving.freshness.router import router as freshness_router
from serving.published import Published, Refreshed, watch
from serving.recommendations.model import Registry, published_challenger, published_model
from serving.recommendations.newcomers import CurrentNewcomers
from serving.recommendations.router import router as recommendations_router
from serving.recommendations.slots import RULES, SlotBook
from serving.recommendations.verdicts import CurrentVerdicts
from serving.recording import Recorder, stream_append
from serving.rule_hash import RuleHash
from serving.search.changes import ProductChanges
from serving.search.current import CurrentIndex
from serving.search.deps import utc_now
from serving.search.desk import N_ASKING, N_AT_WORK, Desk
from serving.search.kept import Keeping
from serving.search.opensearch import SearchCluster
from serving.search.published import published_index
from serving.search.ranker import NO_RANKERS, Rankers, SearchRankers, published_order
from serving.search.router import router as search_router
from serving.search.rules import SEARCH_RULES, SearchRuleBook
from serving.settings import Settings
from serving.shortcuts import shortcuts
from web.health import Check
from web.logs import make_logger
from web.proxies import Proxies
from web.service import Exceptions, make_service
from web.shortcuts import add_shortcuts

REDIS_SECONDS = 1.0
RULE_SECONDS = 0.5
ALIAS_SECONDS = 0.5
CHANGES_SECONDS = 0.25
STREAM_SECONDS = 5.0  # longer than a read waits for new entries
SWITCH_SECONDS = 0.001


def create_app(settings: Settings | None = None) -> FastAPI:
    """Build the application of the environment's settings."""
    settings = settings or Settings()
    # What looks for new versions beside the requests gives way to them after so long.
    sys.setswitchinterval(SWITCH_SECONDS)
    registry = Registry(settings.mlflow_tracking_uri, settings.models)
    rankers = SearchRankers(settings.mlflow_tracking_uri, settings.search_rankers)

    def load_to_stay(version: str) -> LiveRecommender:
        recommender = registry.load(version)
        keep()
        return recommender

    return make_app(
        settings, registry.latest, load_to_stay, rankers, keep, registry.latest_challenger
    )


def keep() -> None:
    """Let no collection of garbage look at what is there now: it stays, and requests wait meanwhile."""
    gc.collect()
    gc.freeze()


def make_app(
    settings: Settings,
    latest_model: Callable[[], str | None],
    load_model: Callable[[str], LiveRecommender],
    rankers: Rankers = NO_RANKERS,
    when_loaded: Callable[[], None] = lambda: None,
    latest_challenger: Callable[[], str | None] = lambda: None,
) -> FastAPI:
    """Build the application. It starts before any index, model or store is there, and says so.

    `when_loaded` is called for each version of the index that was loaded; `latest_challenger` is asked
    while an experiment wants it.
    """
    log = make_logger(settings.log_level, "serving")
    redis = AsyncRedis.from_url(
        settings.redis_url,
        decode_responses=True,
        socket_timeout=REDIS_SECONDS,
        socket_connect_timeout=REDIS_SECONDS,
    )
    copies = settings.index_copies / uuid.uuid4().hex
    published = published_index(settings.index, copies, log, when_loaded)
    index = CurrentIndex(published, ProductChanges(_stream(settings.redis_url)), log)
    model, search_order = (
        published_model(latest_model, load_model, log),
        published_order(rankers, log),
    )
    features = Connections(settings.redis_url, REDIS_SECONDS)
    slots, search_rules = _rule_books(_client(settings.redis_url), settings.search_language, log)
    search_cluster = _search_cluster(settings, log)
    verdicts = CurrentVerdicts(index, PackedFeatures(_client(settings.redis_url)), log)

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        watched: list[tuple[Refreshed, float]] = [
            (index, CHANGES_SECONDS),
            (model, settings.poll_seconds),
            (search_order, settings.poll_seconds),
            (verdicts, settings.poll_seconds),
            (slots, RULE_SECONDS),
            (search_rules, RULE_SECONDS),
            (app.state.experiments, RULE_SECONDS),
            (app.state.challenger, settings.poll_seconds),
            *([(search_cluster, ALIAS_SECONDS)] if search_cluster else []),
        ]
        with (
            own_folder(copies),
            closing(search_cluster) if search_cluster else nullcontext(),
            app.state.recorder,
            app.state.search_desk,
            # The model has a thread of its own: fetching it must not hold up the index.
            Background([_watching(*each) for each in watched]),
        ):
            yield
        await redis.aclose()
        await features.close()
        gc.unfreeze()

    checks: dict[str, Check] = {
        "redis": lambda: _check_redis(redis),
        "index": lambda: _check_published(published),
        "model": lambda: _check_published(model),
    }
    app = make_service(
        "serving",
        "Emporium: search and recommendations",
        settings.log_level,
        checks,
        lifespan,
        Exceptions(trusted=Proxies(settings.trusted_proxies)),
    )
    app.state.redis, app.state.index, app.state.model = redis, index, model
    app.state.features, app.state.slots = _reader(settings, features, log), slots
    app.state.search_order, app.state.search_rules, app.state.search_cluster = (
        search_order,
        search_rules,
        search_cluster,
    )
    app.state.search_desk, app.state.kept_searches = (
        Desk(N_ASKING if search_cluster else N_AT_WORK),
        Keeping(),
    )
    app.state.newcomers, app.state.verdicts = CurrentNewcomers(), verdicts
    _keep_answers(app, settings)
    _add_experiments(app, settings, latest_challenger, load_model)
    add_error_handlers(app)
    for router in (
        search_router,
        recommendations_router,
        _events(app, redis, settings),
        freshness_router,
        answers_router,
    ):
        app.include_router(router, prefix="/api/v1")
    add_shortcuts(app, shortcuts(app))
    return app


def _reader(settings: Settings, redis: Connections, log: structlog.BoundLogger) -> PackedReader:
    return PackedReader(AsyncPackedFeatures(redis), log, settings.live_features)


def _add_experiments(
    app: FastAPI,
    settings: Settings,
    latest_challenger: Callable[[], str | None],
    load_model: Callable[[str], LiveRecommender],
) -> None:
    """Put experiments, the model on trial and what tells of them into the application's state."""
    log = app.state.log
    told = RuleHash(_client(settings.redis_url), EXPERIMENTS_KEY, FORM, log)
    book = ExperimentBook(told, utc_now, {})
    app.state.experiments = book
    app.state.challenger = published_challenger(
        latest_challenger, load_model, lambda: book.wants("challenger"), log
    )
    app.state.exposing = Exposing(app.state.recorder, utc_now)


def _keep_answers(app: FastAPI, settings: Settings) -> None:
    """Equip an application with what answers are recorded by, and told again."""
    app.state.recorder = Recorder(
        stream_append(settings.redis_url), app.state.registry, app.state.log
    )
    app.state.lake, app.state.token_secret = settings.lake, settings.token_secret.get_secret_value()


def _search_cluster(settings: Settings, log: structlog.BoundLogger) -> SearchCluster | None:
    if not settings.opensearch_url:
        return None
    return SearchCluster(settings.opensearch_url, settings.opensearch_alias, log)


def _events(app: FastAPI, redis: AsyncRedis, settings: Settings) -> APIRouter:
    """Return the routes that take events, their service wired."""
    app.state.events = make_event_service(
        redis,
        StreamBounds(settings.events_waiting, settings.event_ids_known),
        settings.events_per_second,
        Proxies(settings.trusted_proxies),
        takes_purchases=settings.events_tell_purchases,
    )
    return events_router


def _watching(thing: Refreshed, seconds: float) -> Runs:
    return lambda stop: watch(thing, seconds, stop)


def _rule_books(
    redis: Redis, language: Language, log: structlog.BoundLogger
) -> tuple[SlotBook, SearchRuleBook]:
    return (
        SlotBook(RuleHash(redis, SLOTS_KEY, RULES, log), {}),
        SearchRuleBook(RuleHash(redis, SEARCH_RULES_KEY, SEARCH_RULES, log), utc_now, language),
    )


def _client(redis_url: str) -> Redis:
    client: Redis = Redis.from_url(redis_url, socket_timeout=STREAM_SECONDS)
    return client


def _stream(redis_url: str) -> Redis:
    client: Redis = Redis.from_url(redis_url, decode_responses=True, socket_timeout=STREAM_SECONDS)
    return client


async def _check_redis(redis: AsyncRedis) -> None:
    await cast(Any, redis.ping())


async def _check_published(published: Published[Any]) -> None:
    published.require()
