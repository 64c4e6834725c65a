"""Errors as RFC 9457 problem documents (`application/problem+json`)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

MEDIA_TYPE = "application/problem+json"


class FieldProblem(BaseModel):
    """What is wrong with one field of a request."""

    model_config = ConfigDict(extra="allow")

    field: str = Field(
        description="dotted path from the part of the request: `body.lines.0.quantity`"
    )
    detail: str


class ProblemDocument(BaseModel):
    """RFC 9457. `type` is stable and names the kind of problem; programs branch on it."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(description="stable URI path, such as `/problems/out-of-stock`")
    title: str
    status: int
    detail: str = Field(description="what went wrong here and what to do")
    instance: str = Field(description="path of the request")
    errors: list[FieldProblem] | None = None


RESPONSES: dict[int | str, dict[str, Any]] = {
    "default": {
        "description": "A problem document (RFC 9457)",
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemDocument"}}},
    }
}
"""For `FastAPI(responses=...)`: every operation may answer a problem document."""


class Problem(Exception):  # noqa: N818 - the standard's word
    """An expected error. Subclasses fix `type`, `title` and `status`.

    Parameters
    ----------
    detail
        What went wrong here, and what to do.
    headers
        HTTP headers of the answer, such as Retry-After.
    extensions
        Members of the document beyond the standard's, JSON values.
    """

    type = "/problems/internal-error"
    title = "Internal error"
    status = 500

    def __init__(
        self, detail: str, headers: Mapping[str, str] | None = None, **extensions: object
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.headers = dict(headers or {})
        self.extensions = extensions

    def document(self, instance: str) -> dict[str, object]:
        """Return the document as JSON values; `instance` is the request's path."""
        return {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": instance,
            **self.extensions,
        }


class BadRequestProblem(Problem):
    """The request cannot be read."""

    type, title, status = "/problems/bad-request", "Bad request", 400


class TooLargeProblem(Problem):
    """The body is larger than the service reads."""

    type, title, status = "/problems/content-too-large", "Content too large", 413


class InvalidRequestProblem(Problem):
    """A field of the request is wrong; `errors` names it."""

    type, title, status = "/problems/invalid-request", "Invalid request", 422


class InternalProblem(Problem):
    """A bug of ours; the log has it under the request id."""


class UnavailableProblem(Problem):
    """A store this answer needs cannot be reached now."""

    type, title, status = "/problems/unavailable", "Temporarily unavailable", 503

    def __init__(self, detail: str, retry_after_seconds: int = 2, **extensions: object) -> None:
        super().__init__(detail, {"Retry-After": str(retry_after_seconds)}, **extensions)


class OverloadedProblem(UnavailableProblem):
    """More is waiting than can be done in time."""

    type, title = "/problems/overloaded", "Overloaded"


def response(problem: Problem, instance: str) -> JSONResponse:
    """Return `problem` as the answer to a request for path `instance`."""
    return JSONResponse(
        problem.document(instance), problem.status, headers=problem.headers, media_type=MEDIA_TYPE
    )


def add_problem_handlers(app: FastAPI) -> None:
    """Answer every expected error of `app`, the framework's own included, as a problem document."""

    @app.exception_handler(Problem)
    async def expected(request: Request, problem: Problem) -> JSONResponse:
        return response(problem, request.url.path)

    @app.exception_handler(HTTPException)
    async def framework(request: Request, error: HTTPException) -> JSONResponse:
        return response(_from_http(error, request), request.url.path)

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        return response(_from_validation(error), request.url.path)


ADVICE = {
    404: "There is nothing at this path; /docs lists what there is.",
    405: "This path does not answer {method}; the Allow header lists what it answers.",
}


def _from_http(error: HTTPException, request: Request) -> Problem:
    phrase = HTTPStatus(error.status_code).phrase
    detail = ADVICE.get(error.status_code, str(error.detail)).format(method=request.method)
    problem = Problem(detail, error.headers)
    problem.type = f"/problems/{phrase.lower().replace(' ', '-')}"
    problem.title, problem.status = phrase, error.status_code
    return problem


def _from_validation(error: RequestValidationError) -> Problem:
    """Name each wrong field; never echo its value, which may be a password."""
    errors = [
        {"field": ".".join(str(part) for part in each["loc"]), "detail": each["msg"]}
        for each in error.errors()
    ]
    fields = ", ".join(dict.fromkeys(each["field"] for each in errors))
    return InvalidRequestProblem(f"Correct these fields and send again: {fields}.", errors=errors)
