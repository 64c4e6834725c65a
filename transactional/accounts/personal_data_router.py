"""/accounts/me/export and /accounts/me/deletion: the caller's own data."""

from typing import Any

from fastapi import APIRouter

from transactional.accounts.deps import PasswordCheckDep, PersonalDataDep
from transactional.accounts.schemas import Deletion

router = APIRouter(prefix="/accounts/me", tags=["accounts"])


@router.get("/export")
async def export(data: PersonalDataDep) -> dict[str, Any]:
    """Return all that the shop knows of the caller; the cart is at GET /carts/mine."""
    return await data.export()


@router.post("/deletion", status_code=204)
async def delete(body: Deletion, check: PasswordCheckDep, data: PersonalDataDep) -> None:
    """Delete the account for good: the person is removed, the orders stay without one."""
    await check(body.password)
    await data.forget()
