"""A request's headers, as the server hands them over."""

from starlette.types import Scope


def first_header(scope: Scope, name: bytes) -> str:
    """Return the first header of that (lower-case) name, or an empty text.

    Starlette's `Headers` decodes and collects all of them for each question.
    """
    for each, value in scope["headers"]:
        if each == name:
            return str(value, "latin-1")
    return ""
