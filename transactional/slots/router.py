"""/slots: what operators pin, hide and weigh in the lists on the shop's pages."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import TypeAdapter

from features.schemas.row import Id
from features.schemas.slots import Slot
from transactional.callers import OperatorDep
from transactional.deps import SessionDep, utc_now
from transactional.fields import IfMatch, Text, version_of
from transactional.orders.deps import IdempotencyKeyDep
from transactional.rules.states import State, state_of
from transactional.slots.models import SlotRuleRow
from transactional.slots.repository import SlotRepository
from transactional.slots.schemas import (
    NewSlotRule,
    SlotPage,
    SlotRuleChange,
    SlotRulePage,
    SlotRuleView,
    SlotView,
)
from transactional.slots.service import SlotService
from web import cursors

router = APIRouter(prefix="/slots", tags=["slots"])
SlotName = Annotated[Slot, Path()]
RuleId = Annotated[Id, Path(description="of a rule of the slot")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=500)]
ONE_SLOT = TypeAdapter(tuple[Text])


async def slot_service(operator: OperatorDep, session: SessionDep) -> SlotService:
    """Build the service for an operator's request."""
    return SlotService(SlotRepository(session), operator.customer_id, utc_now)


SlotServiceDep = Annotated[SlotService, Depends(slot_service)]


@router.get("")
async def list_slots(
    service: SlotServiceDep, limit: Limit = 100, cursor: Cursor = None
) -> SlotPage:
    """Return the slots that have or had rules, by name."""
    after = cursors.decode(cursor, "slots", ONE_SLOT)[0] if cursor else ""
    found = await service.slots.slots(after, service.now(), limit + 1)
    page = [SlotView.model_validate(each, from_attributes=True) for each in found[:limit]]
    more = cursors.encode([page[-1].slot], "slots") if len(found) > limit else None
    return SlotPage(slots=page, next_cursor=more)


@router.get("/{slot}/rules")
async def list_rules(
    slot: SlotName,
    service: SlotServiceDep,
    state: State | None = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> SlotRulePage:
    """Return a slot's rules, newest first: all, or those in force, to come, over, or removed."""
    listing = f"rules of {slot} {state}"
    below = cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else None
    asked = {"slot": slot, "state": state, "below": below, "now": service.now(), "limit": limit + 1}
    found = await service.slots.page(asked)
    page = [SlotRuleView.model_validate(each, from_attributes=True) for each in found[:limit]]
    more = cursors.encode([page[-1].rule_id], listing) if len(found) > limit else None
    return SlotRulePage(rules=page, next_cursor=more)


@router.post("/{slot}/rules", status_code=201)
async def add_rule(
    slot: SlotName,
    body: NewSlotRule,
    service: SlotServiceDep,
    key: IdempotencyKeyDep,
    response: Response,
) -> SlotRuleView:
    """Pin, hide or weigh; lists follow within seconds. The same Idempotency-Key is the same rule."""
    return _view(await service.add(slot, key, body.model_dump()), service, response)


@router.get("/{slot}/rules/{rule_id}")
async def read_rule(
    slot: SlotName, rule_id: RuleId, service: SlotServiceDep, response: Response
) -> SlotRuleView:
    """Return a rule, removed or not."""
    return _view(await service.read(slot, rule_id), service, response)


@router.patch("/{slot}/rules/{rule_id}")
async def change_rule(
    slot: SlotName,
    rule_id: RuleId,
    body: SlotRuleChange,
    service: SlotServiceDep,
    response: Response,
    if_match: IfMatch = None,
) -> SlotRuleView:
    """Change a rule's dates, place, factor or note.

    With `If-Match`, refused if it was changed since that version was read.
    """
    values = body.model_dump(exclude_unset=True)
    rule = await service.change(slot, rule_id, version_of(if_match), values)
    return _view(rule, service, response)


@router.delete("/{slot}/rules/{rule_id}", status_code=204)
async def remove_rule(
    slot: SlotName, rule_id: RuleId, service: SlotServiceDep, if_match: IfMatch = None
) -> None:
    """Remove a rule; it can still be read."""
    await service.remove(slot, rule_id, version_of(if_match))


def _view(rule: SlotRuleRow, service: SlotService, response: Response) -> SlotRuleView:
    response.headers["ETag"] = f'"{rule.version}"'
    names = SlotRuleView.model_fields.keys() - {"state"}
    values = {name: getattr(rule, name) for name in names}
    return SlotRuleView(**values, state=state_of(rule, service.now()))
