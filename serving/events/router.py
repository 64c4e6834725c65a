"""POST /events."""

from fastapi import APIRouter

from serving.events.deps import EventServiceDep
from serving.events.schemas import Accepted, Batch

router = APIRouter(tags=["events"])


@router.post("/events", status_code=202)
async def take_events(body: Batch, service: EventServiceDep) -> Accepted:
    """Take a batch of clickstream events, all of it or none.

    A bad event is named by its place in the batch (422) and nothing is taken: correct it or leave
    it out and send the batch again. An event sent twice with one `event_id` counts once.
    """
    event_ids = await service.accept(body.events)
    return Accepted(n_accepted=len(event_ids), event_ids=event_ids)
