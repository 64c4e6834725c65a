"""The shop's database: its base class, and how to connect."""

from sqlalchemy import MetaData
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
