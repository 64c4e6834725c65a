"""The databases of a site: made where missing, brought to the newest schema."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql

from emporium.services import BIN, Site
from emporium.settings import REPOSITORY


class SetupError(Exception):
    """Set-up can't go on; the message says what to do."""


def prepare(site: Site, env: Mapping[str, str]) -> None:
    """Create the three databases and migrate the shop's and Airflow's (MLflow does its own)."""
    urls = (site.database_url, site.airflow_database_url, site.mlflow_database_url)
    for url in urls:
        create_database(url)
    migrate([sys.executable, "-m", "transactional.migrations", "upgrade"], env, site.home)
    if not is_migrated(site.airflow_database_url, site.home / "airflow" / "migrated"):
        migrate([str(BIN / "airflow"), "db", "migrate"], env, site.home)
        (site.home / "airflow" / "migrated").write_text("by this version\n")


def create_database(url: str) -> None:
    """Create a database unless it is there.

    Raises
    ------
    SetupError
        If the server can't be reached or its user may not create databases.
    """
    name = urlsplit(url).path.strip("/")
    if _exists(url):
        return
    server = psycopg2.connect(url.rsplit("/", 1)[0] + "/postgres")
    try:
        server.autocommit = True
        with server.cursor() as cursor:
            cursor.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    except psycopg2.errors.InsufficientPrivilege as error:
        raise SetupError(f"create the database {name} by hand: {error}") from error
    finally:
        server.close()


def _exists(url: str) -> bool:
    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError as error:
        if "does not exist" not in str(error):
            raise SetupError(f"PostgreSQL does not answer at {url}: {error}") from error
        return False
    return True


def is_migrated(url: str, marker: Path) -> bool:
    """Tell whether Airflow's schema is there and this home has migrated it: saves 9 s a start."""
    if not marker.exists():
        return False
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select to_regclass('public.dag_run') is not null")
        row = cursor.fetchone()
    return bool(row and row[0])


def migrate(command: list[str], env: Mapping[str, str], home: Path) -> None:
    """Run a migration to its end.

    Raises
    ------
    SetupError
        If it fails; with the end of what it said.
    """
    done = subprocess.run(  # noqa: S603
        command, env={**env, "EMPORIUM_RUN": str(home)}, cwd=REPOSITORY, capture_output=True,
        text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise SetupError(f"{' '.join(command[-3:])} failed:\n{(done.stdout + done.stderr)[-2000:]}")
