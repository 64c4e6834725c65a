"""The manifests are as the cluster's schemas want them, and run what `emporium up` runs."""

import base64

import kubernetes_validate
import pytest
import yaml

from tests.unit.deploy.files import NGINX, OVERLAY, compose_services, kustomized
from tests.unit.deploy.test_compose import BY_NGINX, SETTINGS, started_by_us

VERSION = "1.34"


@pytest.fixture(scope="module")
def objects(tmp_path_factory):
    found = kustomized(tmp_path_factory.mktemp("kustomize"))
    if found is None:
        pytest.skip("kubectl is not installed: its kustomize puts the manifests together")
    return found


def written(folder):
    """The objects of a folder's files as they stand, without what only kustomize reads."""
    for file in sorted(folder.glob("*.yaml")):
        if file.name != "kustomization.yaml":
            yield from yaml.safe_load_all(file.read_text())


@pytest.mark.parametrize(
    "folder", [OVERLAY, OVERLAY.parents[1] / "base"], ids=lambda each: each.name
)
def test_every_object_is_as_its_schema_wants_it_before_it_is_put_together(folder):
    objects = list(written(folder))

    assert len(objects) >= 9
    for each in objects:
        kubernetes_validate.validate(each, VERSION, strict=True)


def pods(objects):
    return {
        each["metadata"]["name"]: each["spec"]["template"]["spec"]
        for each in objects
        if each["kind"] in {"Deployment", "Job"}
    }


def decoded(secret):
    return {name: base64.b64decode(value).decode() for name, value in secret["data"].items()}


def environment(objects, pod):
    """What the container `main` is given by config maps, secrets and itself."""
    maps = {
        each["metadata"]["name"]: each
        for each in objects
        if each["kind"] in {"ConfigMap", "Secret"}
    }
    main = pod["containers"][0]
    values = {}
    for source in main.get("envFrom", []):
        held = maps[next(iter(source.values()))["name"]]
        values |= decoded(held) if held["kind"] == "Secret" else held["data"]
    return values | {each["name"]: each.get("value", "10.1.2.3") for each in main.get("env", [])}


def test_every_object_is_as_its_schema_wants_it(objects):
    assert len(objects) > 30

    for each in objects:
        kubernetes_validate.validate(each, VERSION, strict=True)


def test_every_process_of_the_platform_is_deployed(objects, tmp_path):
    deployed = pods(objects)

    assert set(started_by_us(tmp_path)) - {BY_NGINX} <= set(deployed)


def test_a_process_runs_the_program_that_compose_runs(objects):
    composed = compose_services()
    for name, pod in pods(objects).items():
        if name in SETTINGS:
            assert pod["containers"][0]["command"] == composed[name]["command"], name


def test_every_process_is_bounded_and_may_do_little(objects):
    for name, pod in pods(objects).items():
        assert pod["securityContext"]["runAsNonRoot"], name
        assert pod["enableServiceLinks"] is False, name
        for container in pod["containers"] + pod.get("initContainers", []):
            assert container["resources"]["limits"]["memory"], name
            assert container["securityContext"]["capabilities"]["drop"] == ["ALL"], name


@pytest.mark.parametrize(("name", "settings"), SETTINGS.items())
def test_every_process_accepts_its_environment(objects, monkeypatch, name, settings):
    deployed = pods(objects)
    for variable, value in environment(objects, deployed[name]).items():
        monkeypatch.setenv(variable, value)

    assert settings()


def test_the_front_has_the_one_configuration_there_is(objects):
    template = next(
        each["data"]["default.conf.template"]
        for each in objects
        if each["kind"] == "ConfigMap" and "default.conf.template" in each["data"]
    )

    assert template == NGINX.read_text()
