"""`/healthz`, `/readyz` and `/metrics` of a service."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from pydantic import BaseModel

from web.problems import UnavailableProblem

Check = Callable[[], Awaitable[object]]
"""Returns if the thing works; raises with a message that says what is wrong and what to do."""

CHECK_SECONDS = 2.0


class Health(BaseModel):
    """`ok`, and what was checked to say so."""

    status: str
    checks: list[str]


def health_router(checks: Mapping[str, Check], registry: CollectorRegistry) -> APIRouter:
    """Return the three routes; `checks` are what `/readyz` asks, by name."""
    router = APIRouter(tags=["operations"])

    @router.get("/healthz")
    async def healthz() -> Health:
        """Tell that the process is alive; asks nothing else."""
        return Health(status="ok", checks=[])

    @router.get("/readyz")
    async def readyz() -> Health:
        """Tell whether every store this service needs answers; else 503 names those that don't."""
        failures = await asyncio.gather(*(failure(check) for check in checks.values()))
        errors = [
            {"field": name, "detail": detail}
            for name, detail in zip(checks, failures, strict=True)
            if detail
        ]
        if errors:
            missing = "; ".join(f"{error['field']}: {error['detail']}" for error in errors)
            raise UnavailableProblem(f"Not ready. {missing}", errors=errors)
        return Health(status="ok", checks=list(checks))

    @router.get("/metrics", response_class=Response)
    async def metrics() -> Response:
        """Return the process's Prometheus metrics."""
        return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)

    return router


async def failure(check: Check) -> str | None:
    """Return why `check` fails, or None; a check that hangs fails."""
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check()
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS:.0f} s"
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a store, it is not ready
        return (str(error).splitlines() or [type(error).__name__])[0]
    return None
