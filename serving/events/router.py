"""POST /events, and the script that sends them from a page."""

import hashlib
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.requests import ClientDisconnect

from serving.events.deps import EventServiceDep
from serving.events.schemas import Accepted, Batch, Event
from web.problems import BadRequestProblem

router = APIRouter(tags=["events"])
JSON = "application/json"
SCRIPT = Path(__file__).with_name("emporium.js").read_bytes()
SCRIPT_HEADERS = {
    "ETag": f'"{hashlib.blake2b(SCRIPT, digest_size=8).hexdigest()}"',
    "Cache-Control": "public, max-age=3600",
}


def body_schema() -> dict[str, Any]:
    """Return a batch's JSON schema, whole: the route reads its body itself."""
    schema = Batch.model_json_schema()
    del schema["$defs"]
    schema["properties"]["events"]["items"] = Event.model_json_schema()
    return schema


BODY = {
    "required": True,
    "description": "JSON, whatever the content type says: `navigator.sendBeacon` says text/plain.",
    "content": {JSON: {"schema": body_schema()}},
}


@router.post(
    "/events", status_code=202, response_model=Accepted, openapi_extra={"requestBody": BODY}
)
async def take_events(request: Request, service: EventServiceDep) -> Response:
    """Take a batch of clickstream events, all of it or none.

    A bad event is named by its place in the batch (422) and nothing is taken: correct it or leave
    it out and send the batch again. An event sent twice with one `event_id` counts once. 429 and 503
    say in `Retry-After` when to send the same batch again.
    """
    batch = await _batch(request)
    address = request.client.host if request.client else ""
    accepted = await service.accept(address, batch.events)
    return Response(accepted.model_dump_json(), 202, media_type=JSON)


async def _batch(request: Request) -> Batch:
    # Validated from bytes in one go; FastAPI would parse first, and only what says that it is JSON.
    try:
        return Batch.model_validate_json(await request.body())
    except ValidationError as error:
        errors = [{**each, "loc": ("body", *each["loc"])} for each in error.errors()]
        raise RequestValidationError(errors) from error
    except ClientDisconnect as error:
        raise BadRequestProblem("The body was cut off. Send it again.") from error


@router.get("/events/emporium.js", response_class=Response)
async def script(if_none_match: Annotated[str | None, Header()] = None) -> Response:
    """Return the script for pages (docs/events.md)."""
    if if_none_match == SCRIPT_HEADERS["ETag"]:
        return Response(status_code=304, headers=SCRIPT_HEADERS)
    return Response(SCRIPT, headers=SCRIPT_HEADERS, media_type="text/javascript")
