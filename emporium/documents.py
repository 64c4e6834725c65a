"""`--json`, the same for every command: one JSON document to a file, or to standard output."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from jobs.reports import finite

STANDARD_OUTPUT = Path("-")
JsonFile = Annotated[
    Path | None,
    typer.Option("--json", metavar="FILE", help="write the answer as JSON; -: to standard output"),
]


def aside(console: Console, json_file: Path | None) -> Console:
    """Return the console, its messages on standard error if a document takes standard output."""
    console.stderr = json_file == STANDARD_OUTPUT
    return console


def write_document(what: Any, json_file: Path | None) -> None:  # noqa: ANN401 - anything JSON can hold
    """Write what was found, whole or not at all; nowhere if nobody asked."""
    if json_file is None:
        return
    text = json.dumps(finite(what), indent=2, default=str)
    if json_file == STANDARD_OUTPUT:
        typer.echo(text)
        return
    beside = json_file.with_name(json_file.name + ".tmp")
    beside.write_text(text + "\n")
    beside.replace(json_file)
