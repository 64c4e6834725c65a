"""/accounts/me/export and /accounts/me/deletion: the caller's own data."""

from typing import Any

from fastapi import APIRouter

from transactional.accounts.deps import LogInDep, PersonalDataDep, ThrottleDep
from transactional.accounts.schemas import Deletion
from transactional.accounts.throttle import LOG_IN
from transactional.callers import CallerDep

router = APIRouter(prefix="/accounts/me", tags=["accounts"])


@router.get("/export")
async def export(data: PersonalDataDep) -> dict[str, Any]:
    """Return all that the shop knows of the caller; the cart is at GET /carts/mine."""
    return await data.export()


@router.post("/deletion", status_code=204)
async def delete(
    body: Deletion,
    caller: CallerDep,
    data: PersonalDataDep,
    service: LogInDep,
    throttle: ThrottleDep,
) -> None:
    """Delete the account for good: the person is removed, the orders stay without one."""
    account = await service.of(caller.customer_id)
    await throttle.count(LOG_IN, account.email, "")
    await service.authenticate(account.email, body.password.get_secret_value())
    await data.forget()
