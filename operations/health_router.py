"""/operations/health: whether every service is ready."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from time import perf_counter
from typing import Any

import httpx2
import psutil
from fastapi import APIRouter, Request

from operations.deps import OperatorDep, SettingsDep
from operations.schemas import Health, ServiceHealth

router = APIRouter(prefix="/health", tags=["health"])
PROBE_SECONDS = httpx2.Timeout(4.0, connect=1.0)
HEALTHY = "healthy"


@router.get("")
async def read_health(_: OperatorDep, settings: SettingsDep, request: Request) -> Health:
    """Ask every service whether it is ready, and say which processes of this machine run."""
    client: httpx2.AsyncClient = request.app.state.client
    asked = (probe(client, name, url) for name, url in settings.probes.items())
    answered = await asyncio.gather(*asked)
    silent = [each for each in processes(settings.state) if each.name not in settings.probes]
    return Health(services=sorted([*answered, *silent], key=lambda each: each.name))


async def probe(client: httpx2.AsyncClient, name: str, url: str) -> ServiceHealth:
    """Return what a service says of itself."""
    began = perf_counter()
    try:
        answer = await client.get(url, timeout=PROBE_SECONDS)
        detail = _trouble(answer)
    except httpx2.TransportError as error:
        detail = f"does not answer ({type(error).__name__})"
    milliseconds = (perf_counter() - began) * 1e3
    state: Any = "not_ready" if detail else "ready"
    return ServiceHealth(name=name, state=state, detail=detail, milliseconds=milliseconds)


def _trouble(answer: httpx2.Response) -> str:
    """Return what is wrong by an answer: a problem document's word, or parts that Airflow finds ill."""
    try:
        told = answer.json()
    except ValueError:
        told = {}
    said: Mapping[str, Any] = told if isinstance(told, dict) else {}
    if answer.status_code != 200:
        return str(said.get("detail") or f"answers {answer.status_code}")
    ill = [
        name
        for name, part in said.items()
        if isinstance(part, dict) and part.get("status") not in (HEALTHY, None)
    ]
    return f"not healthy: {', '.join(ill)}" if ill else ""


def processes(state: Path) -> list[ServiceHealth]:
    """Return what a supervisor of this machine runs; nothing without one."""
    try:
        pids: dict[str, int] = json.loads(state.read_text())["pids"]
    except (OSError, ValueError, KeyError):
        return []
    return [_process(name, pid) for name, pid in pids.items()]


def _process(name: str, pid: int) -> ServiceHealth:
    try:
        is_there = psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        is_there = False
    state: Any = "running" if is_there else "gone"
    detail = "" if is_there else "the process has ended; the supervisor starts it again"
    return ServiceHealth(name=name, state=state, detail=detail, milliseconds=None)
