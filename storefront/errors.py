"""Errors as pages that say what to do."""

from collections.abc import Callable, Coroutine
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.responses import Response

from storefront.apis import ApiError, RefusedError, UnansweredError
from storefront.deps import ForgedFormError, LoginNeededError, OperatorNeededError
from storefront.pages import Pages
from storefront.visits import ACCESS, REFRESH, Visit

EXPECTED = (
    HTTPException,
    RequestValidationError,
    ApiError,
    ForgedFormError,
    LoginNeededError,
    OperatorNeededError,
)


class PageRoute(APIRoute):
    """A route whose bugs are pages, too, not the problem documents of the layers around it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def page(request: Request) -> Response:
            try:
                return await answer(request)
            except EXPECTED:
                raise
            except Exception:
                request.app.state.log.exception("page failed", path=request.url.path)
                return _message(request, "broken", 500)

        return page


def add_error_pages(app: FastAPI) -> None:
    """Answer what goes wrong with a page."""
    for kind, name in ((ForgedFormError, "forged"), (OperatorNeededError, "operators")):
        app.add_exception_handler(kind, _forbidden(name))

    @app.exception_handler(RefusedError)
    async def refused(request: Request, error: RefusedError) -> Response:
        if error.status == 401:
            return _log_in(request, forget=True)
        known = {403: "forbidden", 404: "missing", 422: "invalid", 429: "too_often"}
        return _message(request, known.get(error.status, "refused"), error.status)

    @app.exception_handler(UnansweredError)
    async def unanswered(request: Request, error: UnansweredError) -> Response:
        app.state.log.warning("an api does not answer", error=str(error))
        return _message(request, "unanswered", 503)

    @app.exception_handler(LoginNeededError)
    async def login_needed(request: Request, _: LoginNeededError) -> Response:
        return _log_in(request, forget=False)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> Response:
        name = "missing" if error.status_code in (404, 405) else "invalid"
        return _message(request, name, error.status_code)

    @app.exception_handler(RequestValidationError)
    async def not_understood(request: Request, _: RequestValidationError) -> Response:
        return _message(request, "missing", 404)


def _message(request: Request, name: str, status: int) -> Response:
    pages: Pages = request.app.state.pages
    return pages.message(_visit(request), name, status)


def _forbidden(name: str) -> Callable[[Request, Exception], Coroutine[Any, Any, Response]]:
    async def forbidden(request: Request, _: Exception) -> Response:
        return _message(request, name, 403)

    return forbidden


def _log_in(request: Request, *, forget: bool) -> Response:
    """Send to the log-in, and back afterwards; what a form sent is asked for again there."""
    visit = _visit(request)
    if forget:
        visit.forget(ACCESS, REFRESH)
    back = request.url.path if request.method == "GET" else "/account"
    pages: Pages = request.app.state.pages
    return pages.go(visit, f"/login?next={quote(back)}")


def _visit(request: Request) -> Visit:
    found: Visit | None = getattr(request.state, "visit", None)
    return found or Visit.of(request)
