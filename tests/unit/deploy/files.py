"""The deployment's files, read as their engines read them."""

import re
import shutil
import subprocess
from pathlib import Path

import yaml

DEPLOY = Path(__file__).parents[3] / "deploy"
NGINX = DEPLOY / "nginx" / "emporium.conf.template"
OVERLAY = DEPLOY / "kubernetes" / "overlays" / "one-machine"
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")


def example_values():
    """`example.env` as somebody fills it in: a value of some length for each name that must be set."""
    lines = (DEPLOY / "example.env").read_text().splitlines()
    pairs = [line.partition("=") for line in lines if line and not line.startswith("#")]
    return {name: value or f"{name.lower()}-{'x' * 48}" for name, _, value in pairs}


def substituted(text, values):
    """Compose's `${NAME}`, `${NAME:-default}` and `${NAME:?message}`."""

    def value(match):
        name, kind, rest = match.groups()
        if name in values:
            return values[name]
        assert kind == "-", f"{name} is not in example.env and has no default"
        return rest

    return VARIABLE.sub(value, text).replace("$$", "$")


def compose_services():
    document = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return in_all_texts(document["services"], example_values())


def in_all_texts(document, values):
    if isinstance(document, str):
        return substituted(document, values)
    if isinstance(document, list):
        return [in_all_texts(each, values) for each in document]
    if isinstance(document, dict):
        return {name: in_all_texts(each, values) for name, each in document.items()}
    return document


def kustomized(folder):
    """All objects of the overlay with its example secrets; None without kubectl."""
    if shutil.which("kubectl") is None:
        return None
    shutil.copytree(DEPLOY, folder / "deploy")
    overlay = folder / OVERLAY.relative_to(DEPLOY.parent)
    shutil.copy(overlay / "secrets.example.env", overlay / "secrets.env")
    done = subprocess.run(
        ["kubectl", "kustomize", str(overlay)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))
