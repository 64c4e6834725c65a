"""A customer's addresses: up to 20, one of them the one parcels go to unless told otherwise."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.accounts.models import Address
from transactional.errors import ShopProblem, UnknownAddressProblem
from transactional.fields import PostalAddress

MAX_ADDRESSES = 20
LOCK = text("select 1 from accounts where customer_id = :customer_id for update")


class TooManyAddressesProblem(ShopProblem):
    """The customer has as many addresses as can be."""

    type, title, status = "/problems/too-many-addresses", "Too many addresses", 409


@dataclass(frozen=True)
class Addresses:
    """One customer's addresses, inside the request's transaction."""

    session: AsyncSession
    customer_id: int
    now: Callable[[], dt.datetime]

    async def all(self) -> Sequence[Address]:
        """Return them, the oldest first."""
        query = select(Address).where(Address.customer_id == self.customer_id)
        return (await self.session.scalars(query.order_by(Address.address_id))).all()

    async def add(self, fields: PostalAddress, *, is_default: bool) -> Address:
        """Add an address; the first one is the default in any case.

        Raises
        ------
        TooManyAddressesProblem
            From the 21st on.
        """
        await self._lock()
        n_known = len(await self.all())
        if n_known >= MAX_ADDRESSES:
            raise TooManyAddressesProblem(f"Delete one first: {MAX_ADDRESSES} are kept.")
        return await self._write(
            Address(customer_id=self.customer_id), fields, is_default=is_default or n_known == 0
        )

    async def change(self, address_id: int, fields: PostalAddress, *, is_default: bool) -> Address:
        """Replace an address; the default one stays that until another one is.

        Raises
        ------
        UnknownAddressProblem
            If the customer has no such address.
        """
        await self._lock()
        known = await self._one(address_id)
        return await self._write(known, fields, is_default=is_default or known.is_default)

    async def remove(self, address_id: int) -> None:
        """Delete an address; of the default one, the oldest other takes the place.

        Raises
        ------
        UnknownAddressProblem
            If the customer has no such address.
        """
        await self._lock()
        known = await self._one(address_id)
        await self.session.delete(known)
        await self.session.flush()
        left = await self.all()
        if known.is_default and left:
            left[0].is_default = True

    async def _write(self, address: Address, fields: PostalAddress, *, is_default: bool) -> Address:
        if is_default:
            others = update(Address).where(Address.customer_id == self.customer_id)
            await self.session.execute(others.values(is_default=False))
        for name, value in fields.model_dump(include=set(PostalAddress.model_fields)).items():
            setattr(address, name, value)
        address.is_default, address.updated_at = is_default, self.now()
        self.session.add(address)
        await self.session.flush()
        return address

    async def _one(self, address_id: int) -> Address:
        address = await self.session.get(Address, address_id)
        if address is None or address.customer_id != self.customer_id:
            raise UnknownAddressProblem(address_id)
        return address

    async def _lock(self) -> None:
        """One change of a customer's addresses at a time: one default, and a bound that holds."""
        await self.session.execute(LOCK, {"customer_id": self.customer_id})
