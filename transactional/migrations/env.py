"""Run by Alembic: connect and migrate, one process at a time."""

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from transactional.migrations.tables import metadata

LOCK = 5_317_001  # any number: the processes that migrate this shop agree on it


def migrate(database_url: str) -> None:
    """Migrate in one transaction, under a lock that other migrations wait for."""
    url = database_url.replace("postgresql://", "postgresql+psycopg2://", 1)
    with create_engine(url, poolclass=NullPool).connect() as connection:
        context.configure(connection=connection, target_metadata=metadata)
        with context.begin_transaction():
            connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            context.run_migrations()


migrate(context.config.attributes["database_url"])
