"""The store's registry in PostgreSQL: whoever applies or opens it does so alone, others wait.

Feast's own tables (`feast.infra.registry.sql`), in a database of their own. Making them, and applying
definitions object by object, is not safe when two do it at once: an advisory lock of PostgreSQL is held
meanwhile, which goes with its connection, however its holder ends.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

import psycopg2

LOCK = 7_031_955
"""Of this database alone."""
PREFIX = "postgresql://"
DRIVER = "postgresql+psycopg2://"
CONNECT_SECONDS = 5


@contextlib.contextmanager
def alone(url: str) -> Iterator[Any]:
    """Hold the registry's lock while the block lasts; yield a cursor of the registry's database."""
    connection = psycopg2.connect(url, connect_timeout=CONNECT_SECONDS)
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(%s)", [LOCK])
            yield cursor
    finally:
        connection.close()


def make_tables(url: str, cursor: Any) -> None:  # noqa: ANN401 - psycopg2's
    """Make Feast's tables unless they are there. To be called `alone`."""
    cursor.execute("select to_regclass('public.feature_services') is null")
    if cursor.fetchone()[0]:
        # Loaded when they are needed: a registry in a file does without.
        from feast.infra.registry.sql import metadata  # noqa: PLC0415
        from sqlalchemy import create_engine  # noqa: PLC0415

        engine = create_engine(with_driver(url))
        try:
            metadata.create_all(engine)
        finally:
            engine.dispose()


def registry_config(url: str, cache_seconds: int) -> dict[str, Any]:
    """Return the registry's part of Feast's configuration.

    What is read is kept for `cache_seconds`; while PostgreSQL is away, what was read last goes on.
    """
    return {
        "registry_type": "sql",
        "path": with_driver(url),
        "cache_ttl_seconds": cache_seconds,
        "schema_mode": "skip",
        "sqlalchemy_config_kwargs": {
            "pool_size": 1,
            "pool_pre_ping": True,
            "connect_args": {"connect_timeout": CONNECT_SECONDS},
        },
    }


def with_driver(url: str) -> str:
    """Return a `postgresql://` URL as SQLAlchemy wants it for the driver that is installed."""
    return DRIVER + url.removeprefix(PREFIX)
