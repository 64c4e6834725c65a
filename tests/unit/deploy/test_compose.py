"""Compose starts what `emporium up` starts, with an environment that each process accepts."""

import subprocess
import sys
from pathlib import Path

import pytest

from emporium.preparing import Prepared
from emporium.services import applications, plan
from emporium.settings import Settings
from jobs.settings import Settings as JobSettings
from operations.settings import Settings as OperationsSettings
from serving.settings import Settings as ServingSettings
from serving.settings import WorkerSettings as LiveSettings
from storefront.settings import Settings as PagesSettings
from tests.unit.deploy.files import DEPLOY, compose_services
from transactional.notifications.inbox.app import InboxSettings
from transactional.payments.test_provider.app import Settings as BankSettings
from transactional.settings import Settings as ShopSettings
from transactional.settings import WorkerSettings

SETTINGS = {
    "transactional": ShopSettings,
    "worker": WorkerSettings,
    "serving": ServingSettings,
    "live-states": LiveSettings,
    "feature-push": LiveSettings,
    "landing": JobSettings,
    "storefront": PagesSettings,
    "operations": OperationsSettings,
    "payments": BankSettings,
    "inbox": InboxSettings,
    "prepare": Prepared,
    "airflow-scheduler": JobSettings,
}
BY_NGINX = "gateway"


def started_by_us(tmp_path):
    settings = Settings(emporium_home=tmp_path, database_url="", redis_url="")
    return {service.name: service.command for service in applications(plan(settings, "test"))}


def test_the_file_is_as_compose_wants_it():
    schema = ["--builtin-schema", "vendor.compose-spec", str(DEPLOY / "compose.yaml")]

    done = subprocess.run(
        [str(Path(sys.executable).with_name("check-jsonschema")), *schema],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_every_process_of_the_platform_is_a_service_that_runs_the_same_program(tmp_path):
    services, ours = compose_services(), started_by_us(tmp_path)

    assert set(ours) - {BY_NGINX} <= set(services)
    for name in set(ours) - {BY_NGINX}:
        told, own = services[name]["command"], ours[name]
        # A module, an application's factory, or a command of Airflow's or MLflow's.
        program = [part for part in own if "." in part or part.isalpha()][-1]
        if name in SETTINGS and "granian" in own[0]:
            assert told[-1] == own[-1], name
        else:
            assert program in told or told[:2] == [Path(own[0]).name, own[1]], name


@pytest.mark.parametrize(("name", "settings"), SETTINGS.items())
def test_every_process_accepts_its_environment(monkeypatch, name, settings):
    for variable, value in compose_services()[name]["environment"].items():
        monkeypatch.setenv(variable, str(value))

    assert settings()


def test_whoever_starts_before_the_schema_is_there_waits_for_it():
    services = compose_services()
    ours = {
        name: service
        for name, service in services.items()
        if str(service["image"]).startswith("emporium-") and name != "prepare"
    }

    assert len(ours) >= 13
    for name, service in ours.items():
        done = service["depends_on"]["prepare"]["condition"]
        assert done == "service_completed_successfully", name


def test_only_the_front_is_reached_from_other_machines():
    services = compose_services()
    open_to_all = [
        name
        for name, service in services.items()
        for port in service.get("ports", [])
        if not port.startswith("127.0.0.1:")
    ]

    assert open_to_all == ["nginx"]
