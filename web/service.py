"""A FastAPI application with everything every service has."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from time import monotonic

from fastapi import FastAPI
from fastapi_offline import FastAPIOffline
from prometheus_client import CollectorRegistry

from web.health import Check, health_router
from web.limits import NO_CHAIN, BodyLimit, Chain, ForwardedAddress, InFlightLimit
from web.logs import make_logger
from web.problems import RESPONSES, ProblemDocument, add_problem_handlers
from web.proxies import Proxies
from web.rates import CallerRates, RateLimit
from web.telemetry import RequestMetrics, Telemetry

Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]
MAX_BODY_BYTES = 1_000_000
MAX_IN_FLIGHT = 256
PER_SECOND = 100.0
BURST = 200
ADDRESS_FACTOR = 10
"""Behind one address there may be a company or a mobile network."""
SIGNS_OF_LIFE = frozenset(("/healthz", "/readyz", "/metrics"))


THIS_MACHINE = Proxies()


@dataclass(frozen=True)
class Exceptions:
    """What has limits of its own.

    `body_bytes` by template, of paths that take more than `MAX_BODY_BYTES`; `chain` are the requests
    that are refused late, because others came before them, or early, because others follow. `trusted`
    are the addresses that may say for whom they ask.
    """

    body_bytes: Mapping[str, int] = field(default_factory=dict)
    chain: Chain = NO_CHAIN
    trusted: Proxies = THIS_MACHINE


NO_EXCEPTIONS = Exceptions()


def make_service(
    name: str,
    title: str,
    log_level: str,
    checks: Mapping[str, Check],
    lifespan: Lifespan,
    exceptions: Exceptions = NO_EXCEPTIONS,
) -> FastAPI:
    """Return an application with problem documents, health, metrics, logs and limits.

    Parameters
    ----------
    name
        Short, for the log and the path of its pages: `/docs/<name>`.
    checks
        What `/readyz` asks, by name.
    """
    # Its page brings its own scripts: a shop without a way out to the internet has pages too.
    app = FastAPIOffline(
        title=title,
        docs_url=f"/docs/{name}",
        static_url=f"/docs/{name}/static",
        openapi_url=f"/docs/{name}/openapi.json",
        redoc_url=None,
        responses=RESPONSES,
        lifespan=lifespan,
    )
    registry = CollectorRegistry()
    app.state.registry = registry
    app.state.log = make_logger(log_level, name)
    add_problem_handlers(app)
    app.include_router(health_router(checks, registry))
    # The last one added is the outermost: what the limits refuse is counted and logged too, and who
    # is refused for want of room costs no more than that.
    app.state.by_address = RateLimit(ADDRESS_FACTOR * PER_SECOND, ADDRESS_FACTOR * BURST, monotonic)
    app.state.request_metrics = RequestMetrics(registry)
    app.add_middleware(
        CallerRates,
        by_token=RateLimit(PER_SECOND, BURST, monotonic),
        by_address=app.state.by_address,
        trusted=exceptions.trusted,
        exempt=SIGNS_OF_LIFE,
    )
    app.add_middleware(BodyLimit, max_bytes=MAX_BODY_BYTES, by_path=exceptions.body_bytes)
    app.add_middleware(
        InFlightLimit,
        max_requests=MAX_IN_FLIGHT,
        exempt=SIGNS_OF_LIFE,
        chain=exceptions.chain,
    )
    app.add_middleware(Telemetry, metrics=app.state.request_metrics, log=app.state.log)
    app.add_middleware(ForwardedAddress, trusted=exceptions.trusted)
    _document_problems(app)
    return app


def _document_problems(app: FastAPI) -> None:
    """Put the problem document's schema into the OpenAPI document, where RESPONSES refers to it."""
    generate = app.openapi

    def openapi() -> dict[str, object]:
        document = generate()
        schema = ProblemDocument.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        schemas |= schema.pop("$defs", {}) | {"ProblemDocument": schema}
        return document

    app.openapi = openapi  # type: ignore[method-assign]
