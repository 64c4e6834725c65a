"""Wires the cached pages to a request."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Header, Request, Response

from transactional.catalogue.cache.answers import response_of
from transactional.catalogue.cache.reading import Address, CatalogueReads, FillSeveral
from transactional.catalogue.cache.several import answers_together
from transactional.catalogue.cache.truth import Fill

UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "As If-None-Match says"}}
"""For `responses` of an operation that answers from the cached pages."""


class PublicPages:
    """Answers one request for a public page."""

    def __init__(self, request: Request, if_none_match: str | None) -> None:
        self._reads: CatalogueReads = request.app.state.catalogue_reads
        self._if_none_match = None if if_none_match is None else if_none_match.encode("latin-1")
        self.currency: str = request.app.state.currency

    async def answer(self, address: Address, fill: Fill) -> Response:
        """Return the page; what `fill` raises is raised."""
        return response_of(await self._reads.read(address, fill, self._if_none_match))

    async def answer_together(self, addresses: Sequence[Address], fill: FillSeveral) -> Response:
        """Return several products' pages as one answer; what `fill` raises is raised."""
        gathered = await self._reads.gather(addresses, fill)
        answers = answers_together(addresses, gathered, self._reads.local)
        return response_of(answers.to(self._if_none_match))


async def public_pages(
    request: Request,
    if_none_match: Annotated[str | None, Header(description="the ETags of what you have")] = None,
) -> PublicPages:
    """Return what answers this request from the cached pages."""
    return PublicPages(request, if_none_match)


PublicPagesDep = Annotated[PublicPages, Depends(public_pages)]
