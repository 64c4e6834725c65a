"""`emporium models`: what was trained, what serves, and changing that by hand."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from types import ModuleType
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from emporium import outcome
from emporium.documents import JsonFile, aside, write_document
from emporium.running import running_site
from emporium.settings import Settings
from emporium.sweep import sweep

app = typer.Typer(help="List, compare, promote and tune models.", no_args_is_help=True)
app.command()(sweep)
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)
"""A log has room for the tables."""

Model = Annotated[str, typer.Option(help="its name in the registry")]
RECOMMENDER = "recommender"


@app.command("list")
def list_versions(model: Model = RECOMMENDER, json_file: JsonFile = None) -> None:
    """List the versions, the newest first, with what the gate said of each."""
    aside(console, json_file)
    with _asking() as registry:
        found = registry.versions(_tracking_uri(), model)
    write_document([asdict(one) for one in found], json_file)
    table = Table(
        "version", "is", "trained up to", "on features", "method", "NDCG", "gate", show_edge=False
    )
    for one in found:
        method = one.params.get("method", "")
        ndcg = one.metrics.get(f"{method}_ndcg")
        shown = "" if ndcg is None else f"{ndcg:.4f}"
        told = one.version, ", ".join(one.aliases), one.date, one.feature_service, method, shown
        table.add_row(*told, one.gate)
    console.print(table)


@app.command()
def show(version: str, model: Model = RECOMMENDER, json_file: JsonFile = None) -> None:
    """Print a version's card, and what features it was trained on."""
    aside(console, json_file)
    with _asking() as registry:
        found = registry.version(_tracking_uri(), model, version)
    write_document(asdict(found), json_file)
    console.print(found.card, markup=False)
    if found.feature_service:
        console.print(
            f"\nTrained on the feature service {found.feature_service}: {found.feature_views}. "
            "See emporium features describe <view>.",
            markup=False,
        )


@app.command()
def compare(
    first: str, second: str, model: Model = RECOMMENDER, json_file: JsonFile = None
) -> None:
    """Print the figures of two versions side by side; each was judged by its own hold-out."""
    aside(console, json_file)
    with _asking() as registry:
        found = [registry.version(_tracking_uri(), model, name) for name in (first, second)]
    write_document([asdict(one) for one in found], json_file)
    names = sorted({name for one in found for name in one.metrics})
    rows = {
        name: {f"version {one.version}": one.metrics.get(name, "") for one in found}
        for name in names
    }
    console.print(outcome.matrix(f"{model}: figures on each version's own hold-out", rows))
    params = sorted({name for one in found for name in one.params})
    different = {
        name: {f"version {one.version}": one.params.get(name, "") for one in found}
        for name in params
        if len({one.params.get(name) for one in found}) > 1
    }
    console.print(outcome.matrix("what differs", different))


@app.command()
def promote(
    version: str,
    because: Annotated[str, typer.Option(help="the reason, kept with the version")],
    model: Model = RECOMMENDER,
    json_file: JsonFile = None,
) -> None:
    """Make a version the champion whatever the gate said; serving follows within seconds."""
    aside(console, json_file)
    with _asking() as registry:
        registry.promote_by_hand(_tracking_uri(), model, version, because)
    write_document({"model": model, "champion": version}, json_file)
    console.print(f"{model} {version} is the champion")


@app.command()
def rollback(model: Model = RECOMMENDER, json_file: JsonFile = None) -> None:
    """Make the champion before this one the champion again."""
    aside(console, json_file)
    with _asking() as registry:
        version = registry.roll_back(_tracking_uri(), model)
    write_document({"model": model, "champion": version}, json_file)
    console.print(f"{model} {version} is the champion again")


def _tracking_uri() -> str:
    return running_site(Settings(), console)["mlflow"]


@contextmanager
def _asking() -> Iterator[ModuleType]:
    """Give the registry, with a sign of life meanwhile; what it does not know ends the command."""
    with console.status("asking MLflow"):
        from models import registry  # noqa: PLC0415 - MLflow takes seconds to load

        try:
            yield registry
        except LookupError as error:
            console.print(f"FAILED: {error}", style="bold", markup=False)
            raise typer.Exit(1) from error
