"""`emporium notebooks`: the notebooks of this repository, and running them on the data of a home."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress

from emporium.documents import JsonFile, aside, write_document
from emporium.settings import Settings

if TYPE_CHECKING:
    from emporium.notebook_files import NotebookFile

app = typer.Typer(help="Run the notebooks on a home's data.", no_args_is_help=True)
console = Console(highlight=False, soft_wrap=True)


@app.command("list")
def list_notebooks(json_file: JsonFile = None) -> None:
    """List the notebooks."""
    from emporium.notebook_files import notebook_files  # noqa: PLC0415 - takes a second to load

    aside(console, json_file)
    files = notebook_files()
    write_document([{"path": file.path, "title": file.title} for file in files], json_file)
    for file in files:
        console.print(f"{file.path.relative_to(file.path.parents[1])}  {file.title}", markup=False)


@app.command()
def run(
    numbers: Annotated[list[int] | None, typer.Argument(help="1 to 6; none: all")] = None,
    json_file: JsonFile = None,
) -> None:
    """Run notebooks from top to bottom and write them, with their plots, to `notebooks/` of the home."""
    from emporium.databases import SetupError  # noqa: PLC0415 - all of these take a second to load
    from emporium.home import open_home  # noqa: PLC0415
    from emporium.notebook_files import NotebookError, chosen  # noqa: PLC0415

    home, made = Settings().home, []
    aside(console, json_file)
    try:
        open_home()
        for file in chosen(numbers or []):
            began = time.monotonic()
            written = _run_one(file, home)
            seconds = time.monotonic() - began
            made.append({"path": written, "seconds": round(seconds, 1)})
            console.print(f"{written}  {seconds:.0f} s", markup=False)
    except (SetupError, NotebookError) as error:
        console.print(f"FAILED: {error}", style="bold", markup=False)
        raise typer.Exit(1) from error
    write_document(made, json_file)


def _run_one(file: "NotebookFile", home: Path) -> Path:
    """Run a notebook with a bar of its cells, and return where it was written."""
    import nbformat  # noqa: PLC0415 - takes a second to load

    from emporium.notebook_files import execute  # noqa: PLC0415

    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task(file.title)
        book = execute(file, home, lambda n, of: progress.update(bar, completed=n, total=of))
    written = home / "notebooks" / file.path.name
    written.parent.mkdir(exist_ok=True)
    nbformat.write(book, written)
    return written
