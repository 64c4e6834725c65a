"""What must be there before services start on servers of one's own: databases, schemas, the plan's account.

python -m emporium.preparing           make all of it; done again, nothing changes
python -m emporium.preparing --wait    return once the shop's schema is the one this code wants

`make demo` and `emporium up` see to it themselves. In a deployment the first form is a job that runs before each upgrade, and the
second stands before each of the shop's processes, so that none meets a schema that is not there yet.
"""

import argparse
import subprocess
import sys
import time

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from emporium.databases import (
    SetupError,
    check_redis,
    create_database,
    make_planner,
    without_password,
)
from transactional import migrations
from transactional.settings import DatabaseSettings

PATIENCE_SECONDS = 300.0
LOOK_SECONDS = 2.0


class Prepared(BaseSettings):
    """Environment of the preparation; the names are the services' own."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    database_url: str = Field(pattern="^postgresql://")
    redis_url: str
    mlflow_backend_store_uri: str
    feature_registry_url: str = Field(pattern="^postgresql://")
    airflow_database_url: str = Field(validation_alias="AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")
    shop_operator_email: str
    shop_operator_password: SecretStr = Field(min_length=12)


def prepare(wanted: Prepared) -> None:
    """Make the databases, bring the shop's and Airflow's to the newest schema, make the plan's account.

    Raises
    ------
    SetupError
        If a server does not answer, or a migration fails.
    """
    check_redis(wanted.redis_url)
    urls = (
        wanted.database_url,
        wanted.mlflow_backend_store_uri,
        wanted.feature_registry_url,
        wanted.airflow_database_url,
    )
    for url in urls:
        plain = url.replace("postgresql+psycopg2:", "postgresql:")
        create_database(plain)
        print(f"database: {without_password(plain)}")  # noqa: T201 - what a job leaves in its log
    migrations.upgrade(wanted.database_url)
    make_planner(
        wanted.database_url,
        wanted.shop_operator_email,
        wanted.shop_operator_password.get_secret_value(),
    )
    _migrate_airflow()


def _migrate_airflow() -> None:
    done = subprocess.run(["airflow", "db", "migrate"], capture_output=True, text=True, check=False)  # noqa: S607
    if done.returncode:
        raise SetupError(f"airflow db migrate failed:\n{(done.stdout + done.stderr)[-2000:]}")


def wait(database_url: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Return once the shop's schema is the newest one.

    Raises
    ------
    SetupError
        If it is not in time.
    """
    deadline = time.monotonic() + seconds
    while not migrations.is_current(database_url):
        if time.monotonic() > deadline:
            raise SetupError(
                f"the shop's schema at {without_password(database_url)} is not this version's after"
                f" {seconds:,.0f} s: run `python -m emporium.preparing`"
            )
        time.sleep(LOOK_SECONDS)


def main() -> None:
    """Read the arguments and the environment, and prepare or wait."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--wait", action="store_true")
    waits = parser.parse_args().wait
    try:
        if waits:
            wait(DatabaseSettings().database_url)
        else:
            prepare(Prepared())
    except (SetupError, ValidationError) as error:
        sys.exit(f"preparing: {error}")


if __name__ == "__main__":
    main()
