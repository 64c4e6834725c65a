"""What runs on one machine, and where each says how it is (emporium.services)."""

import json

import pytest

from emporium.services import NAMES, applications, operations_environment, plan, probes
from emporium.settings import Settings


@pytest.fixture
def site(tmp_path):
    return plan(Settings(emporium_home=tmp_path, smtp_url=""), "test")


def test_every_service_with_a_sign_of_life_is_asked_by_operations(site):
    asked = probes(site)

    silent = {"worker", "landing", "airflow-scheduler", "airflow-dag-processor"}
    assert {each.name for each in applications(site)} - set(asked) == silent
    assert set(asked) == {*NAMES} - {"smtp"}
    assert json.loads(operations_environment(site)["OPERATIONS_PROBES"]) == asked


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("transactional", "/readyz"),
        ("serving", "/readyz"),
        ("airflow-api", "/api/v2/monitor/health"),
        ("storefront", "/healthz"),
        ("feature-push", "/metrics"),
    ],
)
def test_a_service_is_asked_where_it_tells_most(site, name, path):
    assert probes(site)[name] == site.url(name) + path


def test_a_site_with_a_mail_server_has_no_inbox_to_ask(tmp_path):
    site = plan(Settings(emporium_home=tmp_path, smtp_url="smtp://mail.example"), "test")

    assert "inbox" not in probes(site)
    assert operations_environment(site)["OPERATIONS_INBOX_URL"] == ""
