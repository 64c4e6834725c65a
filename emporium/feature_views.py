"""`emporium features`: what features there are, whose they are, and whether the store has them as defined."""

import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer
from rich.console import Console
from rich.table import Table

from emporium.documents import JsonFile, aside, write_document
from emporium.settings import Settings

if TYPE_CHECKING:
    from features.store.describing import View

app = typer.Typer(help="List, describe and compare views of features.", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 120)
"""A log has room for the tables."""
NO_SERVER = "redis://127.0.0.1:6379/0"
"""The registry is a file: nobody is asked."""


@app.command("list")
def list_views(json_file: JsonFile = None) -> None:
    """List the views of features that this code defines."""
    aside(console, json_file)
    views = _defined()
    write_document([asdict(view) for view in views], json_file)
    table = Table(
        "view", "of", "features", "counts for", "pushed by events", "service", show_edge=False
    )
    for view in views:
        n_features, kept = str(len(view.features)), _days(view.ttl_seconds)
        pushed, services = "yes" if view.pushed_by else "", ", ".join(view.services)
        table.add_row(view.name, ", ".join(view.keys), n_features, kept, pushed, services)
    console.print(table)


@app.command()
def describe(view: str, json_file: JsonFile = None) -> None:
    """Tell everything about a view, feature by feature."""
    aside(console, json_file)
    by_name = {each.name: each for each in _defined()}
    if view not in by_name:
        console.print(f"no view {view!r}: one of {', '.join(by_name)}", markup=False)
        raise typer.Exit(2)
    found = by_name[view]
    write_document(asdict(found), json_file)
    console.print(
        f"{found.name}, of {', '.join(found.keys)}; counts for {_days(found.ttl_seconds)}"
    )
    console.print(
        f"offline in {found.table}, pushed by {found.pushed_by or 'nobody'}", markup=False
    )
    table = Table("feature", "type", "meaning")
    for each in found.features:
        table.add_row(each.name, each.type, each.description)
    console.print(table)


@app.command()
def diff(json_file: JsonFile = None) -> None:
    """Tell how the store's registry differs from this code; exit with 1 if it does.

    The DAG build_features applies what is defined.
    """
    aside(console, json_file)
    code = _defined()
    from features.store.describing import applied, differences  # noqa: PLC0415 - Feast takes seconds
    from features.store.opening import open_store  # noqa: PLC0415

    folder = Settings().home / "feast"
    there = applied(open_store(folder, NO_SERVER)) if (folder / "registry.db").exists() else []
    found = differences(code, there)
    write_document(found, json_file)
    console.print("\n".join(found) or "the store has what is defined", markup=False)
    if found:
        raise typer.Exit(1)


def _defined() -> "Sequence[View]":
    with console.status("reading the definitions"):
        from features.store.describing import defined  # noqa: PLC0415 - Feast takes seconds to load

        return defined(Settings().home / "lake")


def _days(seconds: float) -> str:
    return f"{seconds / 86_400:g} d"
