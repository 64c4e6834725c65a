"""The shop's database: its base class, and how to connect."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from types import MappingProxyType
from typing import Any, Protocol, cast

from sqlalchemy import MetaData, TextClause
from sqlalchemy.dialects.postgresql.asyncpg import dialect
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.orm import DeclarativeBase

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
POOL_WAIT_SECONDS = 5
NO_VALUES: Mapping[str, Any] = MappingProxyType({})


class Base(DeclarativeBase):
    """All tables of the shop."""

    metadata = MetaData(naming_convention=NAMES)


def make_engine(url: str, pool_size: int) -> AsyncEngine:
    """Return an engine for `postgresql://...`; it connects on first use."""
    return create_async_engine(
        url.replace("postgresql://", "postgresql+asyncpg://", 1),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=POOL_WAIT_SECONDS,
        pool_pre_ping=True,
        hide_parameters=True,  # errors are logged; addresses and hashes must not be
    )


class Connection(Protocol):
    """What a transaction of statements needs; SQLAlchemy's `AsyncConnection` is one, too."""

    async def execute(
        self, statement: TextClause, values: Mapping[str, Any] = NO_VALUES, /
    ) -> Iterable[Sequence[Any]]:
        """Return the statement's rows; take their columns by position."""


class DirectConnection:
    """Statements handed to asyncpg as they are.

    SQLAlchemy's bridge to it costs, for a statement of checkout, more than asyncpg itself. Its
    dialect still writes the statement, once.
    """

    def __init__(self, connection: Any) -> None:  # noqa: ANN401 - asyncpg's, which SQLAlchemy does not say
        self._connection = connection

    def transaction(self) -> AbstractAsyncContextManager[object]:
        """Begin; commit at the block's end, roll back if it raises."""
        return cast(AbstractAsyncContextManager[object], self._connection.transaction())

    async def execute(
        self, statement: TextClause, values: Mapping[str, Any] = NO_VALUES, /
    ) -> Iterable[Sequence[Any]]:
        """Return the statement's rows."""
        query, names = _positional(statement)
        rows = await self._connection.fetch(query, *[values[name] for name in names])
        return cast(Iterable[Sequence[Any]], rows)


@asynccontextmanager
async def direct_connection(engine: AsyncEngine) -> AsyncIterator[DirectConnection]:
    """Lend one of the engine's connections; each statement is a transaction of its own."""
    async with engine.connect() as pooled:
        connection: Any = (await pooled.get_raw_connection()).driver_connection
        try:
            yield DirectConnection(connection)
        finally:
            if connection.is_in_transaction():  # its end was cancelled: it must not hold locks
                await pooled.invalidate()


@asynccontextmanager
async def direct_transaction(engine: AsyncEngine) -> AsyncIterator[DirectConnection]:
    """Begin on one of the engine's connections; commit at the block's end, roll back if it raises.

    Raises what asyncpg raises.
    """
    async with direct_connection(engine) as connection, connection.transaction():
        yield connection


@cache
def _positional(statement: TextClause) -> tuple[str, Sequence[str]]:
    """Return a statement with `$1` for its first parameter, and the parameters' names in order."""
    compiled = statement.compile(dialect=dialect())  # type: ignore[no-untyped-call]
    return str(compiled), tuple(compiled.positiontup or ())
