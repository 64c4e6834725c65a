"""/search-rules: what operators pin, weigh, hide, say otherwise and lead away in searches."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response

from features.schemas.row import Id
from features.schemas.search_rules import Kind, QueryText, folded
from transactional.callers import OperatorDep
from transactional.deps import SessionDep, utc_now
from transactional.fields import IfMatch, version_of
from transactional.orders.deps import IdempotencyKeyDep
from transactional.rules.states import State, state_of
from transactional.search_rules.models import SearchRuleRow
from transactional.search_rules.repository import SearchRuleRepository
from transactional.search_rules.schemas import (
    NewSearchRule,
    SearchRuleChange,
    SearchRulePage,
    SearchRuleView,
)
from transactional.search_rules.service import SearchRuleService
from web import cursors

router = APIRouter(prefix="/search-rules", tags=["search rules"])
RuleId = Annotated[Id, Path(description="of a rule")]
Limit = Annotated[int, Query(ge=1, le=100)]
Cursor = Annotated[str | None, Query(max_length=500)]
ForQuery = Annotated[QueryText | None, Query(description="only rules that name this very query")]


async def search_rule_service(operator: OperatorDep, session: SessionDep) -> SearchRuleService:
    """Build the service for an operator's request."""
    return SearchRuleService(SearchRuleRepository(session), operator.customer_id, utc_now)


SearchRuleServiceDep = Annotated[SearchRuleService, Depends(search_rule_service)]


@router.get("")
async def list_search_rules(
    service: SearchRuleServiceDep,
    kind: Kind | None = None,
    state: State | None = None,
    q: ForQuery = None,
    limit: Limit = 20,
    cursor: Cursor = None,
) -> SearchRulePage:
    """Return rules, newest first: all, or of one kind, one state, one query."""
    query_key = folded(q) if q is not None else None
    listing = f"search rules {kind} {state} {query_key}"
    asked = {
        "below": cursors.decode(cursor, listing, cursors.ONE_ID)[0] if cursor else None,
        "kind": kind,
        "state": state,
        "query_key": query_key,
        "now": service.now(),
        "limit": limit + 1,
    }
    found = await service.rules.page(asked)
    page = [SearchRuleView.model_validate(each, from_attributes=True) for each in found[:limit]]
    more = cursors.encode([page[-1].rule_id], listing) if len(found) > limit else None
    return SearchRulePage(rules=page, next_cursor=more)


@router.post("", status_code=201)
async def add_search_rule(
    body: NewSearchRule,
    service: SearchRuleServiceDep,
    key: IdempotencyKeyDep,
    response: Response,
) -> SearchRuleView:
    """Make a rule; searches follow within seconds. The same Idempotency-Key is the same rule."""
    return _view(await service.add(key, body.model_dump()), service, response)


@router.get("/{rule_id}")
async def read_search_rule(
    rule_id: RuleId, service: SearchRuleServiceDep, response: Response
) -> SearchRuleView:
    """Return a rule, removed or not."""
    return _view(await service.read(rule_id), service, response)


@router.patch("/{rule_id}")
async def change_search_rule(
    rule_id: RuleId,
    body: SearchRuleChange,
    service: SearchRuleServiceDep,
    response: Response,
    if_match: IfMatch = None,
) -> SearchRuleView:
    """Change a rule's queries, words, place, factor, address, dates or note.

    With `If-Match`, refused if it was changed since that version was read.
    """
    values = body.model_dump(exclude_unset=True)
    rule = await service.change(rule_id, version_of(if_match), values)
    return _view(rule, service, response)


@router.delete("/{rule_id}", status_code=204)
async def remove_search_rule(
    rule_id: RuleId, service: SearchRuleServiceDep, if_match: IfMatch = None
) -> None:
    """Remove a rule; it can still be read."""
    await service.remove(rule_id, version_of(if_match))


def _view(rule: SearchRuleRow, service: SearchRuleService, response: Response) -> SearchRuleView:
    response.headers["ETag"] = f'"{rule.version}"'
    names = SearchRuleView.model_fields.keys() - {"state"}
    values = {name: getattr(rule, name) for name in names}
    return SearchRuleView(**values, state=state_of(rule, service.now()))
