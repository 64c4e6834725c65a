"""`emporium features`: what features there are, whose they are, and whether the store has them as defined."""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import typer
from rich.console import Console
from rich.table import Table

from emporium.documents import JsonFile, aside, write_document
from emporium.running import running_site
from emporium.settings import Settings
from emporium.supervisor import read_state

if TYPE_CHECKING:
    from features.store.describing import View

app = typer.Typer(help="List, describe and compare views of features.", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120)
"""A log has room for the tables."""
MODELS = ("recommender",)
"""Whose versions say what features they learned from."""


@app.command("list")
def list_views(json_file: JsonFile = None) -> None:
    """List the views of features that this code defines."""
    aside(console, json_file)
    views = _defined()
    write_document([asdict(view) for view in views], json_file)
    table = Table(
        "view", "of", "features", "counts for", "pushed by events", "services", show_edge=False
    )
    for view in views:
        n_features, kept = str(len(view.features)), _days(view.ttl_seconds)
        pushed, services = "yes" if view.pushed_by else "", ", ".join(view.services)
        table.add_row(view.name, ", ".join(view.keys), n_features, kept, pushed, services)
    console.print(table)


@app.command()
def describe(view: str, json_file: JsonFile = None) -> None:
    """Tell everything about a view, feature by feature, and which models learned from it."""
    aside(console, json_file)
    by_name = {each.name: each for each in _defined()}
    if view not in by_name:
        console.print(f"no view {view!r}: one of {', '.join(by_name)}", markup=False)
        raise typer.Exit(2)
    found = by_name[view]
    learned = _learned_from(view)
    write_document(asdict(found) | {"models": [asdict(each) for each in learned or ()]}, json_file)
    console.print(
        f"{found.name}, of {', '.join(found.keys)}; counts for {_days(found.ttl_seconds)}"
    )
    console.print(_origin(found), markup=False)
    table = Table("feature", "type", "in services", "meaning")
    for each in found.features:
        services = ", ".join(name for name, taken in found.services.items() if each.name in taken)
        table.add_row(each.name, each.type, services, each.description)
    console.print(table)
    _print_learned(learned)


@app.command()
def diff(json_file: JsonFile = None) -> None:
    """Tell how the store's registry differs from this code; exit with 1 if it does.

    The DAG build_features applies what is defined.
    """
    aside(console, json_file)
    code = _defined()
    from features.store.describing import applied, differences  # noqa: PLC0415 - Feast takes seconds
    from features.store.opening import open_store  # noqa: PLC0415

    site = _running()
    there = applied(open_store(site["feature_registry_url"], site["redis_url"]))
    found = differences(code, there)
    write_document(found, json_file)
    console.print("\n".join(found) or "the store has what is defined", markup=False)
    if found:
        raise typer.Exit(1)


@dataclass(frozen=True)
class Learned:
    """A version of a model that learned from a view; `service` is the store's name for what it took."""

    model: str
    version: str
    aliases: tuple[str, ...]
    service: str


def _learned_from(view: str) -> list[Learned] | None:
    """Return the versions that were trained on a view, the newest first; None if no registry runs."""
    if not read_state(Settings().home):
        return None
    from models import registry  # noqa: PLC0415 - MLflow takes seconds to load

    uri = f"http://127.0.0.1:{_running()['ports']['mlflow']}"
    return [
        Learned(model, one.version, tuple(one.aliases), one.feature_service)
        for model in MODELS
        for one in registry.versions(uri, model)
        if view in one.views()
    ]


def _print_learned(learned: Sequence[Learned] | None) -> None:
    if learned is None:
        console.print("nothing runs: start the platform to be told which models learned from it")
    elif not learned:
        console.print("no version of a model learned from it")
    for each in learned or ():
        aliases = f" ({', '.join(each.aliases)})" if each.aliases else ""
        told = f"{each.model} {each.version}{aliases} learned from it by {each.service}"
        console.print(told, markup=False)


def _running() -> dict[str, Any]:
    """Return the running site; exit with a sentence if none runs."""
    running_site(Settings(), console)
    state = read_state(Settings().home) or {}
    return dict(state["site"])


def _defined() -> "Sequence[View]":
    with console.status("reading the definitions"):
        from features.store.describing import defined  # noqa: PLC0415 - Feast takes seconds to load

        return defined(Settings().home / "lake")


def _origin(view: "View") -> str:
    if view.made_of:
        return f"made of {', '.join(view.made_of)} when it is asked for"
    return f"offline in {view.table}, pushed by {view.pushed_by or 'nobody'}"


def _days(seconds: float) -> str:
    return f"{seconds / 86_400:g} d"
