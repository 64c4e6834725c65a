"""The platform of a simulated shop that goes on living: its history, its customers' accounts, its nights."""

import contextlib
import datetime as dt
import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg2
from numpy.typing import NDArray
from pydantic import SecretStr

from bench.clock_ahead import ClockAhead, clock_ahead
from emporium.data import Wanted, load
from emporium.demo import N_FEATURE_DAYS
from emporium.ports import free_port
from emporium.seeding import Buyer, seed_shop
from emporium.services import Site, environment, plan, secret_values
from emporium.settings import Settings as SiteSettings
from emporium.supervisor import Supervisor, repair
from features.schemas.weights import HOLDOUT_DAYS
from jobs import (
    analyse_experiments,
    build_daily_facts,
    build_features,
    build_lists,
    build_search_documents,
    build_search_index,
    ingest,
    publish_features,
    train_recommendations,
)
from jobs.partitions import Partitions
from jobs.runner import Dates, Settings
from simulator.shop import SimulatedShop
from simulator.shoppers import regions

LEFT_OUT = frozenset(
    (
        "airflow-api",
        "airflow-scheduler",
        "airflow-dag-processor",
        "storefront",
        "gateway",
        "inbox",
    )
)
"""Nobody asks these here: shoppers ask the APIs, and the nights' jobs are called one by one."""
Say = Callable[[str], None]


@dataclass(frozen=True)
class Platform:
    """A running platform, and the settings of its jobs."""

    site: Site
    clock: ClockAhead
    settings: Settings

    @property
    def lake(self) -> Partitions:
        """The lake."""
        return Partitions(self.settings.lake)

    def first_night(self, first: dt.date, last: dt.date) -> None:
        """Build everything from a history of days, as the DAGs do with a history that is loaded."""
        days, today = Dates(first, last), Dates(last, last)
        features_first = max(first, last - dt.timedelta(days=N_FEATURE_DAYS - 1))
        ingest.main(self.settings, days)
        build_daily_facts.main(self.settings, days)
        build_features.main(self.settings, Dates(features_first, last, HOLDOUT_DAYS))
        self._rest(today)
        build_search_documents.main(self.settings, today)
        build_search_index.main(self.settings, today)

    def night(self, day: dt.date) -> None:
        """Do what the DAGs do of a day from its events to the next model, and analyse experiments."""
        today = Dates(day, day)
        ingest.main(self.settings, today)
        build_daily_facts.main(self.settings, today)
        build_features.main(self.settings, today)
        self._rest(today)
        analyse_experiments.main(self.settings, today)

    def _rest(self, today: Dates) -> None:
        build_lists.main(self.settings, today)
        publish_features.main(self.settings, today)
        train_recommendations.main(self.settings, today)

    def seed(self, shop: SimulatedShop, now: dt.datetime) -> None:
        """Give the shop the catalogue and the stock of the history, and each shopper an account.

        The first shopper shares the one that the planner has: ids count from 1 for both.
        """
        operator = environment(self.site)["SHOP_OPERATOR_EMAIL"]
        seed_shop(self.site.database_url, self.lake, shop.last_day, Buyer(operator, now))
        ids = np.arange(1, shop.n_shoppers + 1)
        rows = zip(ids.tolist(), regions(ids), strict=True)
        with self._cursor() as cursor:
            cursor.executemany(
                "insert into accounts (customer_id, email, password_hash, role, region, registered_at)"
                " values (%s, 'shopper' || %s || '@example.org', '', 'shopper', %s, %s)"
                " on conflict (customer_id) do nothing",  # the planner was there before
                [(number, number, region, now) for number, region in rows],
            )

    def planner(self) -> int:
        """Return the id of the operator who starts the experiment."""
        with self._cursor() as cursor:
            email = environment(self.site)["SHOP_OPERATOR_EMAIL"]
            cursor.execute("select customer_id from accounts where email = %s", [email])
            [(customer_id,)] = cursor.fetchall()
        return int(customer_id)

    def is_out(self, n_products: int) -> NDArray[np.bool_]:
        """Return which products, by row of the simulated shop, have no unit to sell."""
        with self._cursor() as cursor:
            cursor.execute(
                "select product_id, sum(n_on_hand - n_reserved) from stock group by product_id"
            )
            units = dict(cursor.fetchall())
        return np.array([units.get(row + 1, 0) <= 0 for row in range(n_products)])

    @contextlib.contextmanager
    def _cursor(self) -> Iterator[Any]:
        with psycopg2.connect(self.site.database_url) as connection, connection.cursor() as cursor:
            yield cursor


@contextlib.contextmanager
def platform(folder: Path, wanted: Wanted, last_day: dt.date, say: Say) -> Iterator[Platform]:
    """Simulate a history up to `last_day`, start the platform, and yield it at the next midnight."""
    home = folder / "home"
    made = SiteSettings(emporium_home=home, database_url="", redis_url="", port=free_port())
    site, clock = plan(made, "bench"), clock_ahead(folder)
    load(wanted, site.home, last_day, environment(site), say)
    clock.set(midnight_after(last_day))
    supervisor = Supervisor(site, lambda _: None, LEFT_OUT)
    try:
        with _environment(clock.environment):
            supervisor.start()
        with _environment(environment(site)):  # Spark and MLflow read some of it by themselves
            yield Platform(site, clock, job_settings(site))
    finally:
        supervisor.stop()
        repair(site.home, say)


def job_settings(site: Site) -> Settings:
    """Return the settings that jobs would read from the site's environment."""
    env = environment(site)
    return Settings(
        emporium_home=site.home,
        database_url=site.database_url,
        redis_url=site.redis_url,
        mlflow_tracking_uri=site.url("mlflow"),
        feature_registry_url=site.feature_registry_url,
        shop_url=site.url("transactional"),
        shop_operator_email=env["SHOP_OPERATOR_EMAIL"],
        shop_operator_password=SecretStr(env["SHOP_OPERATOR_PASSWORD"]),
        code_version="bench",
        spark_master="local[2]",
    )


def token_secret(site: Site) -> str:
    """Return what the shop signs access tokens with."""
    return secret_values(site.home)["token"]


def midnight_after(day: dt.date) -> dt.datetime:
    """Return the first moment after a UTC day."""
    return dt.datetime.combine(day + dt.timedelta(days=1), dt.time(), dt.UTC)


@contextlib.contextmanager
def _environment(values: dict[str, str]) -> Iterator[None]:
    before = dict(os.environ)  # noqa: TID251 - what is started here reads it
    os.environ.update({**values, "PYSPARK_PYTHON": sys.executable})  # noqa: TID251
    try:
        yield
    finally:
        os.environ.clear()  # noqa: TID251
        os.environ.update(before)  # noqa: TID251
