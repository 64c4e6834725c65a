"""Who may change which listings: a seller their own, an operator any."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncSession

from transactional.callers import CallerDep, ForbiddenProblem, VisitorDep, seller
from transactional.deps import SessionDep, SessionMakerDep
from transactional.tokens import Caller


@dataclass(frozen=True, slots=True)
class Editor:
    """Who changes listings; without a `seller_id` it is an operator."""

    customer_id: int
    seller_id: int | None

    def may_edit(self, seller_id: int | None) -> bool:
        """Tell whether a listing of that seller (None: of nobody) is theirs to see and change."""
        return self.seller_id is None or self.seller_id == seller_id

    def seller_for(self, wanted: int | None) -> int | None:
        """Return whose a new listing is: a seller's own, or whom the operator says.

        Raises
        ------
        ForbiddenProblem
            If a seller names another one.
        """
        if self.seller_id is None or wanted in (None, self.seller_id):
            return wanted if self.seller_id is None else self.seller_id
        raise ForbiddenProblem("You list for yourself only. Leave seller_id out.")


async def editor(caller: CallerDep, session: SessionDep) -> Editor:
    """Return who calls if it is an operator or a seller."""
    if caller.role == "ops":
        return Editor(caller.customer_id, None)
    found = await seller(caller, session)
    return Editor(found.customer_id, found.seller_id)


EditorDep = Annotated[Editor, Depends(editor)]


async def lone_editor(caller: CallerDep, sessions: SessionMakerDep) -> Editor:
    """Return the same, for a request that does slow work without a connection in hand."""
    async with sessions() as session:
        return await editor(caller, session)


LoneEditorDep = Annotated[Editor, Depends(lone_editor)]


async def onlooker(visitor: VisitorDep, session: SessionDep) -> "Onlooker":
    """Return who reads, logged in or not."""
    return Onlooker(visitor, session)


@dataclass(frozen=True, slots=True)
class Onlooker:
    """Anybody who reads the catalogue; what they may do is asked only where it matters."""

    visitor: Caller | None
    session: AsyncSession

    async def may_see_draft(self, seller_id: int | None) -> bool:
        """Tell whether a draft of that seller is theirs to see."""
        if self.visitor is None:
            return False
        try:
            who = await editor(self.visitor, self.session)
        except ForbiddenProblem:
            return False
        return who.may_edit(seller_id)


OnlookerDep = Annotated[Onlooker, Depends(onlooker)]
