"""Wires the shopper, the APIs and the pages to a request."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.datastructures import FormData
from starlette.responses import Response

from storefront import forgery
from storefront.apis import Api, Apis
from storefront.pages import Pages
from storefront.shelf import Shelf
from storefront.visits import FORMS, Customer, Visit


class ForgedFormError(Exception):
    """A form that we did not make for this browser, or one that is too old."""


class LoginNeededError(Exception):
    """Only who is logged in can see this."""


class OperatorNeededError(Exception):
    """Only operators can see this."""


async def visit_of(request: Request) -> Visit:
    """Return the visit, its session continued if need be."""
    state = request.app.state
    visit = Visit.of(request)
    request.state.visit = visit
    headers = {"X-Forwarded-For": visit.address} if visit.address else {}
    await state.sessions.go_on(visit, Api(state.shop, headers))
    return visit


VisitDep = Annotated[Visit, Depends(visit_of)]


@dataclass(frozen=True)
class Clerk:
    """Serves one request: who looks, the APIs in their name, the templates, what is known of products.

    With a `stripe_key`, cards are typed into Stripe's form.
    """

    visit: Visit
    apis: Apis
    pages: Pages
    shelf: Shelf
    stripe_key: str

    def page(self, template: str, data: Mapping[str, Any], status: int = 200) -> Response:
        """Return a page, or the part of one that a script asks for."""
        return self.pages.page(self.visit, template, data, status)

    def message(self, name: str, status: int) -> Response:
        """Return a page that says one thing."""
        return self.pages.message(self.visit, name, status)

    def go(self, path: str) -> Response:
        """Send the browser on."""
        return self.pages.go(self.visit, path)

    def speak(self, key: str, **values: object) -> str:
        """Return a text in the visit's language."""
        return self.pages.speak(self.visit, key, **values)

    def new_id(self) -> str:
        """Return what cannot be guessed."""
        return self.pages.new_id()


async def clerk(request: Request, visit: VisitDep) -> Clerk:
    """Return what serves the request."""
    state = request.app.state
    asked = Apis(
        Api(state.shop, visit.headers),
        Api(state.serving),
        Api(state.operations, visit.headers),
    )
    return Clerk(visit, asked, state.pages, state.shelf, state.stripe_key)


ClerkDep = Annotated[Clerk, Depends(clerk)]


@dataclass(frozen=True)
class Form:
    """The fields of a form that we made."""

    data: FormData

    def text(self, name: str) -> str:
        """Return a field without the blanks around it, or an empty text."""
        value = self.data.get(name, "")
        return value.strip() if isinstance(value, str) else ""

    def texts(self, name: str) -> list[str]:
        """Return a field that comes several times."""
        return [value for value in self.data.getlist(name) if isinstance(value, str)]

    def number(self, name: str, otherwise: int = 0) -> int:
        """Return a whole number; `otherwise` for anything else."""
        text = self.text(name)
        return int(text) if text.isdecimal() and len(text) < 16 else otherwise


async def form(request: Request, visit: VisitDep) -> Form:
    """Return the form that was sent.

    Raises
    ------
    ForgedFormError
        If its token is not ours.
    """
    secret = request.app.state.pages.secret
    sent = Form(await request.form())
    if not forgery.is_genuine(sent.text(forgery.FIELD), secret, visit.get(FORMS)):
        raise ForgedFormError
    return sent


FormDep = Annotated[Form, Depends(form)]


async def customer(visit: VisitDep) -> Customer:
    """Return who is logged in.

    Raises
    ------
    LoginNeededError
        If nobody is.
    """
    found = visit.customer
    if found is None:
        raise LoginNeededError
    return found


CustomerDep = Annotated[Customer, Depends(customer)]


async def operator(found: CustomerDep) -> Customer:
    """Return the operator who is logged in.

    Raises
    ------
    LoginNeededError, OperatorNeededError
        If nobody is, or no operator.
    """
    if not found.is_operator:
        raise OperatorNeededError
    return found


OperatorDep = Annotated[Customer, Depends(operator)]
