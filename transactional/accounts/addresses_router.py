"""/accounts/me/addresses."""

from typing import Annotated

from fastapi import APIRouter, Path

from features.schemas.row import Id
from transactional.accounts.deps import AddressesDep
from transactional.accounts.models import Address
from transactional.accounts.schemas import AddressRequest, AddressView

router = APIRouter(prefix="/accounts/me/addresses", tags=["accounts"])
AddressId = Annotated[Id, Path(description="of an address of the caller's")]


@router.get("")
async def list_addresses(addresses: AddressesDep) -> list[AddressView]:
    """Return the caller's addresses, the oldest first."""
    return [_view(address) for address in await addresses.all()]


@router.post("", status_code=201)
async def add_address(body: AddressRequest, addresses: AddressesDep) -> AddressView:
    """Add an address; the first one is the default, up to 20 are kept."""
    return _view(await addresses.add(body, is_default=body.is_default))


@router.put("/{address_id}")
async def change_address(
    address_id: AddressId, body: AddressRequest, addresses: AddressesDep
) -> AddressView:
    """Replace an address; orders that go to it as it was stay as they are."""
    return _view(await addresses.change(address_id, body, is_default=body.is_default))


@router.delete("/{address_id}", status_code=204)
async def remove_address(address_id: AddressId, addresses: AddressesDep) -> None:
    """Delete an address."""
    await addresses.remove(address_id)


def _view(address: Address) -> AddressView:
    return AddressView.model_validate(address, from_attributes=True)
