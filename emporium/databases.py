"""The databases of a site: made where missing, brought to the newest schema."""

import asyncio
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path
from urllib.parse import urlsplit

import psycopg2
from psycopg2 import sql
from redis import BusyLoadingError, Redis, RedisError
from redis.backoff import ConstantBackoff
from redis.retry import Retry

from emporium.services import BIN, Site
from emporium.settings import REPOSITORY

LOADING_SECONDS = 120


class SetupError(Exception):
    """Set-up can't go on; the message says what to do."""


def prepare(site: Site, env: Mapping[str, str]) -> None:
    """Create the four databases and migrate the shop's and Airflow's (MLflow and Feast do their own).

    Raises
    ------
    SetupError
        If a server does not answer, a migration fails, or the plan's account is a shopper's.
    """
    check_redis(site.redis_url)
    urls = (
        site.database_url,
        site.airflow_database_url,
        site.mlflow_database_url,
        site.feature_registry_url,
    )
    for url in urls:
        create_database(url)
    with ThreadPoolExecutor(1) as pool:
        airflow = pool.submit(_migrate_airflow, site, env)  # takes longest, most of it imports
        migrate([sys.executable, "-m", "transactional.migrations", "upgrade"], env, site.home)
        make_planner(site.database_url, env["SHOP_OPERATOR_EMAIL"], env["SHOP_OPERATOR_PASSWORD"])
        airflow.result()


def _migrate_airflow(site: Site, env: Mapping[str, str]) -> None:
    if not is_migrated(site.airflow_database_url, site.home / "airflow" / "migrated"):
        migrate([str(BIN / "airflow"), "db", "migrate"], env, site.home)
        (site.home / "airflow" / "migrated").write_text(version("apache-airflow"))


def make_planner(database_url: str, email: str, password: str) -> None:
    """Make the operator's account in whose name the DAG `plan_purchases` proposes.

    Raises
    ------
    SetupError
        If the address has an account that is no operator's.
    """
    # SQLAlchemy takes half a second to load, which no other command need wait for.
    from transactional.accounts.operator import NotAnOperatorError, make_operator  # noqa: PLC0415
    from transactional.deps import utc_now  # noqa: PLC0415

    try:
        asyncio.run(make_operator(database_url, email, password, utc_now()))
    except NotAnOperatorError as error:
        raise SetupError(f"{error}: set SHOP_OPERATOR_EMAIL to another address") from error


def check_redis(url: str) -> None:
    """Return once Redis answers; one that still reads its files is waited for.

    Raises
    ------
    SetupError
        If it does not answer.
    """
    patience = Retry(ConstantBackoff(LOADING_SECONDS / 100), 100, (BusyLoadingError,))
    try:
        Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, retry=patience).ping()
    except RedisError as error:
        raise SetupError(f"Redis does not answer at {without_password(url)}: {error}") from error


def without_password(url: str) -> str:
    """Return a URL as it may be printed."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    user = f"{parts.username}@" if parts.username else ""
    return parts._replace(netloc=user + host).geturl()


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
    server = psycopg2.connect(urlsplit(url)._replace(path="/postgres").geturl())
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
            printed = without_password(url)
            raise SetupError(f"PostgreSQL does not answer at {printed}: {error}") from error
        return False
    return True


def is_migrated(url: str, marker: Path) -> bool:
    """Tell whether Airflow's schema is there and this home's Airflow migrated it: saves 9 s a start."""
    if not marker.exists() or marker.read_text() != version("apache-airflow"):
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
