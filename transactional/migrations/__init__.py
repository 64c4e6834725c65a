"""The database's versions, up and down.

python -m transactional.migrations upgrade|downgrade [revision]
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

FOLDER = Path(__file__).parent


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring the database at `postgresql://...` up to a revision; nothing happens if it is there."""
    command.upgrade(_config(database_url), revision)


def downgrade(database_url: str, revision: str = "base") -> None:
    """Take the database down to a revision; what later revisions added is dropped with its data."""
    command.downgrade(_config(database_url), revision)


def is_current(database_url: str) -> bool:
    """Tell whether the database at `postgresql://...` answers and has the newest revision."""
    head = ScriptDirectory.from_config(_config(database_url)).get_current_head()
    url = sa.make_url(database_url).set(drivername="postgresql+psycopg2")
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    try:
        with engine.connect() as connection:
            return MigrationContext.configure(connection).get_current_revision() == head
    except sa.exc.OperationalError:
        return False


def _config(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.set_main_option("path_separator", "os")
    config.attributes["database_url"] = database_url
    return config
