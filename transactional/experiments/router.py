"""/experiments: what operators try on a part of the shoppers."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, TypeAdapter

from features.schemas.experiments import ExperimentName
from transactional.callers import OperatorDep
from transactional.deps import SessionDep, utc_now
from transactional.experiments.models import ExperimentRow
from transactional.experiments.repository import ExperimentRepository
from transactional.experiments.schemas import (
    ExperimentChange,
    ExperimentPage,
    ExperimentView,
    NewExperiment,
    Stop,
)
from transactional.experiments.service import ExperimentService, state_of
from transactional.fields import IfMatch, Text, version_of
from transactional.orders.deps import IdempotencyKeyDep
from web import cursors

router = APIRouter(prefix="/experiments", tags=["experiments"])
Name = Annotated[ExperimentName, Path(description="of an experiment")]
ArmName = Annotated[ExperimentName, Path(description="of an arm of the experiment")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=500)]
ONE_NAME = TypeAdapter(tuple[Text])


async def experiment_service(operator: OperatorDep, session: SessionDep) -> ExperimentService:
    """Build the service for an operator's request."""
    return ExperimentService(ExperimentRepository(session), operator.customer_id, utc_now)


ServiceDep = Annotated[ExperimentService, Depends(experiment_service)]


@router.get("")
async def list_experiments(
    service: ServiceDep, limit: Limit = 20, cursor: Cursor = None
) -> ExperimentPage:
    """Return all experiments, by name."""
    after = cursors.decode(cursor, "experiments", ONE_NAME)[0] if cursor else ""
    found = await service.experiments.page(after, limit + 1)
    page = [view(row, service.now()) for row in found[:limit]]
    more = cursors.encode([page[-1].name], "experiments") if len(found) > limit else None
    return ExperimentPage(experiments=page, next_cursor=more)


@router.post("", status_code=201)
async def add_experiment(
    body: NewExperiment, service: ServiceDep, key: IdempotencyKeyDep, response: Response
) -> ExperimentView:
    """Make a draft. The same Idempotency-Key is the same experiment."""
    return _view(await service.add(key, columns_of(body)), service, response)


@router.get("/{name}")
async def read_experiment(name: Name, service: ServiceDep, response: Response) -> ExperimentView:
    """Return an experiment."""
    return _view(await service.read(name), service, response)


@router.patch("/{name}")
async def change_experiment(
    name: Name,
    body: ExperimentChange,
    service: ServiceDep,
    response: Response,
    if_match: IfMatch = None,
) -> ExperimentView:
    """Change a draft, or when something that runs ends.

    With `If-Match`, refused if it was changed since that version was read.
    """
    row = await service.change(name, version_of(if_match), columns_of(body))
    return _view(row, service, response)


@router.post("/{name}/start")
async def start_experiment(
    name: Name, service: ServiceDep, response: Response, if_match: IfMatch = None
) -> ExperimentView:
    """Let a draft run; serving follows within seconds."""
    return _view(await service.start(name, version_of(if_match)), service, response)


@router.post("/{name}/stop")
async def stop_experiment(
    name: Name, body: Stop, service: ServiceDep, response: Response, if_match: IfMatch = None
) -> ExperimentView:
    """Stop what runs, for a reason; everybody is served as without it within seconds."""
    return _view(await service.stop(name, version_of(if_match), body.reason), service, response)


@router.post("/{name}/arms/{arm}/stop")
async def stop_arm(
    name: Name,
    arm: ArmName,
    body: Stop,
    service: ServiceDep,
    response: Response,
    if_match: IfMatch = None,
) -> ExperimentView:
    """Stop one arm; its units are served as without the experiment, the others stay where they are."""
    row = await service.stop_arm(name, arm, version_of(if_match), body.reason)
    return _view(row, service, response)


@router.post("/{name}/versions")
async def begin_version(
    name: Name, body: Stop, service: ServiceDep, response: Response, if_match: IfMatch = None
) -> ExperimentView:
    """End what there is and make the next version, a draft whose units are put into arms anew."""
    row = await service.begin_version(name, version_of(if_match), body.reason)
    return _view(row, service, response)


def columns_of(body: BaseModel) -> dict[str, object]:
    """Return what a request says, as columns."""
    values = body.model_dump(exclude_unset=isinstance(body, ExperimentChange), exclude={"design"})
    if "design" in body.model_fields_set:
        values["design"] = body.model_dump(mode="json", include={"design"})["design"]
    return values


def view(row: ExperimentRow, now: dt.datetime) -> ExperimentView:
    """Return an experiment as the API shows it."""
    names = ExperimentView.model_fields.keys() - {"state"}
    values = {name: getattr(row, name) for name in names}
    return ExperimentView(**values, state=state_of(row, now))


def _view(row: ExperimentRow, service: ExperimentService, response: Response) -> ExperimentView:
    response.headers["ETag"] = f'"{row.version}"'
    return view(row, service.now())
