"""/operations/models: what serves, what would, and changing that by hand."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path, Query

from models import registry
from operations.deps import Cursor, OperatorDep, SettingsDep
from operations.problems import (
    AwayProblem,
    ChampionChangedProblem,
    NotHereProblem,
    NothingBeforeProblem,
    UnknownProblem,
)
from operations.schemas import ModelList, ModelView, Promotion, RollBack, VersionPage, VersionView
from operations.settings import Settings
from web import cursors
from web.problems import Problem

router = APIRouter(prefix="/models", tags=["models"])
Name = Annotated[str, Path(pattern="^[A-Za-z0-9_.-]{1,100}$")]
Limit = Annotated[int, Query(ge=1, le=50)]
Answer = TypeVar("Answer")


@router.get("")
async def list_models(_: OperatorDep, settings: SettingsDep) -> ModelList:
    """Return all registered models with the versions that serve and would serve."""
    found = await _asked(settings, registry.registered)
    views = [_view(each) for each in found]
    return ModelList(models=views, page_url=settings.mlflow_people)


@router.get("/{name}")
async def read_model(
    name: Name, _: OperatorDep, settings: SettingsDep, limit: Limit = 10, cursor: Cursor = None
) -> VersionPage:
    """Return a model and its versions, the newest first, with what they were judged by."""
    listing = f"versions of {name}"
    below = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else None
    model = await _model(settings, name)
    found = await _asked(settings, lambda url: registry.versions(url, name, below, limit + 1))
    more = cursors.encode([int(found[limit - 1].version)], listing) if len(found) > limit else None
    versions = [version_view(each) for each in found[:limit]]
    page_url = f"{settings.mlflow_people}/#/models/{name}"
    return VersionPage(model=_view(model), versions=versions, next_cursor=more, page_url=page_url)


@router.get("/{name}/versions/{version}")
async def read_version(
    name: Name,
    version: Annotated[str, Path(pattern="^[1-9][0-9]{0,8}$")],
    _: OperatorDep,
    settings: SettingsDep,
) -> VersionView:
    """Return one version."""
    await _model(settings, name)
    return version_view(await _asked(settings, lambda url: registry.version(url, name, version)))


@router.post("/{name}/promote")
async def promote(
    name: Name, body: Promotion, operator: OperatorDep, settings: SettingsDep
) -> ModelView:
    """Make a version the champion whatever the gate said; serving follows within seconds."""
    await _check_champion(settings, name, body.champion)
    reason = f"{body.reason} (operator {operator.customer_id})"
    await _asked(settings, lambda url: registry.promote_by_hand(url, name, body.version, reason))
    return _view(await _model(settings, name))


@router.post("/{name}/roll-back")
async def roll_back(
    name: Name, body: RollBack, operator: OperatorDep, settings: SettingsDep
) -> ModelView:
    """Make the champion before this one the champion again; serving follows within seconds."""
    await _check_champion(settings, name, body.champion)
    reason = f"by hand: {body.reason} (operator {operator.customer_id})"
    await _asked(settings, lambda url: registry.roll_back(url, name, reason))
    return _view(await _model(settings, name))


async def warm_up(settings: Settings) -> None:
    """Ask the registry once: its client loads most of itself at the first question."""
    with contextlib.suppress(Problem):
        await _asked(settings, registry.registered)


async def _check_champion(settings: Settings, name: str, known: str | None) -> None:
    champion = (await _model(settings, name)).aliases.get(registry.CHAMPION)
    if champion != known:
        raise ChampionChangedProblem(
            f"The champion of {name} is version {champion or 'none'} by now. Look, and decide again."
        )


async def _model(settings: Settings, name: str) -> registry.Registered:
    found = await _asked(settings, registry.registered)
    for each in found:
        if each.name == name:
            return each
    raise UnknownProblem(f"No model {name} is registered: {', '.join(e.name for e in found)}.")


async def _asked(settings: Settings, ask: Callable[[str], Answer]) -> Answer:
    """Return what the registry says; it waits for the network, so a thread asks."""
    if not settings.mlflow_url:
        raise NotHereProblem("This platform runs without MLflow: set MLFLOW_TRACKING_URI.")
    try:
        return await asyncio.to_thread(ask, settings.mlflow_url)
    except registry.NoPreviousVersionError as error:
        raise NothingBeforeProblem(f"{error}.") from error
    except registry.UnknownVersionError as error:
        raise UnknownProblem(f"{error}.") from error
    except registry.RegistryError as error:
        raise AwayProblem("MLflow does not answer. Nothing is known to have changed.") from error


def _view(model: registry.Registered) -> ModelView:
    roles = (registry.CHAMPION, registry.CHALLENGER, registry.PREVIOUS)
    return ModelView(name=model.name, **{role: model.aliases.get(role) for role in roles})


def version_view(version: registry.Version) -> VersionView:
    """Return a version as the API shows it; figures that are no number are left out."""
    return VersionView(
        version=version.version,
        aliases=list(version.aliases),
        trained_up_to=version.date,
        gate=version.gate,
        promoted=version.promoted,
        params=dict(version.params),
        metrics=registry.finite(version.metrics),
        card=version.card,
    )
