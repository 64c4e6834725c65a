"""What the shop says when a request cannot be done, or a store cannot be reached."""

import re
import traceback

import asyncpg
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from web.problems import InternalProblem, Problem, UnavailableProblem, response


class ShopProblem(Problem):
    """Base of the refusals that follow from the shop's rules and state."""


class UnknownProductProblem(ShopProblem):
    """No such product."""

    type, title, status = "/problems/unknown-product", "Unknown product", 404

    def __init__(self, product_id: int) -> None:
        super().__init__(f"The catalogue has no product {product_id}.", product_id=product_id)


class NotForSaleProblem(ShopProblem):
    """The product is archived, or not published yet."""

    type, title, status = "/problems/not-for-sale", "Not for sale", 409

    def __init__(self, product_id: int) -> None:
        super().__init__(
            f"Product {product_id} is not for sale. Take it out and try again.",
            product_id=product_id,
        )


class StaleVersionProblem(ShopProblem):
    """What shall be changed was changed since it was read."""

    type, title, status = "/problems/stale-version", "Changed meanwhile", 412

    def __init__(self, what: str, version: int) -> None:
        super().__init__(f"The {what} has version {version} by now. Read it and decide again.")


class OutOfStockProblem(ShopProblem):
    """Fewer units are left than were asked for."""

    type, title, status = "/problems/out-of-stock", "Out of stock", 409

    def __init__(self, product_id: int, wanted: int, left: int) -> None:
        super().__init__(
            f"Of product {product_id}, {wanted} were wanted and {left} are left. Order fewer.",
            product_id=product_id,
            n_wanted=wanted,
            n_available=left,
        )


class UnknownAddressProblem(ShopProblem):
    """No such address of this customer; another's looks the same."""

    type, title, status = "/problems/unknown-address", "Unknown address", 404

    def __init__(self, address_id: int) -> None:
        super().__init__(f"You have no address {address_id}; GET /api/v1/accounts/me/addresses.")


UNREACHABLE = (
    OperationalError,
    InterfaceError,
    PoolTimeoutError,
    ConnectionError,
    # What asyncpg raises on a killed server is neither a PostgresError nor an OSError.
    asyncpg.InternalClientError,
    asyncpg.InterfaceError,
)


# Class 08: the connection broke. 53300: too many connections. 57P0x: shutting down or starting up.
AWAY = re.compile("08...|53300|57P0[1-4]")


def is_unreachable(error: Exception) -> bool:
    """Tell whether an error says that PostgreSQL is away, not that a statement is wrong."""
    if isinstance(error, UNREACHABLE):
        return True
    if isinstance(error, DBAPIError):
        return error.connection_invalidated or _says_away(error.orig)
    return isinstance(error, asyncpg.PostgresError) and _says_away(error)


def _words(error: Exception) -> dict[str, object]:
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return {
        "error": f"{type(error).__name__}: {error.args[0] if error.args else ''}",
        "sqlstate": getattr(error, "sqlstate", None),
        "constraint": getattr(error, "constraint_name", None),
        "where": f"{frame.filename}:{frame.lineno}",
    }


def _says_away(error: object) -> bool:
    return AWAY.fullmatch(getattr(error, "sqlstate", None) or "") is not None


def add_store_handlers(app: FastAPI) -> None:
    """Answer 503 with Retry-After while PostgreSQL or Redis cannot be reached."""

    async def no_database(request: Request, error: Exception) -> JSONResponse:
        app.state.log.warning("database unreachable", error=repr(error))
        problem = UnavailableProblem(
            "The database does not answer. Nothing was changed unless an earlier try went through; "
            "repeat with the same Idempotency-Key."
        )
        return response(problem, request.url.path)

    async def no_redis(request: Request, error: Exception) -> JSONResponse:
        app.state.log.warning("redis unreachable", error=repr(error))
        problem = UnavailableProblem("Carts cannot be read now. Try again in a moment.")
        return response(problem, request.url.path)

    async def failed_statement(request: Request, error: Exception) -> JSONResponse:
        if is_unreachable(error):
            return await no_database(request, error)
        # Of asyncpg's errors the words alone: their details quote the row.
        own = {"exc_info": error} if isinstance(error, DBAPIError) else _words(error)
        app.state.log.error("statement failed", **own)
        problem = InternalProblem("This is a fault of ours. Report it with the X-Request-ID.")
        return response(problem, request.url.path)

    for kind in UNREACHABLE:
        app.add_exception_handler(kind, no_database)
    app.add_exception_handler(DBAPIError, failed_statement)
    app.add_exception_handler(asyncpg.PostgresError, failed_statement)
    app.add_exception_handler(RedisError, no_redis)
