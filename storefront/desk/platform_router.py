"""/ops/health and /ops/mails: how the platform's processes are, and what mails were sent."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from storefront.desk.desk import DeskDep, Pairs, after
from storefront.errors import PageRoute

router = APIRouter(prefix="/ops", route_class=PageRoute)
Cursor = Annotated[str, Query(max_length=500)]
Recipient = Annotated[str, Query(max_length=254)]


@router.get("/health")
async def show_health(desk: DeskDep) -> Response:
    """Show how every service is."""
    found = await desk.apis.operations.get("/operations/health")
    ill_first = sorted(found["services"], key=lambda each: each["state"] in ("ready", "running"))
    return desk.page("health", {"services": ill_first})


@router.get("/mails")
async def list_mails(desk: DeskDep, recipient: Recipient = "", cursor: Cursor = "") -> Response:
    """Show mails, the newest first."""
    params: Pairs = [("recipient", recipient), ("limit", 20), *after(cursor)]
    found = await desk.apis.operations.get("/operations/mails", params)
    return desk.page("mails", {**found, "recipient": recipient})
