"""What a deployment's first job makes on empty servers, and what its processes wait for."""

import os
import subprocess
import sys
from pathlib import Path

import psycopg2
import pytest

pytestmark = pytest.mark.live


def preparing(environment, *arguments):
    return subprocess.run(
        [sys.executable, "-m", "emporium.preparing", *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def databases(url):
    with psycopg2.connect(url) as connection, connection.cursor() as cursor:
        cursor.execute("select datname from pg_database where datname like 'd\\_%%'")
        return {name for (name,) in cursor.fetchall()}


@pytest.fixture
def environment(postgres_server, redis_url, tmp_path):
    server = postgres_server.rpartition("/")[0]
    by_driver = server.replace("postgresql:", "postgresql+psycopg2:")
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "DATABASE_URL": f"{server}/d_shop",
        "FEATURE_REGISTRY_URL": f"{server}/d_features",
        "MLFLOW_BACKEND_STORE_URI": f"{by_driver}/d_mlflow",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"{by_driver}/d_airflow",
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "REDIS_URL": redis_url,
        "SHOP_OPERATOR_EMAIL": "planner@emporium.example",
        "SHOP_OPERATOR_PASSWORD": "a long and good passphrase",
    }


def test_empty_servers_are_prepared_once_and_again_without_a_change(environment, postgres_server):
    first, again = preparing(environment), preparing(environment)
    waited = preparing(environment, "--wait")

    assert [done.returncode for done in (first, again, waited)] == [0, 0, 0], waited.stderr[-2000:]
    assert databases(postgres_server) == {"d_shop", "d_mlflow", "d_features", "d_airflow"}
    assert "passphrase" not in first.stdout + first.stderr
    with psycopg2.connect(environment["DATABASE_URL"]) as connection, connection.cursor() as cursor:
        cursor.execute("select email, role from accounts")
        assert cursor.fetchall() == [("planner@emporium.example", "ops")]


def test_what_is_missing_in_the_environment_is_named(environment):
    del environment["REDIS_URL"]

    done = preparing(environment)

    assert done.returncode == 1
    assert "redis_url" in done.stderr
    assert "Traceback" not in done.stderr
