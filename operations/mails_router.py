"""/operations/mails: the inbox of a platform without a mail server."""

from typing import Annotated

import httpx2
from fastapi import APIRouter, Query, Request

from operations.deps import Cursor, OperatorDep, SettingsDep
from operations.problems import AwayProblem, NotHereProblem
from operations.schemas import Mail, MailPage
from web import cursors

router = APIRouter(prefix="/mails", tags=["mails"])
Recipient = Annotated[str, Query(max_length=254, description="a part of the address")]
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("")
async def list_mails(
    _: OperatorDep,
    settings: SettingsDep,
    request: Request,
    recipient: Recipient = "",
    limit: Limit = 20,
    cursor: Cursor = None,
) -> MailPage:
    """Return the mails that the shop sent, the newest first."""
    if not settings.inbox_url:
        raise NotHereProblem("This shop's mails go to a mail server: look there.")
    listing = f"mails to {recipient}"
    params: dict[str, str | int] = {"recipient": recipient, "limit": limit + 1}
    if cursor:
        params["below"] = cursors.id_after(cursor, listing)
    client: httpx2.AsyncClient = request.app.state.client
    try:
        answer = await client.get(f"{settings.inbox_url}/inbox/mails", params=params)
        found = [Mail.model_validate(each) for each in answer.raise_for_status().json()]
    except (httpx2.HTTPError, ValueError) as error:
        raise AwayProblem(f"The inbox does not answer ({type(error).__name__}).") from error
    more = cursors.next_by_id([each.number for each in found], limit, listing)
    return MailPage(mails=found[:limit], next_cursor=more)
